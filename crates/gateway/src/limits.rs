//! Every bound of this crate, and why it is what it is.

use std::time::Duration;

/// Deliveries that may wait for one subscriber. A streamed reply is about one edit a second, so
/// this is minutes of standing still.
pub(crate) const QUEUE_DELIVERIES_MAX: usize = 512;

/// Bytes that may wait for one subscriber. A streamed message is some 4 kB, one with full embeds
/// 30 kB, so a reader that is merely late keeps its queue, while 256 stuck ones hold 128 MiB at the
/// very worst.
pub(crate) const QUEUE_BYTES_MAX: usize = 512 << 10;

/// Deliveries that may wait for one tap: more than Discord replays after a resume, which comes in one
/// rush while the tap's owner may still be writing down the first of it.
pub(crate) const TAP_DELIVERIES_MAX: usize = 16_384;

/// Bytes that may wait for one tap: a kilobyte each, which is what a message takes. There are few
/// taps, one for whoever keeps a record.
pub(crate) const TAP_BYTES_MAX: usize = 16 << 20;

/// Heartbeats of one connection of which it is noted when they were sent, until they are acknowledged.
/// There is one, two when Discord asks for one; what never acknowledges is left after 15 s.
pub(crate) const HEARTBEATS_COUNTED_MAX: usize = 16;

/// What a waiting dispatch costs besides its payload: the struct, its name, the queue's slot.
pub(crate) const DISPATCH_BYTES: usize = 160;

/// `GET /gateway/bot`, all of the adapter's own tries included.
pub(crate) const DIRECTORY_TIMEOUT: Duration = Duration::from_secs(30);

/// TCP, TLS and the upgrade. twilight gives up after 10 s; this is for when it does not.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(12);

/// Hello, and READY after IDENTIFY. READY of a bot in thousands of guilds takes seconds.
pub(crate) const READY_TIMEOUT: Duration = Duration::from_secs(30);

/// Between two frames of a replay, and until RESUMED. Every frame starts it anew.
pub(crate) const RESUME_TIMEOUT: Duration = Duration::from_secs(30);

/// A heartbeat's acknowledgement. It takes some 100 ms; Discord's own rule (nothing until the next
/// heartbeat) would find a dead connection only after 41 to 82 s.
pub(crate) const ACK_TIMEOUT: Duration = Duration::from_secs(15);

/// The closing handshake. A peer that does not answer our close frame holds up nothing.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// The guilds that READY names, until each has been announced. One that is still missing then is in
/// an outage, and must not hold up the others.
pub(crate) const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(10);

/// Polls of a shard that has shown no sign of a connection. A peer that accepts and hangs up makes
/// twilight connect again within one poll, for ever; a connect with TLS needs about a dozen.
pub(crate) const CONNECT_POLLS_MAX: u32 = 64;

/// Connections in a row that may fail to resume the session although Discord was reached. Then the
/// session is given up: a new one costs an IDENTIFY and a lapse, trying for ever costs everything.
pub(crate) const RESUME_ATTEMPTS_MAX: u32 = 3;

/// Between two IDENTIFYs (Discord: 5 s per rate key, events/gateway#rate-limiting), with a margin
/// because Discord counts from when they arrive.
pub(crate) const IDENTIFY_INTERVAL: Duration = Duration::from_millis(5_100);

/// IDENTIFYs of the day that are never used. Whoever repairs what burnt the others needs some.
pub(crate) const IDENTIFY_RESERVE: u32 = 20;

/// The longest wait for the IDENTIFY budget before it is looked at again.
pub(crate) const IDENTIFY_RECHECK: Duration = Duration::from_hours(1);

/// How long an event may take that must come. It takes a second at most, in Discord's worse hours
/// some more; a connection that takes this long tells nothing, however well it answers heartbeats.
pub(crate) const DEAF_AFTER: Duration = Duration::from_mins(1);

/// Between two sessions that are ended because they tell nothing. If a new one does not help, the
/// next one will not either: at most 48 of the day's 1,000 IDENTIFYs are tried.
pub(crate) const DEAF_INTERVAL: Duration = Duration::from_mins(30);

/// Guilds of one shard of which events are expected: as many as Discord puts on a shard.
pub(crate) const GUILDS_EXPECTED_MAX: usize = 2_500;

/// The pause before the first new attempt is up to this: a lost connection comes back at once, but
/// not all of them in the same millisecond.
pub(crate) const BACKOFF_FIRST: Duration = Duration::from_millis(250);

/// The pause before the second new attempt is up to this; it doubles from there.
pub(crate) const BACKOFF_BASE: Duration = Duration::from_secs(1);

/// The longest pause. Longer ones would only make the end of an outage later.
pub(crate) const BACKOFF_MAX: Duration = Duration::from_mins(1);

/// How long a session must hold before earlier failures are forgotten. A peer that takes every
/// session and drops it at once is a failure, too.
pub(crate) const BACKOFF_FORGET: Duration = Duration::from_secs(30);

/// After an invalid session, Discord wants a random wait of 1 to 5 s
/// (discord-api-docs, pull request 244). This is the 1.
pub(crate) const INVALID_SESSION_WAIT: Duration = Duration::from_secs(1);

/// And this the way to the 5.
pub(crate) const INVALID_SESSION_SPREAD: Duration = Duration::from_secs(4);

/// The longest wait that the directory may ask for: an hour is the longest ban Discord imposes.
pub(crate) const DIRECTORY_WAIT_MAX: Duration = Duration::from_hours(1);
