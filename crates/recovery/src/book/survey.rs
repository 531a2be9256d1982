//! What the lists of channels say.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker},
};

use super::{Book, is_catching_up};
use crate::{
    Channel, Dirty, DirtyReason, Head, Start,
    limits::{LOOK_PAUSE, SCRUB_EVERY, SETTLE},
    sabotage::Sabotage,
    snowflake::{created_ms, just_before, milliseconds},
    walk::{Purpose, Walk},
};

/// Why the lists are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// Something happened in a channel that is not known, or what there is to see may have changed.
    Look,
    /// The same, and to see which channels have traffic.
    Scrub,
    /// Events may be missing.
    Gap,
}

/// The lists of channels, as they were read for a wish.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) wish: Wish,
    /// The generation it was wished for in.
    pub(crate) generation: u64,
    pub(crate) heads: Vec<Head>,
    /// Guilds that Discord does not show.
    pub(crate) hidden: Vec<Id<GuildMarker>>,
    /// Channels of which the archived threads were wanted and could not be had, or not all of them.
    pub(crate) unlisted: BTreeSet<Id<ChannelMarker>>,
    /// Those of which Discord does not show the public ones.
    pub(crate) refused: BTreeSet<Id<ChannelMarker>>,
}

/// Whether something may have been written since a time, in a channel with this last message.
pub(super) fn may_have_moved(last: Option<Id<MessageMarker>>, since_ms: u64) -> bool {
    last.is_some_and(|id| created_ms(id).saturating_add(milliseconds(SETTLE)) >= since_ms)
}

// === impl Survey ===

impl Survey {
    /// Whatever the lists name.
    pub(super) fn listed(&self) -> BTreeSet<Id<ChannelMarker>> {
        self.heads.iter().map(|head| head.id).collect()
    }
}

// === impl Book ===

impl Book {
    /// A wish for the lists, which is being fulfilled from now on.
    pub(crate) fn take_wish(&mut self, now: Instant) -> Option<(Wish, u64)> {
        if self.look_due(now).is_some() {
            return None;
        }
        let wish = self.wish.take()?;
        self.proof_is_asked_for();
        self.grants.are_looked_at();
        self.owing.lists_are_asked_for();
        self.meanwhile = Some(BTreeMap::new());
        self.looks_since = Some(now);
        self.looks_from_ms = self.watermark_ms;
        Some((wish, self.generation))
    }

    /// When the next look is due, if there is a wish for one that comes too soon after the last.
    pub(crate) fn look_due(&self, now: Instant) -> Option<Instant> {
        let looked_at = self.looked_at.filter(|_| self.wish == Some(Wish::Look))?;
        Some(looked_at + LOOK_PAUSE).filter(|due| *due > now)
    }

    /// The lists are wanted once more, for this or for more.
    pub(crate) fn wish(&mut self, wish: Wish) {
        self.wish = self.wish.max(Some(wish));
        self.owing.wished();
    }

    /// Whether a survey is still of use.
    pub(crate) fn is_current(&self, generation: u64) -> bool {
        self.generation == generation
    }

    /// Whether nothing was ever watched.
    pub(crate) fn is_first_run(&self) -> bool {
        self.watermark_ms == 0
    }

    /// Messages of which the driver has to say whether they are on record.
    pub(crate) fn asks(&self, survey: &Survey) -> Vec<Id<MessageMarker>> {
        let known = survey
            .heads
            .iter()
            .filter(|head| head.is_forum || self.channels.contains_key(&head.id));
        known.filter_map(|head| head.last_message_id).collect()
    }

