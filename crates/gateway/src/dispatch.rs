//! One event from Discord's gateway, unparsed but addressed.

use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

/// One dispatch (opcode 0) as the gateway sent it.
///
/// Only the address is read here; the payload stays raw. What Discord sends changes shape over the
/// years, and a reader that fails on one odd field must not cost the others the event.
#[derive(Debug)]
pub struct Dispatch {
    /// The event's name, such as `MESSAGE_CREATE` (Discord: events/gateway-events).
    pub name: Box<str>,
    /// `s`: the order within one session.
    pub sequence: u64,
    /// The shard it came through.
    pub shard: u32,
    /// The guild, where the payload names one.
    pub guild_id: Option<Id<GuildMarker>>,
    /// The channel it belongs to: `channel_id`, or the payload's own `id` for channel and thread
    /// events.
    pub channel_id: Option<Id<ChannelMarker>>,
    /// The payload `d`, byte for byte.
    pub data: Box<RawValue>,
}
