//! What events mean.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker},
};

use super::{Book, Over, Proof, Wish, is_refused, sight::is_hidden, survey::may_have_moved};
use crate::{
    Channel, Dirty, DirtyReason, Event, Head, Observed,
    forecast::Forecast,
    limits::SETTLE,
    sabotage::Sabotage,
    snowflake::{created_ms, just_before, milliseconds},
};

/// What a thread's creation says beside the thread: whether it is one, or the bot was let in.
#[derive(Deserialize)]
struct Birth {
    #[serde(default)]
    newly_created: bool,
}

#[derive(Deserialize)]
struct Threads {
    threads: Vec<Box<RawValue>>,
}

impl Book {
    /// Takes in what the gateway has delivered.
    pub(crate) fn observe(&mut self, observed: &Observed, now: Instant) {
        match observed {
            Observed::Event(event) => {
                let wishes = self.owing.wishes();
                self.hear(event, now);
                self.owing.heard(event.sequence, wishes);
            }
            Observed::Lapsed => self.lapse(),
            Observed::Acknowledged { sent, away } => self.vouch(*sent, away, now),
        }
    }

    /// Which of these channels are not watched.
    pub(crate) fn strangers(
        &self,
        channel_ids: &BTreeSet<Id<ChannelMarker>>,
    ) -> Vec<Id<ChannelMarker>> {
        let strangers = channel_ids
            .iter()
            .filter(|id| !self.channels.contains_key(*id));
        strangers.copied().collect()
    }

    /// This channel is to be read again from there, and with `until` no further than to there; `false` when
    /// it is not watched.
    pub(crate) fn reread(
        &mut self,
        channel_id: Id<ChannelMarker>,
        after: Option<Id<MessageMarker>>,
        until: Option<Id<MessageMarker>>,
    ) -> bool {
        let Some(channel) = self.channels.get(&channel_id) else {
            return false;
        };
        // What is missing for another reason reaches up to the present, and so does a gap that has begun.
        let is_clean = channel.dirty.is_none();
        let may_end = is_clean && self.is_covered;
        // Above the watermark nothing is known to be on record.
        let proven = just_before(self.watermark_ms);
        let after = if is_clean { after.min(proven) } else { after };
        let reason = DirtyReason::Lapse;
        self.soil(channel_id, Dirty { after, reason });
        if may_end {
            self.agenda.end_at(channel_id, until);
        }
        true
    }

    /// Events may be missing, of whichever channel.
    pub(super) fn lapse(&mut self) {
        self.interrupt();
        self.wish = Some(Wish::Gap);
    }

    /// A gap: what was under way has read with eyes that may have missed something since.
    pub(super) fn interrupt(&mut self) {
        self.generation += 1;
        self.is_covered = false;
        if !self.lacks(Sabotage::NoReseed) {
            self.agenda.clear();
        }
        self.strangers.clear();
        self.forecast = Forecast::default();
        self.proof = Proof::default();
    }

