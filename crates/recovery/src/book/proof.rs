//! What shows that the gateway tells what happens.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker},
};

use super::{Book, Survey, Wish, survey::may_have_moved};
use crate::{
    Channel, Unheard,
    limits::{OVERDUE_AFTER, PROOF_EVERY, RESCAN_AGE},
    sabotage::Sabotage,
    snowflake::{created_ms, milliseconds},
};

/// Up to when all is known to have come.
///
/// An acknowledged heartbeat shows that Discord's gateway is there, and no more: a connection may answer
/// heartbeats and hand out nothing, or late. So it counts for a guild once a message that is younger has
/// come from there, because events come in turn, or once lists that were asked for later name no message
/// that is not known.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// What the last acknowledged heartbeat would prove.
    vouched_ms: Option<u64>,
    /// That at the time when the lists were asked for.
    looked_ms: Option<u64>,
    /// What is proven of each guild.
    proven_ms: BTreeMap<Id<GuildMarker>, u64>,
    /// Since when a heartbeat waits for what would make it count.
    open_since: Option<Instant>,
    /// Messages that the lists name and nobody told of, by channel. They are being read.
    overdue: BTreeMap<Id<ChannelMarker>, Overdue>,
    /// The last one that was found.
    unheard: Option<Unheard>,
}

/// A message that nobody told of.
#[derive(Clone, Copy, Debug)]
struct Overdue {
    guild_id: Id<GuildMarker>,
    message_id: Id<MessageMarker>,
    /// Whether nothing at all was heard of the guild since.
    is_silent: bool,
}

// === impl Proof ===

impl Proof {
    /// A heartbeat is acknowledged that was sent when Discord's clock read at least this.
    fn vouch(&mut self, ms: u64, now: Instant) {
        self.vouched_ms = self.vouched_ms.max(Some(ms));
        self.open_since.get_or_insert(now);
    }

    /// All that a guild's events tell of up to there has come. Whether that is news.
    fn prove(&mut self, guild_id: Id<GuildMarker>, ms: u64) -> bool {
        let proven_ms = self.proven_ms.entry(guild_id).or_default();
        let is_news = ms > *proven_ms;
        *proven_ms = ms.max(*proven_ms);
        is_news
    }

    /// What is proven of all of these.
    fn of(&self, guild_ids: &[Id<GuildMarker>]) -> Option<u64> {
        let proven = guild_ids.iter().map(|id| self.proven_ms.get(id).copied());
        // `None` comes first: one of which nothing is proven holds up all.
        proven.min().flatten()
    }

    /// An event of a guild came: its connection tells something.
    pub(super) fn heard(&mut self, guild_id: Option<Id<GuildMarker>>) {
        if self.unheard.is_some_and(|it| Some(it.guild_id) == guild_id) {
            self.unheard = None;
        }
        for overdue in self.overdue.values_mut() {
            overdue.is_silent &= Some(overdue.guild_id) != guild_id;
        }
    }

    pub(super) fn unheard(&self) -> Option<Unheard> {
        self.unheard
    }

    pub(super) fn held(&self) -> usize {
        self.proven_ms.len() + self.overdue.len()
    }
}

// === impl Book ===

impl Book {
    /// A heartbeat that was sent at `sent` was acknowledged behind all that came before it.
    pub(super) fn vouch(&mut self, sent: Instant, away: &[Id<GuildMarker>], now: Instant) {
        if away.iter().any(|id| self.settings.guild_ids.contains(id)) {
            return;
        }
        self.outage_at = None;
        if self.is_covered
            && let Some(ms) = self.time.at(sent)
        {
            self.proof.vouch(ms, now);
            if self.lacks(Sabotage::AckIsProof) {
                self.seal(ms);
            }
        }
    }

    /// A message has come from there, as an event.
    pub(super) fn message_came(&mut self, guild_id: Id<GuildMarker>, id: Id<MessageMarker>) {
        if let Some(vouched_ms) = self.proof.vouched_ms
            && self.proof.prove(guild_id, vouched_ms.min(created_ms(id)))
        {
            self.seal_proven();
        }
    }

    fn seal_proven(&mut self) {
        let proven_ms = self.proof.of(&self.settings.guild_ids);
        if proven_ms >= self.proof.vouched_ms {
            self.proof.open_since = None;
        }
        if let Some(ms) = proven_ms.filter(|_| self.is_covered) {
            self.seal(ms);
        }
    }

    /// When the lists are wanted, because nothing else makes a heartbeat count.
    pub(super) fn proof_due(&self) -> Option<Instant> {
        Some(self.proof.open_since? + PROOF_EVERY)
    }

    /// The lists are wanted if nothing else makes a heartbeat count.
    pub(crate) fn wish_for_proof(&mut self, now: Instant) {
        if self.proof_due().is_some_and(|due| due <= now) {
            self.proof.open_since = None;
            self.wish(Wish::Look);
        }
    }

    /// The lists are asked for.
    pub(super) fn proof_is_asked_for(&mut self) {
        self.proof.open_since = None;
        self.proof.looked_ms = self.proof.vouched_ms;
    }

