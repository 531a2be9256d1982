//! Every bound of this crate, each with the reason for its number.

use std::time::Duration;

/// Marks one opening may use up. Each lost answer may become a late channel, so an opening that
/// insists on more would turn Discord's trouble into ours.
pub const ATTEMPTS_MAX: u32 = 2;

/// Instructions of operators that wait for the driver: people and their scripts, now and then.
pub const INSTRUCTIONS_MAX: usize = 16;

/// Channels that one plan adopts at most: as many as a guild can hold.
pub const ADOPTED_MAX: usize = 500;

/// Openings that wait for the driver. As many as a front admits at once: more could not be served
/// before their deadlines anyway.
pub const COMMANDS_MAX: usize = 256;

/// Openings at work in the driver. Twice the creations in flight and then some: an opening whose
/// answer was lost waits here for the audit log without holding a creation's place, and one that
/// finds no room waits for it.
pub const OPENINGS_MAX: usize = 512;

/// Creations in flight. At 80 ms each that is 800 channels a second, far above what Discord lets
/// through; behind a closed rate limit it keeps the sender's queue short.
pub const CREATES_MAX: usize = 64;

/// The last moment before its deadline at which an opening may begin: a channel takes about as long.
/// It is also what is left to say why there is none.
pub const CREATE_LEAST: Duration = Duration::from_millis(250);

/// A wait before the next creation, as Discord asks for it, from which on nobody asks: shorter ones
/// are the sender's ordinary windows. After 500 channels in a day it is hours.
pub const LONG_WAIT: Duration = Duration::from_secs(10);

/// The longest wait that Discord is believed to ask for. Daily limits are the longest that were seen; more is a
/// mistake, and one request a day finds out.
pub const CLOSED_MAX: Duration = Duration::from_hours(24);

/// The longest wait that is taken literally, of a lifetime or before a deletion: no process lives
/// longer, and clocks cannot count without end.
pub const WAIT_MAX: Duration = Duration::from_hours(365 * 24);

/// How long Discord is believed that there is no room, if nothing is seen to go meanwhile: people
/// delete channels too, and events get lost.
pub const FULL_PAUSE: Duration = Duration::from_mins(1);

/// How long after a refusal for want of room, or after a long wait, creations go one at a time: that
/// costs one request when nothing has changed, instead of [`CREATES_MAX`].
pub const CAREFUL_FOR: Duration = Duration::from_mins(5);

/// How long a place is left alone in which Discord refuses creations for a reason that does not pass
/// by itself: what an operator repaired should not wait for longer, and one refusal a minute is far
/// from the 10,000 in ten minutes that get an address banned.
pub const REFUSED_PAUSE: Duration = Duration::from_mins(1);

/// When to come back, told to those who found no room and for whom no deletion is due.
pub const FULL_RETRY: Duration = Duration::from_secs(30);

/// The shortest and the longest wait that is told to those who found no room: what is due may be
/// late, and users release channels before they must.
pub const FULL_RETRY_SPAN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(2));

/// From so many in a hundred of the guild's channels on, deletions go before everything else.
pub const NEARLY_FULL_PERCENT: usize = 90;

/// Deletions and looks in flight. Each conversation costs two calls at its end, so this keeps pace
/// with [`CREATES_MAX`] creations.
pub const REAPS_MAX: usize = 64;

/// One creation, waiting for a rate limit included. Beyond this the client has been waiting for
/// most of its patience, and the reconciler takes over what may still happen.
pub const CREATE_TIMEOUT: Duration = Duration::from_secs(45);

/// One deletion, look or page of the audit log: twice what the slowest honest answer takes, and
/// longer than the sender's own bound, so that it is the sender who says what the call came to.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(40);

/// What a creation gets over its own bound before it is taken for lost: the sender's verdict
/// ("never left") is worth more than ours ("no idea").
pub const CREATE_GRACE: Duration = Duration::from_secs(2);

/// The shortest pause before a second attempt when Discord did not say how long to wait, and how
/// much longer the dice may make it: enough for a blip to pass, short enough for a person.
pub const RETRY_PAUSE: (Duration, Duration) =
    (Duration::from_millis(250), Duration::from_millis(750));

/// How long an opening that has used up its attempts waits for the audit log to name one of them:
/// the first two looks of [`RECONCILE_AT`] and their answers.
pub const ADOPTION_WAIT: Duration = Duration::from_secs(4);

/// When the audit log is asked for an attempt whose answer was lost, counted from the loss. Most
/// late creations show within seconds; minutes were seen (yagpdb #111). After the last look the
/// row is no longer urgent: the scans of each [`SCAN_ROUND`] go on matching it.
pub const RECONCILE_AT: [Duration; 9] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(2),
    Duration::from_mins(5),
    Duration::from_mins(15),
];