    fn hear(&mut self, event: &Event, now: Instant) {
        let channel = event.channel_id.and_then(|id| self.channels.get(&id));
        if let (None, Some(channel)) = (event.guild_id, channel) {
            // Discord documents the field as optional; a channel that is known says what is left out.
            let event = Event {
                guild_id: Some(channel.guild_id),
                ..event.clone()
            };
            return self.hear(&event, now);
        }
        self.sequence = event.sequence;
        if self.is_here(event.guild_id) {
            self.proof.heard(event.guild_id);
        }
        match &*event.name {
            "READY" => self.hear_of_session(event),
            "MESSAGE_CREATE" | "MESSAGE_UPDATE" | "MESSAGE_DELETE" | "MESSAGE_DELETE_BULK" => {
                let is_deaf = !self.is_covered && self.lacks(Sabotage::BackfillBeforeLive);
                // One that cannot be there yet may stand for any.
                let channel_id = event.channel_id;
                let Some(channel_id) = channel_id.filter(|id| self.may_be_there(*id)) else {
                    return self.mishear_place(event.guild_id);
                };
                if !is_deaf
                    && self.is_here(event.guild_id)
                    && self.is_watched(channel_id, event.guild_id, now)
                {
                    self.hear_of_message(channel_id, event, now);
                }
            }
            "CHANNEL_DELETE" | "THREAD_DELETE" => match event.channel_id {
                Some(channel_id) => self.hear_of_deletion(channel_id),
                None => self.mishear_channel(&event.name, event.guild_id),
            },
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE" => {
                self.hear_of_channel(&event.name, &event.data, event.guild_id, now);
            }
            "THREAD_LIST_SYNC" => {
                let Ok(Threads { threads }) = serde_json::from_str(event.data.get()) else {
                    return self.mishear_channel(&event.name, event.guild_id);
                };
                for thread in threads {
                    self.hear_of_channel("THREAD_UPDATE", &thread, event.guild_id, now);
                }
            }
            // Who was refused may be allowed now, and the other way round.
            "GUILD_ROLE_UPDATE" | "GUILD_ROLE_DELETE" | "GUILD_MEMBER_UPDATE" => {
                self.hear_of_roles(event);
                self.ask_refused_again(now, None);
                self.wish(Wish::Look);
            }
            "GUILD_DELETE" => self.hear_of_departure(event),
            _ => {}
        }
    }

    pub(super) fn is_here(&self, guild_id: Option<Id<GuildMarker>>) -> bool {
        guild_id.is_some_and(|id| self.settings.guild_ids.contains(&id))
    }

    /// Whether a channel that something happened in is watched. One that is not known is, if
    /// everything is: it is read from its beginning. Else the lists have to tell.
    fn is_watched(
        &mut self,
        id: Id<ChannelMarker>,
        guild_id: Option<Id<GuildMarker>>,
        now: Instant,
    ) -> bool {
        if self.channels.contains_key(&id) {
            return true;
        }
        let Some(guild_id) = guild_id else {
            return false;
        };
        let head = Head {
            id,
            guild_id,
            parent_id: None,
            is_thread: false,
            is_forum: false,
            is_archived: false,
            last_message_id: None,
        };
        if self.settings.watch.has(&head, None) {
            self.meet(&head, None);
            return true;
        }
        if self.strangers.insert(id, now).is_none() {
            self.wish(Wish::Look);
        }
        false
    }

    fn hear_of_channel(
        &mut self,
        name: &str,
        json: &RawValue,
        guild_id: Option<Id<GuildMarker>>,
        now: Instant,
    ) {
        let head = match Head::read(json, guild_id) {
            Ok(Some(head)) => head,
            Ok(None) => return,
            Err(_) => return self.mishear_channel(name, guild_id),
        };
        if !self.is_here(Some(head.guild_id)) {
            return;
        }
        if !self.may_be_there(head.id) {
            return self.mishear_channel(name, Some(head.guild_id));
        }
        if head.is_forum {
            return self.hear_of_forum(name, &head, is_hidden(json), now);
        }
        if !self.wants(&head) {
            if self.is_unplaced(&head) {
                return self.wish(Wish::Look);
            }
            // When something happens in it, the lists need not be asked; but what a thread is in may not
            // be known yet.
            if !head.is_thread {
                self.strangers.insert(head.id, now);
            }
            // It may have been moved away from where it was watched.
            return self.unwatch(head.id);
        }
        let birth = || serde_json::from_str::<Birth>(json.get());
        let is_new = || birth().is_ok_and(|birth| birth.newly_created);
        let is_born = name == "CHANNEL_CREATE" || (name == "THREAD_CREATE" && is_new());
        match self.channels.get(&head.id) {
            None => {
                // Events of one that is new have been coming since its birth.
                let now_ms = self.time.at(now);
                let is_young = now_ms.is_some_and(|now_ms| {
                    created_ms(head.id).saturating_add(milliseconds(SETTLE)) >= now_ms
                });
                // One in which something happened before is not new.
                let is_known = self.strangers.remove(&head.id).is_some();
                let born = (is_born && is_young && !is_known && self.is_covered).then_some(());
                self.time.heard(head.id, now);
                self.meet(&head, born);
                if born.is_none() {
                    self.doubt_archives(&head, Wish::Look);
                }
            }
            Some(_) => self.place(&head),
        }
        if let Some(meanwhile) = &mut self.meanwhile {
            if head.is_archived {
                meanwhile.insert(head.id, Over::Archived);
            } else {
                meanwhile.remove(&head.id);
            }
        }
        if let Some(last) = head.last_message_id.filter(|_| head.is_archived) {
            self.last_is(head.id, last);
        }
        self.archive(head.id, head.is_archived);
        if is_hidden(json) {
            return self.hide(head.id);
        }
        self.regain_sight(head.id);
        self.ask_refused_again(now, Some(head.id));
    }

    /// A channel that was not known. `born`: all that happened in it came as events.
    pub(super) fn meet(&mut self, head: &Head, born: Option<()>) {
        let dirty = Dirty {
            after: None,
            reason: DirtyReason::New,
        };
        let is_clean = born.is_some() || self.lacks(Sabotage::NewChanFromNow);
        let channel = Channel {
            id: head.id,
            guild_id: head.guild_id,
            parent_id: head.parent_id,
            is_thread: head.is_thread,
            is_forum: false,
            settled_id: None,
            // A message in it may have an id that is as much older than the channel's.
            scrubbed_ms: self.made_ms(head.id).saturating_sub(milliseconds(SETTLE)),
            unseen_ms: None,
            dirty: None,
        };
        self.put(channel);
        if !is_clean {
            self.soil(head.id, dirty);
        }
    }

    /// Takes over where a channel is, and whether it is a thread: what is first heard of by a message is
    /// known by its id alone.
    pub(super) fn place(&mut self, head: &Head) {
        let known = self.channels.get(&head.id);
        let moved = known
            .filter(|known| (known.parent_id, known.is_thread) != (head.parent_id, head.is_thread));
        if let Some(channel) = moved.cloned() {
            self.put(Channel {
                parent_id: head.parent_id,
                is_thread: head.is_thread,
                ..channel
            });
        }
    }

    pub(super) fn wants(&self, head: &Head) -> bool {
        let grandparent = head.parent_id.and_then(|id| {
            let parent = self.channels.get(&id).map(|parent| parent.parent_id);
            parent.or_else(|| self.forums.get(&id).map(|forum| forum.parent_id))?
        });
        self.settings.watch.has(head, grandparent)
    }

    /// Whether this is a thread on record that is in nothing we know: it may be a forum, which only the lists
    /// tell, and no record.
    pub(super) fn is_unplaced(&self, head: &Head) -> bool {
        let is_known =
            |id: &Id<ChannelMarker>| self.channels.contains_key(id) || self.forums.contains_key(id);
        head.is_thread
            && self.looked_at.is_none()
            && self.channels.contains_key(&head.id)
            && !head.parent_id.as_ref().is_some_and(is_known)
    }

    /// Of an archived thread nothing more is to be known once it is read: should it be opened again,
    /// it is a new one. No scrub comes to it any more, so that the last one is due now; on record, as
    /// any other reading that is owed.
    pub(super) fn archive(&mut self, id: Id<ChannelMarker>, is_archived: bool) {
        if !is_archived {
            self.archived.remove(&id);
            return;
        }
        let Some(channel) = self.channels.get(&id) else {
            return;
        };
        let (is_clean, since_ms) = (channel.dirty.is_none(), channel.scrubbed_ms);
        // What Discord does not show is asked for at its own pace, and is told as missing already.
        let is_shown = !is_refused(channel);
        let last = self.last.get(&id).copied();
        let is_first = self.archived.insert(id);
        let is_owed = is_first && is_shown && (self.settings.scrub || self.is_sight_in_doubt());
        if is_owed && may_have_moved(last, since_ms) {
            // Up to where it was verified, all is on record that has come by then: no more is claimed.
            let after = just_before(since_ms.min(self.watermark_ms));
            let reason = DirtyReason::Lapse;
            self.soil(id, Dirty { after, reason });
        } else if is_clean && self.is_covered {
            self.close(id);
        }
    }

    pub(super) fn last_is(&mut self, channel_id: Id<ChannelMarker>, id: Id<MessageMarker>) {
        let last = self.last.entry(channel_id).or_insert(id);
        *last = (*last).max(id);
    }
}
