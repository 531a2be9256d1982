//! Bounds of looking after a guild, each with the reason for its number.

use std::time::Duration;

/// How far the machine's clock may be from Discord's. A `Date` has whole seconds and an answer takes some;
/// a machine that keeps time is milliseconds off; half a minute already moves schedules and what is on
/// record by as much.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(30);

/// What has to be left of what Discord counts, in percent: a tenth leaves somebody a day or two to act.
pub const LOW_PERCENT: u64 = 10;

/// Channels in a category (topics/opcodes-and-status-codes, 50035 `CHANNEL_PARENT_MAX_CHANNELS`).
pub const CATEGORY_CHANNELS_MAX: u64 = 50;

/// Roles in a guild, `@everyone` included (topics/opcodes-and-status-codes, 30005).
pub const GUILD_ROLES_MAX: u64 = 250;

/// Gateway sessions that have to be left of a day's, however many there are in all: a connection that is
/// dropped again and again uses dozens in an hour, and the gateway itself keeps the last twenty.
pub const IDENTIFIES_MIN: u64 = 50;

/// How much clocks are changed at most: Samoa left out a whole day in 2011. A little more.
pub(crate) const CLOCK_CHANGE_MAX: Duration = Duration::from_hours(26);

/// Due times that are counted when nobody was there to serve them: with more it says "at least".
pub(crate) const DUES_COUNTED_MAX: usize = 10_000;

/// Times between two due times that a jitter is compared with: three months of daily ones.
pub(crate) const SPACINGS_CHECKED: usize = 100;

/// For how long a claim holds without being renewed: who holds it is taken for dead then. A process that
/// is stopped for longer (a suspended machine) finds that out before it goes on.
pub const CLAIM_HOLDS: Duration = Duration::from_mins(3);

/// How often it is renewed: several times in that, since a renewal may fail.
pub(crate) const CLAIM_RENEWED_EVERY: Duration = Duration::from_secs(40);

/// For how long what is left to somebody else is not looked at again: he waits until the claim would have
/// run out, and must not find it claimed anew.
pub(crate) const LEFT_PAUSE: Duration = Duration::from_mins(5);

/// How often somebody who waits for another one's claim looks whether it was given back. Who is told to stop
/// does that, and three minutes later something else may be due.
pub(crate) const CLAIM_LOOKED_AT_EVERY: Duration = Duration::from_secs(30);

/// Jobs that run at the same time. They mostly wait for somebody's answer.
pub(crate) const RUNS_MAX: usize = 16;

/// The longest wait before the clock is read again: it may be set, or the machine may sleep.
pub(crate) const LOOK_EVERY: Duration = Duration::from_mins(5);

/// The wait after the diary has failed.
pub(crate) const DIARY_RETRY: Duration = Duration::from_secs(30);

/// For how long the diary keeps what is done, in milliseconds: 90 days.
pub const DIARY_KEPT_MS: u64 = 90 * 24 * 3_600_000;

/// Bots that one command speaks to at the same time. They mostly let us wait.
pub(crate) const BOTS_AT_ONCE: usize = 8;

/// One call that posts, the wait for a rate limit included.
pub(crate) const POST_TIMEOUT: Duration = Duration::from_secs(15);

/// For how long a post whose answer was lost may be sent again: Discord drops a second message with the
/// same nonce for "the past few minutes" (resources/message#create-message); two are safely inside.
pub(crate) const NONCE_WINDOW: Duration = Duration::from_mins(2);

/// The first wait after a failed call; it doubles each time.
pub(crate) const BACK_OFF_MIN: Duration = Duration::from_secs(1);

/// How often an alarm is told to whoever keeps them, when that fails: half a minute in all.
pub(crate) const ALARM_TRIES_MAX: u32 = 6;

/// The longest wait after a failed call.
pub(crate) const BACK_OFF_MAX: Duration = Duration::from_secs(30);

/// The first wait before the channel is read for an answer. Most bots take a second or two.
pub(crate) const POLL_MIN: Duration = Duration::from_secs(2);

/// The longest of these waits, each half as long again: two minutes are a dozen reads.
pub(crate) const POLL_MAX: Duration = Duration::from_secs(15);

/// Pages of a hundred messages that one look reads: an answer that comes after so many is not looked for.
pub(crate) const PAGES_MAX: usize = 5;

/// Time to ask for a temporary channel, and for it to be used beyond the time for the answer.
pub(crate) const CHANNEL_SPARE: Duration = Duration::from_mins(3);

/// Pages that are looked through for a message of ours. Where more was written since, nobody can tell
/// whether ours is there, and no second one is posted.
pub(crate) const SEARCH_PAGES_MAX: usize = 50;

/// For how long a bot is tried again while Discord is out of reach, when there is time until it is due
/// again: outages of hours happen.
pub(crate) const PATIENCE_MAX: Duration = Duration::from_hours(6);

/// How often everything is tried again while Discord is out of reach; the first time sooner.
pub(crate) const OUTAGE_RETRY_MAX: Duration = Duration::from_mins(5);

/// Messages of at most so many bytes may turn out to be about a limit while they grow: what bots say of
/// limits is short.
pub(crate) const SHORT_BYTES_MAX: usize = 500;

/// Discord's own limit, in Unicode scalars (resources/message#create-message).
pub const TEXT_CHARACTERS_MAX: usize = 2_000;
