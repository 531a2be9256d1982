//! What the bot may not see any more, or again.

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::Book;
use crate::{DirtyReason, Event};

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
        if !self.is_here(event.guild_id) {
            return;
        }
        let departure = serde_json::from_str::<Departure>(event.data.get());
        if departure.is_ok_and(|departure| departure.unavailable) {
            self.outage_at = self.outage_at.or(Some(event.sequence));
            return;
        }
        let within = self.channels.values();
        let within = within.filter(|channel| Some(channel.guild_id) == event.guild_id);
        for id in within.map(|channel| channel.id).collect::<Vec<_>>() {
            self.doubt(id);
        }
    }

    /// Only the shape of a channel is shown any more. Reading it, and its threads, tells that nothing of it is.
    pub(super) fn hide(&mut self, id: Id<ChannelMarker>) {
        let hidden = self.channels.values().filter(|channel| {
            channel.dirty.is_none()
                && (channel.id == id || (channel.is_thread && channel.parent_id == Some(id)))
        });
        for id in hidden.map(|channel| channel.id).collect::<Vec<_>>() {
            self.doubt(id);
        }
    }

    /// What Discord has refused to show, all of it or one channel, is asked for now.
    pub(super) fn ask_refused_again(&mut self, now: Instant, which: Option<Id<ChannelMarker>>) {
        let channels = &self.channels;
        self.agenda.hasten(now, |id| {
            let dirty = channels.get(&id).and_then(|channel| channel.dirty);
            which.is_none_or(|which| which == id)
                && dirty.is_some_and(|dirty| dirty.reason == DirtyReason::Refused)
        });
    }
}
