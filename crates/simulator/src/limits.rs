//! Discord's rate limits, and the bounds that the simulator sets itself.

mod admission;
mod buckets;
mod table;
mod windows;

pub(crate) use self::{
    admission::{Admission, BucketState, RATE_LIMITED, Refusal, Subject},
    buckets::Limits,
};

/// REST requests in the history: about 50 MB. Counters and checks go on beyond it.
pub(crate) const REQUESTS_KEPT: usize = 100_000;

/// Replies of scripted bots in the truth: a storm writes some thousands.
pub(crate) const REPLIES_KEPT: usize = 20_000;

/// Violations listed by the checkers; one is enough to fail a test, a thousand are enough to see
/// the pattern.
pub(crate) const VIOLATIONS_KEPT: usize = 1_000;

/// Marks and deleted channels that the checkers remember: more than a day of the fastest load test
/// makes, at some 200 bytes each.
pub(crate) const SIGHTINGS_KEPT: usize = 1_000_000;

/// Messages that wait for the scripted bots. A bot reads at once, so this fills only when nobody
/// runs the server.
pub(crate) const BOT_INBOX_MAX: usize = 65_536;

/// Characters of a message (Discord: 2000).
pub(crate) const CONTENT_CHARACTERS_MAX: usize = 2_000;

/// Bytes of one request's body (Discord: 25 MiB in all).
pub(crate) const BODY_BYTES_MAX: usize = 25 * 1024 * 1024;

/// A part of this many characters announces that the prompt goes on in another message: nobody
/// splits a prompt into shorter ones.
pub(crate) const PART_CHARACTERS_MIN: usize = 1_000;

/// How late a late act is, unless told: longer than the time-outs of common clients (10 to 15 s).
pub(crate) const LATE_MS: u64 = 20_000;

/// What an invented 429 asks for, unless told.
pub(crate) const RETRY_AFTER_MS: u64 = 1_000;

/// How late a delayed event is, unless told: longer than a loopback round trip, shorter than any
/// patience.
pub(crate) const EVENT_DELAY_MS: u64 = 1_000;

/// How far behind a stale list is, unless told: as long as fresh channels were seen to be missing
/// (fault F31).
pub(crate) const LIST_LAG_MS: u64 = 5_000;

/// Messages and channels of which it is remembered that an event about them was left out: more than any test
/// leaves out, and little memory for a simulator that runs for weeks.
pub(crate) const LEFT_OUT_KEPT: usize = 100_000;

/// The longest that a fault delays anything: a day, which is longer than any client waits and short
/// enough for every clock.
pub(crate) const FAULT_DELAY_MS_MAX: u64 = 86_400_000;

/// A request that arrives this soon after an answer may have left before the answer came in.
pub(crate) const IN_FLIGHT_GRACE_MS: u64 = 25;

/// A client may believe for so long what it has read of the guild (reliability rule O7): a channel
/// that became special more recently may still be deleted in good faith.
pub(crate) const SPECIAL_GRACE_MS: u64 = 10_000;

/// Clients count in whole milliseconds, and a told wait loses the fraction of one on its way.
pub(crate) const WAIT_ROUNDING_MS: u64 = 2;
