//! What the driver is told of the gateway.

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
    /// flow: each event from before it has been delivered, or a lapse was.
    ///
    /// Without these nothing is ever known to be complete, and each start reads what it finds new.
    Acknowledged(Instant),
}

/// A dispatch of the gateway. Of interest are those in [`EVENTS`]; others are ignored.
#[derive(Debug)]
pub struct Event {
    /// Its name.
    pub name: Box<str>,
    /// `s`.
    pub sequence: u64,
    /// The guild, if the payload names one.
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
    "GUILD_ROLE_UPDATE",
    "GUILD_MEMBER_UPDATE",
];