/// Pause between two scans that nothing urgent asks for. They find what nobody knows to be
/// missing: creations that come to pass after their row was abandoned or thought not to have
/// happened, second channels of one creation, channels of a lost or restored registry.
pub const SCAN_ROUND: Duration = Duration::from_mins(5);

/// Pause after Discord has refused to show the audit log: a hundred refusals a day, far from the
/// 10,000 in ten minutes that get an address banned.
pub const SCAN_REFUSED_PAUSE: Duration = Duration::from_mins(15);

/// Pause between two scans of a log that is longer than one scan reads.
pub const SCAN_PARTIAL_PAUSE: Duration = Duration::from_secs(1);

/// Pages of one scan; the next one goes on from there. 2,000 entries are some seconds of requests.
pub const SCAN_PAGES_MAX: usize = 20;

/// The newest part of the audit log that is read again by the next scan, because entries may
/// become visible out of order (reference#consistency).
pub const SCAN_OVERLAP: Duration = Duration::from_secs(15);

/// How old a channel has to be for a look and a list to tell together that it is gone: replicas were
/// not seen to lag this long, and what they say wrong all the same, they do not both say.
pub const LOOK_TRUSTED_AGE: Duration = Duration::from_mins(2);

/// How far the clocks behind two of Discord's ids may disagree.
pub const ID_CLOCK_SPREAD: Duration = Duration::from_secs(5);

/// Our clock may run faster than Discord's by less than one part in so many: a quartz that is off by
/// far less, being set right by chrony, which slews by up to one part in twelve.
pub const CLOCK_FAST_PART: u32 = 10;

/// How often the wall clock is held against tokio's.
pub const CLOCK_LOOK_EVERY: Duration = Duration::from_secs(10);

/// How far the wall clock may move away from tokio's between two looks before it has jumped: far more
/// than slewing does (a second in ten), far less than a wrong hour.
pub const CLOCK_JUMP: Duration = Duration::from_secs(5);

/// How long a jump is told. A clock that was set once and then goes on is believed, and a deletion
/// that was due at the time of the jump has had its time.
pub const CLOCK_JUMP_TOLD: Duration = Duration::from_mins(10);

/// How long the guild's special channels may be believed before they are read again, and how long a
/// deletion that was checked against them may wait for its turn. Within it a channel of ours may
/// become special and still be deleted; Discord itself refuses for rules and
/// updates channels (code 50074).
pub const SPECIAL_AGE_MAX: Duration = Duration::from_secs(10);

/// Between an accepted deletion and the look that proves it.
pub const LOOK_AFTER_ACCEPTED: Duration = Duration::from_secs(1);

/// Between two proofs of absence: a single 10003 may be a replica that lags behind.
pub const LOOK_APART: Duration = Duration::from_secs(2);

/// Proofs of absence that make a channel gone; an accepted deletion counts as one.
pub const ABSENCES_NEEDED: u8 = 2;

/// Between two proofs of absence of a channel whose deletion was never accepted: longer than any
/// replica of Discord's was seen to lag behind.
pub const LOOK_APART_UNACCEPTED: Duration = Duration::from_mins(1);

/// The list that is asked before a channel whose deletion was never accepted counts as gone. Those
/// who wait for it hold up other deletions meanwhile.
pub const ROLL_TIMEOUT: Duration = Duration::from_secs(10);

/// Rounds in which Discord says that there is no such channel, and its list shows it all the same or
/// is refused, until that is decided: lists were seen to go on showing what is gone
/// (discord-api-docs #1304), and the list of a guild that is gone is refused for ever. A channel counts
/// as gone then, and a sweep that still sees it looks again ([`GHOST_RECHECK`]). No sweep lists threads:
/// a thread is parked.
pub const DOUBTS_MAX: u8 = 3;

/// Looks that may still see the channel after an accepted deletion before it is deleted again.
pub const LOOKS_STILL_HERE_MAX: u8 = 3;

/// The first back-off of a failed deletion; it doubles each time up to [`BACK_OFF_CAPS`].
pub const BACK_OFF_BASE: Duration = Duration::from_secs(1);

/// No back-off is shorter, however the dice fall: otherwise two failures could follow at once.
pub const BACK_OFF_FLOOR: Duration = Duration::from_millis(100);

/// The longest back-off by the age of the debt: an outage of minutes is met within a minute, one
/// of hours costs four calls an hour, and then four a day for ever.
pub const BACK_OFF_CAPS: [(Duration, Duration); 3] = [
    (Duration::from_mins(15), Duration::from_mins(1)),
    (Duration::from_hours(6), Duration::from_mins(15)),
    (Duration::MAX, Duration::from_hours(6)),
];