    /// Takes in what the lists prove. A channel is to be read if its last message is not known, and so old that
    /// somebody should have told of it; as long as it is younger nothing is proven of its guild.
    pub(super) fn compare_with_heard(
        &mut self,
        survey: &Survey,
        on_record: &BTreeSet<Id<MessageMarker>>,
        now: Instant,
    ) {
        let mut unproven = BTreeSet::new();
        // After a gap, whatever may be missing is read in any case.
        let heads = survey.heads.iter().filter(|_| survey.wish != Wish::Gap);
        for head in heads.filter(|head| !head.is_forum) {
            let channel = self.channels.get(&head.id);
            let clean = channel.filter(|it| it.dirty.is_none() && !self.is_over(head));
            let Some((channel, last)) = clean.zip(head.last_message_id) else {
                continue;
            };
            if on_record.contains(&last) || channel.settled_id == Some(last) {
                continue;
            }
            // Of one that cannot be there yet nobody is going to tell.
            let overdue_ms = self.made_ms(last) + milliseconds(OVERDUE_AFTER);
            if self.time.at(now).is_some_and(|now_ms| now_ms >= overdue_ms) {
                tracing::warn!(channel.id = %head.id, message.id = %last, "nobody told of a message; its channel is read");
                let since_ms = self.unknown_since(channel, last);
                let overdue = Overdue {
                    guild_id: head.guild_id,
                    message_id: last,
                    is_silent: true,
                };
                self.proof.overdue.insert(head.id, overdue);
                self.doubt_from(head.id, since_ms);
            } else {
                unproven.insert(head.guild_id);
            }
        }
        if survey.wish != Wish::Gap {
            self.doubt_asleep(survey, now);
            unproven.extend(self.doubt_posts(survey, on_record));
        }
        let Some(looked_ms) = self.proof.looked_ms else {
            return;
        };
        let guild_ids = self.settings.guild_ids.clone();
        for id in guild_ids.iter().filter(|id| !unproven.contains(id)) {
            self.proof.prove(*id, looked_ms);
        }
    }

    /// From when on messages of a channel may be missing, of which this one is not known. Where that is older than the
    /// watermark, so may others be; but nobody looks for what is a day older.
    pub(super) fn unknown_since(&self, channel: &Channel, last: Id<MessageMarker>) -> u64 {
        let last_ms = created_ms(last);
        if last_ms >= self.watermark_ms {
            return self.watermark_ms;
        }
        let day_ms = milliseconds(RESCAN_AGE);
        last_ms.min(channel.scrubbed_ms.max(last_ms.saturating_sub(day_ms)))
    }

    /// Threads that are in no list beside their channel, and that nobody said had fallen asleep: what was said in
    /// them last may not have been told either. They are read once more, and let go of.
    fn doubt_asleep(&mut self, survey: &Survey, now: Instant) {
        let listed = survey.listed();
        let Some(now_ms) = self.time.at(now) else {
            return;
        };
        let young_ms = now_ms.saturating_sub(milliseconds(OVERDUE_AFTER));
        let asleep = self.channels.values().filter(|channel| {
            channel.is_thread
                && channel.dirty.is_none()
                && created_ms(channel.id) < young_ms
                && !listed.contains(&channel.id)
                && channel.parent_id.is_some_and(|id| listed.contains(&id))
        });
        for id in asleep.map(|channel| channel.id).collect::<Vec<_>>() {
            let day_ms = milliseconds(RESCAN_AGE);
            let scrubbed_ms = self
                .channels
                .get(&id)
                .map_or(0, |channel| channel.scrubbed_ms);
            self.doubt_from(
                id,
                scrubbed_ms.max(self.watermark_ms.saturating_sub(day_ms)),
            );
            self.archived.insert(id);
        }
    }

    /// Forums whose last post is not known: it may be asleep again, and is looked for. Guilds with such a forum.
    fn doubt_posts(
        &mut self,
        survey: &Survey,
        on_record: &BTreeSet<Id<MessageMarker>>,
    ) -> Vec<Id<GuildMarker>> {
        let mut guild_ids = Vec::new();
        let forums = survey.heads.iter().filter(|head| head.is_forum);
        for forum in forums.filter(|forum| self.wants(forum)).collect::<Vec<_>>() {
            let may_be_new = may_have_moved(forum.last_message_id, self.watermark_ms);
            let Some(post) = forum.last_message_id.filter(|_| may_be_new) else {
                continue;
            };
            let is_known = on_record.contains(&post) || self.channels.contains_key(&post.cast());
            // Once: its first message may be deleted.
            if !is_known && self.last.insert(forum.id, post) != Some(post) {
                self.unsee(forum.id, self.watermark_ms, true);
                self.wish(Wish::Look);
                guild_ids.push(forum.guild_id);
            }
        }
        guild_ids
    }

    /// The lists were taken in: what they prove counts.
    pub(super) fn seal_compared(&mut self) {
        self.proof.looked_ms = None;
        self.seal_proven();
    }

    /// These were on a page of a channel.
    pub(super) fn overdue_found(&mut self, id: Id<ChannelMarker>, found: &[crate::Message]) {
        let overdue = self.proof.overdue.get(&id).copied();
        let overdue = overdue.filter(|it| found.iter().any(|message| message.id == it.message_id));
        let Some(overdue) = overdue else { return };
        self.proof.overdue.remove(&id);
        if overdue.is_silent {
            self.proof.unheard = Some(Unheard {
                guild_id: overdue.guild_id,
                message_id: overdue.message_id,
            });
        }
    }

    /// A channel was read, cannot be, or is none any more. What was looked for and not found.
    pub(super) fn forget_overdue(&mut self, id: Id<ChannelMarker>) -> Option<Id<MessageMarker>> {
        Some(self.proof.overdue.remove(&id)?.message_id)
    }
}