    /// Takes in the lists. `on_record`: those of the messages asked for that are on record.
    pub(crate) fn survey(&mut self, survey: &Survey, on_record: &BTreeSet<Id<MessageMarker>>) {
        if !self.is_current(survey.generation) {
            return;
        }
        let now = Instant::now();
        let is_first = self.is_first_run();
        if is_first {
            self.begin_watching(survey);
        }
        let forums_before = self.meet_forums(survey);
        self.compare_with_heard(survey, on_record, now);
        // Channels before threads: what a thread's channel is in decides whether it is watched.
        let heads = survey.heads.iter().filter(|head| !head.is_forum);
        let mut heads: Vec<_> = heads.collect();
        heads.sort_by_key(|head| head.is_thread);
        for head in &heads {
            self.take_head(head, survey.wish, is_first, on_record);
        }
        if survey.wish == Wish::Gap {
            self.read_unlisted(survey);
            self.is_covered = true;
            self.resume_reading();
            let channels = &self.channels;
            self.agenda
                .settle_unless(|id| channels.get(&id).is_some_and(is_catching_up));
            self.release_complete();
        }
        // Those too of which an event said so before it was known what is missing of them.
        let listed = heads.iter().filter(|head| head.is_archived);
        let archived: BTreeSet<_> = listed.map(|head| head.id).collect();
        for id in &archived | &self.archived {
            self.archive(id, true);
        }
        if survey.wish != Wish::Gap {
            self.ask_for_unlisted(survey);
        }
        self.compare_forums(survey, &forums_before);
        self.have_seen_archives(survey);
        self.meanwhile = None;
        self.looked_at = Some(now);
        self.grants.were_looked_at();
        self.owing.lists_are_taken_in();
        self.seal_compared();
        if survey.wish == Wish::Scrub {
            self.forget_unlisted_strangers(survey, now);
        }
    }

    /// Takes in what the lists say of one channel.
    fn take_head(
        &mut self,
        head: &Head,
        wish: Wish,
        is_first: bool,
        on_record: &BTreeSet<Id<MessageMarker>>,
    ) {
        if !self.wants(head) {
            self.unwatch(head.id);
            self.strangers.insert(head.id, Instant::now());
            return;
        }
        if self.slept(head) {
            return;
        }
        if self.is_over(head) && !self.channels.contains_key(&head.id) {
            if !is_first {
                self.miss_unmet(head);
            }
            return;
        }
        if let Some(id) = head.last_message_id {
            self.last_is(head.id, id);
        }
        self.place(head);
        match self.channels.get(&head.id) {
            Some(channel) if !is_first => {
                let channel = channel.clone();
                self.compare(&channel, head, wish, on_record);
            }
            // On a first run it may have been heard of before the lists were read.
            _ => {
                self.meet_in_list(head, is_first);
                if !is_first {
                    self.doubt_archives(head, wish);
                }
            }
        }
        // Something happened in it before it was known to be watched, and was not taken in.
        if self.strangers.remove(&head.id).is_some() {
            self.doubt_stranger(head.id, is_first);
        }
    }

    /// Forgets what was deleted while the lists were on their way, and would be held for ever. Not on each
    /// look: a channel in which much happens and that no list names would cause one after the other.
    fn forget_unlisted_strangers(&mut self, survey: &Survey, now: Instant) {
        let listed = survey.listed();
        self.strangers
            .retain(|id, since| listed.contains(id) || now - *since < SCRUB_EVERY);
    }

    /// Whether it is a thread that was let go of when it was archived, and in which nothing was written
    /// since.
    fn slept(&self, head: &Head) -> bool {
        head.is_archived
            && !self.channels.contains_key(&head.id)
            && !self.strangers.contains_key(&head.id)
            && !may_have_moved(head.last_message_id, self.unseen_since(head.parent_id))
    }

    fn compare(
        &mut self,
        channel: &Channel,
        head: &Head,
        wish: Wish,
        on_record: &BTreeSet<Id<MessageMarker>>,
    ) {
        match wish {
            Wish::Gap if !self.is_unchanged(channel, head, on_record) => {
                // What is not known is missing, whatever the watermark says.
                let is_known = |id: &Id<MessageMarker>| on_record.contains(id);
                let unknown = head.last_message_id.filter(|id| !is_known(id));
                let unknown_ms = unknown.map(|id| self.unknown_since(channel, id));
                let unknown_ms = unknown_ms.unwrap_or(self.watermark_ms);
                self.doubt_since(channel, unknown_ms);
            }
            Wish::Scrub
                if self.lacks(Sabotage::LmidOnlySweep)
                    && head
                        .last_message_id
                        .is_none_or(|id| on_record.contains(&id)) => {}
            Wish::Scrub => self.scrub(channel.id, channel.scrubbed_ms, head),
            Wish::Gap | Wish::Look => {}
        }
        if !head.is_archived && !self.is_over(head) {
            self.archive(head.id, false);
        }
    }

