//! Every bound of the gateway, and why it is what it is.

use std::time::Duration;

/// Bytes of one payload that a client sends (Discord: events/gateway#sending-events); above: 4002.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 4_096;

/// Bytes of one message that are read at all: enough to tell a payload that is too long from an
/// attack on the memory.
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Payloads a client may send in one [`SENDING_WINDOW`] (Discord: events/gateway#rate-limiting).
pub(crate) const SENDS_PER_WINDOW: u32 = 120;

/// The window of [`SENDS_PER_WINDOW`].
pub(crate) const SENDING_WINDOW: Duration = Duration::from_mins(1);

/// A connection without a heartbeat for this many intervals is closed with 4009: one interval is
/// the promise, the second one forgives a slow network.
pub(crate) const HEARTBEAT_INTERVALS_MAX: u32 = 2;

/// A client that lets a write wait this long does not read; its connection ends, its session stays.
pub(crate) const WRITE_STALL: Duration = Duration::from_secs(10);

/// How long a closed connection waits for the other side's close frame.
pub(crate) const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// Events that one turn of a connection takes from its session, so that orders and heartbeats get
/// their turn during a long replay.
pub(crate) const EVENTS_PER_TURN: usize = 64;

/// Commands that one connection may have waiting; one that does not get to them any more is cut.
pub(crate) const ORDERS_MAX: usize = 16;

/// An event that is to overtake nothing is sent after this time all the same.
pub(crate) const REORDER_HOLD: Duration = Duration::from_secs(1);

/// Delayed events per session; what comes on top is not delayed.
pub(crate) const DEFERRED_MAX: usize = 1_024;

/// Sessions alive at once; the one that has been detached longest makes room.
pub(crate) const SESSIONS_MAX: usize = 1_024;

/// Members in one `GUILD_MEMBERS_CHUNK` (Discord: events/gateway-events#guild-members-chunk).
pub(crate) const MEMBERS_PER_CHUNK: usize = 1_000;

/// All members of a guild may be asked for once in this time (Discord: change-log, October 2025).
pub(crate) const ALL_MEMBERS_INTERVAL: Duration = Duration::from_secs(30);

/// Dispatches below this many bytes go out plain when a client asked for payload compression:
/// Discord compresses only what is worth it, and clients must be ready for both.
pub(crate) const COMPRESS_BYTES_MIN: usize = 1_024;

/// What a bloated event carries: more than a guild of thousands of channels takes in its `GUILD_CREATE`.
pub(super) const BLOAT_BYTES: usize = 8 << 20;
