//! What the driver is told of the gateway.

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

/// What a gateway has delivered, in the order in which it has.
#[derive(Debug)]
pub enum Observed {
    /// An event.
    Event(Event),
    /// Events from before this may be missing: a new session began, a guild came back, the reader was
    /// too slow, something could not be read. From here on they come again.
    Lapsed,
    /// Discord has acknowledged a heartbeat that was sent at this instant on a connection whose events
    /// flow: each event from before it has been delivered, or a lapse was; but for guilds that are away, in
    /// an outage, of which nothing comes until a lapse is told.
    ///
    /// Without these nothing is ever known to be complete, and each start reads what it finds new.
    Acknowledged {
        /// When the heartbeat was sent.
        sent: Instant,
        /// Guilds in an outage, as `GUILD_DELETE` says and READY (Discord:
        /// resources/guild#unavailable-guild-object).
        away: Arc<[Id<GuildMarker>]>,
    },
}

/// A dispatch of the gateway. Of interest are those in [`EVENTS`]; others are ignored.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name.
    pub name: Box<str>,
    /// `s`.
    pub sequence: u64,
    /// The guild, if the payload names one: `guild_id`, or `id` of `GUILD_DELETE`.
    pub guild_id: Option<Id<GuildMarker>>,
    /// The channel it belongs to: `channel_id`, or `id` of channels and threads.
    pub channel_id: Option<Id<ChannelMarker>>,
    /// The payload.
    pub data: Box<RawValue>,
}

/// The events that the driver wants (Discord: events/gateway-events).
pub const EVENTS: &[&str] = &[
    "READY",
    "MESSAGE_CREATE",
    "MESSAGE_UPDATE",
    "MESSAGE_DELETE",
    "MESSAGE_DELETE_BULK",
    "CHANNEL_CREATE",
    "CHANNEL_UPDATE",
    "CHANNEL_DELETE",
    "THREAD_CREATE",
    "THREAD_UPDATE",
    "THREAD_DELETE",
    "THREAD_LIST_SYNC",
    "GUILD_DELETE",
    "GUILD_ROLE_UPDATE",
    "GUILD_ROLE_DELETE",
    "GUILD_MEMBER_UPDATE",
];