    /// A first run begins with what is new, and what was ignored is.
    fn doubt_stranger(&mut self, id: Id<ChannelMarker>, is_first: bool) {
        let after = match self.settings.start {
            Start::Now if is_first => return self.doubt(id),
            Start::Since(ms) if is_first => just_before(ms),
            _ => None,
        };
        let reason = DirtyReason::New;
        self.soil(id, Dirty { after, reason });
    }

    /// A first run: what is older than the youngest thing there is counts as on record.
    fn begin_watching(&mut self, survey: &Survey) {
        let ids = survey.heads.iter().flat_map(|head| {
            let last = head.last_message_id.map(|id| self.made_ms(id));
            [Some(self.made_ms(head.id)), last]
        });
        let guilds = self
            .settings
            .guild_ids
            .iter()
            .map(|id| Some(created_ms(*id)));
        let youngest = ids.chain(guilds).flatten().max().unwrap_or(1);
        self.watermark_ms = youngest;
        self.batch.watermark_ms = Some(youngest);
    }

    fn meet_in_list(&mut self, head: &Head, is_first: bool) {
        let start = if is_first {
            self.settings.start
        } else {
            Start::Beginning
        };
        let after = match start {
            Start::Beginning => None,
            Start::Since(ms) => just_before(ms),
            Start::Now => {
                let last_ms = head.last_message_id.map(|id| self.made_ms(id));
                let last_ms = last_ms.unwrap_or_else(|| self.made_ms(head.id));
                self.agenda.forget(head.id);
                return self.put(Channel {
                    id: head.id,
                    guild_id: head.guild_id,
                    parent_id: head.parent_id,
                    is_thread: head.is_thread,
                    is_forum: false,
                    settled_id: head.last_message_id,
                    scrubbed_ms: last_ms.max(self.watermark_ms),
                    unseen_ms: None,
                    dirty: None,
                });
            }
        };
        self.agenda.forget(head.id);
        self.meet(head, Some(()));
        if let Start::Since(ms) = start {
            self.verify_from(head, ms);
        }
        if head.last_message_id.is_some() && !self.lacks(Sabotage::NewChanFromNow) {
            let reason = DirtyReason::New;
            self.soil(head.id, Dirty { after, reason });
        }
    }

    /// What is older than this is not read, and so not verified either.
    fn verify_from(&mut self, head: &Head, ms: u64) {
        if let Some(channel) = self.channels.get(&head.id).cloned() {
            let scrubbed_ms = channel.scrubbed_ms.max(ms);
            let settled_id = head.last_message_id.filter(|last| created_ms(*last) < ms);
            self.put(Channel {
                settled_id,
                scrubbed_ms,
                ..channel
            });
        }
    }

    /// Whether nothing can be missing of a channel: its last message is on record, and so old that what
    /// could have a larger id came before the watermark. One of the two alone proves nothing: the id
    /// may be that of the latest to be seen or the largest, and ids are only roughly in order.
    fn is_unchanged(
        &self,
        channel: &Channel,
        head: &Head,
        on_record: &BTreeSet<Id<MessageMarker>>,
    ) -> bool {
        let Some(last) = head.last_message_id else {
            return true;
        };
        let is_known = on_record.contains(&last) || channel.settled_id == Some(last);
        is_known && (created_ms(last) < self.watermark_ms || self.lacks(Sabotage::SkipLeMax))
    }

    /// A gap in a channel: what is above the watermark may be missing, or younger than this, and of a dirty one
    /// what is above its own cursor.
    pub(super) fn doubt_since(&mut self, channel: &Channel, since_ms: u64) {
        match channel.dirty {
            // It is read from there on.
            Some(_) => {}
            None if self.lacks(Sabotage::MaxIdCursor) => {
                let after = self.last.get(&channel.id).copied();
                let reason = DirtyReason::Lapse;
                self.soil(channel.id, Dirty { after, reason });
            }
            None => self.doubt_from(channel.id, since_ms),
        }
    }

    /// Reads a channel again if it had traffic since it last was: an event may have been left out.
    fn scrub(&mut self, id: Id<ChannelMarker>, since_ms: u64, head: &Head) {
        if may_have_moved(head.last_message_id, since_ms) && !self.agenda.has(id) {
            let walk = Walk::new(Purpose::Scrub, just_before(since_ms));
            self.agenda.begin(id, walk);
        }
    }
}
