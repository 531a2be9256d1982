//! What the bot may not see any more, or again.

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{Book, Survey, archives::root, is_refused};
use crate::{Channel, Dirty, DirtyReason, Event, limits::REFUSED_PAUSE, snowflake::just_before};

/// The flag of a channel object of which the bot sees only the shape, `OBFUSCATED` (Discord:
/// resources/channel#channel-object-channel-flags, discord-api-docs #8454).
const HIDDEN: u64 = 1 << 17;

/// Whether a guild that is gone is in an outage (Discord: events/gateway-events#guild-delete).
#[derive(Deserialize)]
struct Departure {
    #[serde(default)]
    unavailable: bool,
}

/// What a channel's flags say.
#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    flags: u64,
}

/// Whether a channel object shows its shape alone.
pub(super) fn is_hidden(json: &RawValue) -> bool {
    let shape = serde_json::from_str::<Shape>(json.get());
    shape.is_ok_and(|shape| shape.flags & HIDDEN != 0)
}

impl Book {
    /// A guild is in an outage, or the bot was thrown out of it: nothing that happens in it comes from now
    /// on. Of an outage the end is told, with a lapse, and nothing is vouched for before that.
    pub(super) fn hear_of_departure(&mut self, event: &Event) {
        if event.guild_id.is_none() {
            return self.mishear_channel(&event.name, None);
        }
        if !self.is_here(event.guild_id) {
            return;
        }
        let departure = serde_json::from_str::<Departure>(event.data.get());
        if departure.is_err() {
            self.mishear_channel(&event.name, event.guild_id);
        }
        if departure.is_ok_and(|departure| departure.unavailable) {
            self.outage_at = self.outage_at.or(Some(event.sequence));
            return;
        }
        let within = self.channels.values();
        let within = within.filter(|channel| Some(channel.guild_id) == event.guild_id);
        for channel in within.cloned().collect::<Vec<_>>() {
            self.lose_sight(root(&channel), self.watermark_ms);
            self.doubt(channel.id);
        }
        let forums = self.forums.values();
        let within = forums.filter(|forum| Some(forum.guild_id) == event.guild_id);
        for id in within.map(|forum| forum.id).collect::<Vec<_>>() {
            self.lose_sight(id, self.watermark_ms);
        }
    }

    /// Only the shape of a channel is shown any more. Reading it, and its threads, tells that nothing of it is.
    pub(super) fn hide(&mut self, id: Id<ChannelMarker>) {
        self.lose_sight(id, self.watermark_ms);
        let hidden = self.channels.values().filter(|channel| {
            channel.dirty.is_none()
                && (channel.id == id || (channel.is_thread && channel.parent_id == Some(id)))
        });
        for id in hidden.map(|channel| channel.id).collect::<Vec<_>>() {
            self.doubt(id);
        }
    }

    /// Channels on record that are in no list: deleted, hidden, or threads that fell asleep long ago.
    /// Reading them tells.
    pub(super) fn read_unlisted(&mut self, survey: &Survey) {
        let listed = survey.listed();
        let unlisted = self
            .channels
            .values()
            .filter(|channel| !listed.contains(&channel.id));
        let here = unlisted.filter(|channel| self.settings.guild_ids.contains(&channel.guild_id));
        for channel in here.cloned().collect::<Vec<_>>() {
            self.doubt_since(&channel, self.watermark_ms);
            if !channel.is_thread {
                self.lose_sight(channel.id, self.watermark_ms);
            }
        }
        for guild_id in &survey.hidden {
            tracing::warn!(guild.id = %guild_id, "discord does not show a guild that is watched");
        }
    }

    /// Channels that no list names any more, in the middle of a session: deleted, or hidden, so that no
    /// event of them comes. What they were verified up to is where something may be missing from. A thread
    /// is among them with the channel it is in: alone it has fallen asleep. Of threads that are not known,
    /// nothing was seen since the lists before.
    pub(super) fn ask_for_unlisted(&mut self, survey: &Survey) {
        let listed = survey.listed();
        let channels = self.channels.values();
        let unlisted = channels.filter(|channel| !listed.contains(&root(channel)));
        let clean = unlisted.filter(|channel| channel.dirty.is_none());
        for channel in clean.cloned().collect::<Vec<_>>() {
            let after = just_before(channel.scrubbed_ms.min(self.watermark_ms));
            let reason = DirtyReason::Lapse;
            self.soil(channel.id, Dirty { after, reason });
        }
        let is_hidden = |channel: &&Channel| {
            let is_known = self.is_out_of_sight(channel.id);
            !channel.is_thread && !listed.contains(&channel.id) && !is_known
        };
        let hidden = self.channels.values().filter(is_hidden);
        for id in hidden.map(|channel| channel.id).collect::<Vec<_>>() {
            self.lose_sight(id, self.listed_ms.min(self.watermark_ms));
        }
    }

    /// What Discord has refused to show is asked for: one channel with its threads now, all of it once in a while,
    /// however often a permission may have changed.
    pub(super) fn ask_refused_again(&mut self, now: Instant, which: Option<Id<ChannelMarker>>) {
        let channels = &self.channels;
        let mut at = now;
        if which.is_none() {
            at = match self.refused_asked_at {
                Some(next) if next > now => next,
                Some(last) => now.max(last + REFUSED_PAUSE),
                None => now,
            };
            self.refused_asked_at = Some(at);
        }
        self.agenda.hasten(at, |id| {
            let channel = channels.get(&id).filter(|channel| is_refused(channel));
            channel.is_some_and(|channel| {
                which.is_none_or(|which| which == id || which == root(channel))
            })
        });
    }
}
