//! Every bound of this crate, and why it has this value.

use std::time::Duration;

/// One call in all, where the caller named no bound: waiting for a permit, all tries, the body.
/// Long enough for a full window of a slow bucket, short enough that a reaper's pass moves on.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// One try of a call that may be repeated. Discord's own load balancer gives up after about this
/// long (discord-api-docs #2891), so an answer that takes longer will not come.
pub(crate) const TRY_TIMEOUT: Duration = Duration::from_secs(10);

/// Setting up TCP. A SYN that is lost twice on a good path still fits.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// An idle connection is dropped after this, well before Discord's edge drops it: a request that
/// races with the peer's FIN would have an unknown outcome.
pub(crate) const POOL_IDLE: Duration = Duration::from_mins(1);

/// Idle connections kept. HTTP/1 needs one per request in flight; HTTP/2 needs one in all.
pub(crate) const POOL_IDLE_MAX: usize = 64;

/// Tries of one call that ended without an answer, the first included. Three tell a blip from an
/// outage; after that the caller's own back-off is better informed.
pub(crate) const TRIES_MAX: u32 = 3;

/// Replies 429 to one call before the caller is told. Each was waited out, so more than this means
/// that the limit lies to us or that somebody else spends the same budget.
pub(crate) const LIMITED_MAX: u32 = 8;

/// The first wait before a repetition; each further one doubles, plus up to as much jitter.
pub(crate) const RETRY_WAIT: Duration = Duration::from_millis(250);

/// An HTTP/2 connection with requests in flight is asked this often whether it lives.
pub(crate) const PING_INTERVAL: Duration = Duration::from_secs(10);

/// And given up when it does not say so in this time: together less than two tries.
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// A reply body of the API. 100 messages with full embeds stay below 3 MiB.
pub(crate) const BODY_MAX: usize = 8 << 20;

/// An attachment. Discord's default upload limit is 10 MiB (reference#uploading-files); boosted
/// guilds allow more, but a reply that large is not a chat answer.
pub(crate) const ATTACHMENT_MAX: usize = 25 << 20;

/// Characters kept of Discord's `message` in an error: its fixed texts are far shorter.
pub(crate) const ERROR_TEXT_MAX: usize = 200;

/// Nesting that is followed in a form error's `errors` tree; ours are two deep.
pub(crate) const ERROR_DEPTH_MAX: usize = 6;

/// The span over which Discord counts the global limit (topics/rate-limits#global-rate-limit),
/// with slack for answers that travel faster than the ones before them.
pub(crate) const GLOBAL_WINDOW: Duration = Duration::from_millis(1010);

/// Added to every told wait: headers are rounded to milliseconds, clocks tick.
pub(crate) const WAIT_MARGIN: Duration = Duration::from_millis(5);

/// The least wait after a 429 that names a shorter one, or zero: never a hot loop.
pub(crate) const LIMITED_WAIT_MIN: Duration = Duration::from_millis(50);

/// The longest wait that is believed. A day covers the longest limit ever reported (48 h for roles,
/// which this crate never creates, excepted); more is a broken header.
pub(crate) const LIMITED_WAIT_MAX: Duration = Duration::from_hours(24);

/// The wait after a 429 that names none, as Cloudflare's HTML does: the whole window in which
/// Discord counts invalid requests, so that the ban can lapse.
pub(crate) const BLOCKED_WAIT: Duration = Duration::from_mins(10);

/// Two `X-RateLimit-Reset` values that differ by less mean the same window.
pub(crate) const SAME_WINDOW_MS: u64 = 50;

/// Upkeep leaves half of a bucket to others from this limit on. Of two, leaving one would mean that
/// a busy bucket never has room for it.
pub(crate) const UPKEEP_LEAVES_FROM: u32 = 3;

/// The head of a line looks again at least this often, should a wake-up be lost when a route's
/// bucket is discovered or renamed while it waits.
pub(crate) const LINE_RECHECK: Duration = Duration::from_secs(1);

/// Buckets are swept when they have doubled since the last sweep, but not below this number.
pub(crate) const BUCKETS_SWEPT_AT: usize = 256;

/// The span over which Discord counts invalid requests (topics/rate-limits#invalid-request-limit).
pub(crate) const INVALID_WINDOW: Duration = Duration::from_mins(10);

/// Slots of that span: the breaker opens at most one slot (10 s) late.
pub(crate) const INVALID_SLOTS: usize = 60;

/// 401, 403 and 429 replies in the window at which everything stops. Discord bans the address at
/// 10,000; other programs on it need their share.
pub(crate) const INVALID_MAX: u32 = 2_000;

/// A 401 that is repeated this much later is no hiccup: Discord has answered 401 to good tokens for
/// a second or two. Until then nothing is sent.
pub(crate) const TOKEN_DOUBT: Duration = Duration::from_secs(2);

/// While the token is refused `/users/@me` is asked at most this often, by the next call that comes
/// along.
pub(crate) const TOKEN_PROBE_WAIT: Duration = Duration::from_secs(30);

/// `limit` of a page of messages or audit-log entries, Discord's maximum.
pub(crate) const PAGE: u16 = 100;

/// Posts into a channel that Discord does not know. A new one appears within moments; one that was
/// deleted never does.
pub(crate) const NEW_CHANNEL_TRIES: u32 = 3;

/// Between two of them.
pub(crate) const NEW_CHANNEL_WAIT: Duration = Duration::from_millis(400);

/// Archived threads of a full page (Discord: resources/channel#list-public-archived-threads, `limit`).
pub(crate) const ARCHIVE_PAGE: u64 = 100;

/// Pages of archived threads that are read of a channel at once, the youngest first:
/// more are hardly archived while a proxy is away or a channel is hidden. That there are is told.
pub(crate) const ARCHIVE_PAGES_MAX: u32 = 50;

/// The part by which our clock may be faster than Discord's: a tenth, as a machine that was suspended
/// or badly disciplined may be.
pub(crate) const CLOCK_FAST_PART: u32 = 10;

/// `limit` of a page of members, Discord's maximum (resources/guild#list-guild-members and
/// #search-guild-members).
pub(crate) const MEMBERS_PAGE: u16 = 1_000;

/// Pages of the audit log that are read for the creations of roles: 1,100, more than are reported to be
/// possible in two days.
pub(crate) const CREATION_PAGES_MAX: u32 = 11;
