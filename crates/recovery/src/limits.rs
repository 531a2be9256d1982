//! Every bound of this crate, and why it is what it is.

use std::time::Duration;

/// Messages of a full page (Discord: resources/message#get-channel-messages, `limit`). A page with
/// fewer is the last one.
pub const PAGE_MESSAGES: usize = 100;

/// Pages that one [`catch_up`](crate::catch_up) reads. What one conversation waits for fits into
/// the first; 1000 messages later the channel is not about it any more.
pub(crate) const CATCH_UP_PAGES_MAX: u32 = 10;

/// Messages that one [`Merge`](crate::Merge) holds, deleted ones included. When there are more, the
/// oldest are forgotten, for good. As many as one catch-up can bring.
pub(crate) const VIEW_MESSAGES_MAX: usize = 1_000;

/// The part by which our clock may be faster than Discord's: a tenth, as a machine that was suspended
/// or badly disciplined may be. Too much only means that a little more is read again.
pub(crate) const CLOCK_FAST_PART: u32 = 10;

/// How long after the time in its id a message may become readable and be dispatched: ids are made
/// before messages are stored, by clocks that are not one.
pub(crate) const SETTLE: Duration = Duration::from_secs(15);

/// How far ahead of the time that Discord's answers tell an id may be: what is further ahead tells no time, because
/// one such id would prove for ever what nobody knows. Ids are [`SETTLE`] ahead at most; the rest is for answers whose
/// `Date` is of another machine, such as a proxy's, and for one of ours that stood still for as long as its
/// connection lasts. Who is refused here wrongly is read over REST.
pub(crate) const AHEAD_MAX: Duration = Duration::from_mins(10);

/// What the driver takes in at once, and writes in one commit.
pub(crate) const BATCH_EVENTS_MAX: usize = 64;

/// What waits for the driver. Whoever feeds it waits then, and has a queue of its own.
pub(crate) const OBSERVED_MAX: usize = 256;

/// Channels that are read at the same time: so many that the limit for all requests together, 50 a
/// second, is reached although each channel has one of its own, while an answer takes up to 640 ms.
/// With 16 it was missed by a fifth at 400 ms. A page of ordinary messages is some 150 KiB, the largest
/// one 3 MiB.
pub(crate) const READ_AT_ONCE: usize = 32;

/// Channels that are read before others because somebody waits for them. Each is read a page at a time,
/// so that half of the places are left to the others, however long it takes.
pub(crate) const PREFERRED_MAX: usize = READ_AT_ONCE / 2;

/// How long one page may take in all, the waits for limits included.
pub(crate) const PAGE_TIMEOUT: Duration = Duration::from_mins(1);

/// How long what is new waits for what is older of its channel and still being read, so that it is told
/// after that. In this time some ten thousand messages of a channel are read, or the first page of some
/// thousand channels; whoever waits for what is said now has to have it some time, too.
pub(crate) const WAITING_FOR_MAX: Duration = Duration::from_mins(2);

/// What waits for that at most, in all channels: as much as a busy bot is told in a minute.
pub(crate) const WAITING_MAX: usize = 4_096;

/// How large that may be in all: messages have a kilobyte or two, but with all embeds thirty.
pub(crate) const WAITING_BYTES_MAX: usize = 8 * 1_024 * 1_024;

/// Messages that the record is asked for at once.
pub(crate) const HOLDS_MAX: usize = 500;

/// How long the lists of a guild's channels may take, and the list of a channel's archived threads.
pub(crate) const LISTS_TIMEOUT: Duration = Duration::from_mins(2);

/// How many looks of one gap may fail at a list of archived threads before those that fail once more are
/// done without: some minutes. Until a look succeeds nothing is known to be missing, so one list that
/// cannot be had must not hold up all else.
pub(crate) const LOOKS_FOR_ARCHIVES: u32 = 8;

/// How long the lists of archived threads of one gap may take in all its looks. Those of five thousand
/// channels take seven minutes at 25 a second.
pub(crate) const ARCHIVES_TIMEOUT: Duration = Duration::from_mins(10);

/// The pause before a read that failed is tried again; it doubles up to [`RETRY_MAX`].
pub(crate) const RETRY_FIRST: Duration = Duration::from_secs(1);

/// The longest pause before a read that failed is tried again.
pub(crate) const RETRY_MAX: Duration = Duration::from_mins(2);

/// How long Discord has to say that there is no such channel before it is believed: a replica, or a
/// guild in an outage, may not know one that is there.
pub(crate) const GONE_AFTER: Duration = Duration::from_mins(10);

/// When a channel that Discord refuses to show is asked for again, if no permission has changed.
pub(crate) const REFUSED_RETRY: Duration = Duration::from_hours(1);

/// The pause between two times at which all that Discord refuses to show is asked for because roles or members
/// change: each costs a refusal, and ten thousand refusals in ten minutes cost the token its peace (Discord:
/// topics/rate-limits#invalid-request-limit).
pub(crate) const REFUSED_PAUSE: Duration = Duration::from_mins(1);

/// The pause between two looks at the lists for something that an event hinted at: roles and members may
/// change many times a second. Lists after a gap do not wait.
pub(crate) const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// How long a channel that is not watched is remembered when nothing verifies: should something happen in it
/// then, the lists are read once more.
pub(crate) const STRANGERS_KEPT: Duration = Duration::from_hours(24);

/// How long a forum is remembered that no list names: hidden for a season, or deleted while nobody looked. What was
/// said in its posts counts as missing then.
pub(crate) const UNSEEN_KEPT: Duration = Duration::from_hours(30 * 24);

/// How often channels with traffic are read again, to see whether an event was never sent. One request
/// verifies a hundred messages.
pub(crate) const SCRUB_EVERY: Duration = Duration::from_mins(5);

/// How old a message is that a list names and nobody told of before it counts as one that nobody will:
/// four times [`SETTLE`].
pub(crate) const OVERDUE_AFTER: Duration = Duration::from_mins(1);

/// How long a guild may be quiet before its lists are compared with what was heard: two requests, as often as
/// what is verified is listed anyway.
pub(crate) const PROOF_EVERY: Duration = Duration::from_mins(5);

/// How many of a channel's youngest messages are compared with Discord's when it is read again, for
/// edits and deletions that nobody told of.
pub(crate) const RESCAN_MESSAGES: usize = 200;

/// How far back that reaches: what is older is looked at by hardly anybody.
pub(crate) const RESCAN_AGE: Duration = Duration::from_hours(24);

/// How often a consumer may fail to deal with an entry before it gets the next one: a fault that
/// passes has passed by then, and one entry must not hold up all others for ever.
pub const ATTEMPTS_MAX: u32 = 5;

/// What is kept of the reason why a consumer could not deal with an entry, in characters: more than
/// people read.
pub const REASON_CHARS_MAX: usize = 500;

/// The longest name of a consumer.
pub const CONSUMER_NAME_MAX: usize = 64;

/// Entries that a [`Tail`](crate::Tail) reads ahead.
pub(crate) const TAIL_PAGE: usize = 100;
