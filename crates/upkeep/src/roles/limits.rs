//! Every bound of removing roles, and why it is what it is.

use std::time::Duration;

/// Roles of a guild, `@everyone` included (30005: topics/opcodes-and-status-codes).
pub const ROLES_MAX: usize = 250;

/// Creations of roles in one guild that are reported to be too many within [`CREATIONS_WINDOW`]
/// (discord-api-docs #1480). Discord publishes nothing.
pub const CREATIONS_REPORTED_MAX: u64 = 250;

/// The window of that report: 48 hours.
pub const CREATIONS_WINDOW: Duration = Duration::from_hours(48);

/// How long a process that says nothing more is believed to be at work. Longer than any single step,
/// which begins with renewing it.
pub const LEASE: Duration = Duration::from_mins(1);

/// Left of the lease before anything is asked of Discord. More than [`CALL_TIMEOUT`], so that whoever takes
/// over does not meet a deletion of ours.
pub(super) const LEASE_LEFT: Duration = Duration::from_secs(50);

/// How long one call may take in all, the waits for limits included.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(40);

/// How long a removal waits for another one to end. After a whole lease it is known that the other one
/// lives.
pub(super) const LEASE_WAIT: Duration = Duration::from_secs(65);

/// How often that is looked at.
pub(super) const LEASE_RECHECK: Duration = Duration::from_secs(1);

/// How often roles, holders and our own standing are read again while roles are removed: what changes
/// meanwhile is refused by us or by Discord, and four requests a minute cost nothing. Who holds a role that
/// has to be without members is asked right before each deletion: nobody else would refuse that.
pub(super) const LOOK_EVERY: Duration = Duration::from_mins(1);

/// How long a deletion without an answer is looked for in the list of roles before it is asked for
/// again, at least: many times what one takes that only strikes the role off the list.
pub(super) const ASK_AGAIN_AFTER: Duration = Duration::from_mins(2);

/// And for how many of a large guild's members per second: Discord once scanned all of them within the
/// request, 35,000 in 4 to 5 seconds (discord-api-docs #1815). A seventh of that pace is a guess on the
/// safe side.
pub(super) const SCANNED_PER_SECOND: u64 = 1_000;

/// And this much more: a deletion may begin only after the one before it.
pub(super) const SCAN_SLACK: Duration = Duration::from_secs(30);

/// But no longer than this: an hour for 3.6 million members.
pub(super) const ASK_AGAIN_AFTER_MAX: Duration = Duration::from_hours(1);

/// The first pause between two looks; it doubles up to [`SETTLE_PAUSE_MAX`].
pub(super) const SETTLE_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two looks.
pub(super) const SETTLE_PAUSE_MAX: Duration = Duration::from_secs(15);

/// Deletions of one role that are asked for in one run. After three that led to nothing something is
/// wrong that another one does not put right.
pub(super) const ASKS_MAX: u32 = 3;

/// Roles in a row whose deletion led to nothing, after which Discord is taken for out of order.
pub(super) const UNSETTLED_MAX: u32 = 2;

/// Tries of a call that Discord did not act upon. With doubling pauses they take a minute.
pub(super) const TRIES_MAX: u32 = 7;

/// The pause before the second one.
pub(super) const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two tries, and the longest wait that Discord may ask for. Who is told to wait
/// for longer stops, so that somebody at a terminal knows.
pub(super) const WAIT_MAX: Duration = Duration::from_mins(2);

/// How long a role that is on record as gone is not planned again, in milliseconds: a list may lag behind
/// (Discord: reference#consistency).
pub(super) const GONE_FOR_SURE_MS: u64 = 24 * 3_600_000;

/// The first pause before members are looked at again that still hold a role; it doubles up to
/// [`CLEAN_PAUSE_MAX`].
pub(super) const CLEAN_PAUSE: Duration = Duration::from_secs(2);

/// The longest one.
pub(super) const CLEAN_PAUSE_MAX: Duration = Duration::from_secs(30);

/// Pages of members that are read for one verification, a thousand members each: the largest guild has
/// some 20 million.
pub(super) const PAGES_MAX: u32 = 30_000;

/// What the names begin with that a sample of the members is searched for. User names are made of these,
/// of `_` and of `.`, with which few begin. At ten searches in ten seconds, which is what is seen of
/// Discord's limit, they take half a minute; with a second letter each they would take twenty.
pub(super) const SAMPLE_QUERIES: [&str; 36] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t", "u", "v", "w", "x", "y", "z", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9",
];

/// How long a pattern may be, in characters: longer than any role's name (100).
pub(super) const PATTERN_CHARS_MAX: usize = 200;