/// How long a deletion may be overdue before it is worth a warning: most outages are over by then,
/// and a debt that an operator should know of is named within five minutes of its beginning.
pub const OVERDUE_AFTER: Duration = Duration::from_mins(4);

/// When a parked channel is tried again: the first waits, then the last one for ever. Four times a
/// day rather than once: what an operator repaired should not wait until tomorrow.
pub const PARKED_WAITS: [Duration; 3] = [
    Duration::from_mins(5),
    Duration::from_hours(1),
    Duration::from_hours(6),
];

/// Rows read from the registry at once when a life begins.
pub const RECOVER_PAGE: usize = 512;

/// Rows of a former life written at the same time: they share the registry's commits.
pub const RECOVER_AT_ONCE: usize = 64;

/// Characters of the prefix and of the label that go into a channel's name; with the attempt's
/// first characters it stays below Discord's 100 (resources/guild#create-guild-channel).
pub const NAME_PART_MAX: usize = 40;

/// Labels that are remembered because Discord refused a name with them: more than there are bots. What
/// does not fit is refused each time.
pub const REFUSED_LABELS_MAX: usize = 256;

/// What the gateway told that waits for the driver. A burst of a whole guild's channels fits; what
/// does not fit is made up for by a sweep.
pub const OBSERVED_MAX: usize = 1_024;

/// The wait told to those who ask for a channel while openings are held: what holds them, such as a
/// full disk, takes a person.
pub const HELD_RETRY: Duration = Duration::from_secs(30);

/// From a hint that something is to be read to the reading: hints come in bursts.
pub const SOON: Duration = Duration::from_millis(500);

/// Pause between two sweeps of the guild's channels that nothing asks for, and while creations are
/// without an answer.
pub const SWEEP_ROUND: Duration = Duration::from_mins(15);

/// As [`SWEEP_ROUND`], while creations are without an answer.
pub const SWEEP_ROUND_URGENT: Duration = Duration::from_mins(1);

/// How old a channel with our mark has to be before a sweep wonders about it: its creation's answer
/// and its audit-log entry may still be on their way.
pub const SWEEP_GRACE: Duration = Duration::from_mins(1);

/// How long a channel that the list shows and that is not there is left alone: such ghosts were seen
/// to stay for months (discord-api-docs #1304), and one look in an hour costs nothing.
pub const GHOST_RECHECK: Duration = Duration::from_hours(1);

/// Looks that one sweep makes at ghosts and at what left the list while in quarantine: each may take
/// [`CALL_TIMEOUT`], and hot looks wait meanwhile. The next sweep goes on.
pub const SWEEP_LOOKS_MAX: usize = 8;

/// How long a creation without an answer counts against the guild's room, as long as the audit log
/// shows nothing of it: late creations show within seconds, and the few that take longer must not
/// close the guild for a quarter of an hour.
pub const LOST_COUNTS_FOR: Duration = Duration::from_mins(1);

/// Ghosts, copies and kept channels that are remembered, each kind: as many as a guild holds channels.
pub const GHOSTS_MAX: usize = 512;

/// Channels that are remembered as gone, to notice when one is not: as many as a busy guild goes
/// through in some rounds of the sweep.
pub const BURIED_MAX: usize = 4_096;

/// Channels of which the gateway said that they are gone before the reaper came to them: as many as
/// a guild holds.
pub const HEARD_GONE_MAX: usize = 512;

/// Over how much time the tries are spread that a change in the guild makes worth while.
pub const REARM_SPREAD: Duration = Duration::from_secs(5);

/// How long a channel that was hidden from us has to be absent to count as gone: what Discord
/// answers for hidden channels is documented for lists only.
pub const HIDDEN_ABSENCE_AFTER: Duration = Duration::from_hours(1);

/// Deletions in a day beyond what there were creations and open rows for: operators and tests do odd
/// things, a runaway does hundreds.
pub const BRAKE_SLACK: u64 = 50;

/// Hours that the runaway brake looks back over.
pub const BRAKE_HOURS: u64 = 24;

/// How long a deletion waits for the runaway brake before it asks again.
pub const BRAKE_PAUSE: Duration = Duration::from_mins(1);

/// Parked channels that are tried when a life begins, and when the guild or our permissions may have
/// changed; if one of them goes, all others are tried too. None of those that the settings rule out,
/// whose refusal would say nothing. A hundred refusals at each change would
/// spend the budget of invalid requests that everything else needs.
pub const REARM_PROBES: usize = 3;

/// How soon at most something that failed is tried again because the guild or our permissions may
/// have changed: a guild in which people edit channels all day must not make us collect refusals.
pub const REFUSED_AGAIN_AFTER: Duration = Duration::from_secs(30);
