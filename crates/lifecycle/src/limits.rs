//! Every bound of this crate, each with the reason for its number.

use std::time::Duration;

/// Marks one opening may use up. Each lost answer may become a late channel, so an opening that
/// insists on more would turn Discord's trouble into ours.
pub const ATTEMPTS_MAX: u32 = 2;

/// Openings that wait for the driver. As many as a front admits at once: more could not be served
/// before their deadlines anyway.
pub const COMMANDS_MAX: usize = 256;

/// Openings at work in the driver. Twice the creations in flight and then some: an opening whose
/// answer was lost waits here for the audit log without holding a creation's place.
pub const OPENINGS_MAX: usize = 512;

/// Creations in flight. At 80 ms each that is 800 channels a second, far above what Discord lets
/// through; behind a closed rate limit it keeps the sender's queue short.
pub const CREATES_MAX: usize = 64;

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

/// Entries on one full page of the audit log (resources/audit-log#get-guild-audit-log).
pub const SCAN_PAGE: usize = 100;

/// Pages of one scan; the next one goes on from there. 2,000 entries are some seconds of requests.
pub const SCAN_PAGES_MAX: usize = 20;

/// The newest part of the audit log that is read again by the next scan, because entries may
/// become visible out of order (reference#consistency).
pub const SCAN_OVERLAP: Duration = Duration::from_secs(15);

/// How old a channel has to be for one look to tell that it is gone: no replica lags this long.
pub const LOOK_TRUSTED_AGE: Duration = Duration::from_mins(2);

/// How far the clocks behind two of Discord's ids may disagree.
pub const ID_CLOCK_SPREAD: Duration = Duration::from_secs(5);

/// How long the guild's special channels may be believed before they are read again. Within it a
/// channel of ours may become special and still be deleted; Discord itself refuses for rules and
/// updates channels (code 50074).
pub const SPECIAL_AGE_MAX: Duration = Duration::from_secs(10);

/// Between an accepted deletion and the look that proves it.
pub const LOOK_AFTER_ACCEPTED: Duration = Duration::from_secs(1);

/// Between two proofs of absence: a single 10003 may be a replica that lags behind.
pub const LOOK_APART: Duration = Duration::from_secs(2);

/// Proofs of absence that make a channel gone; an accepted deletion counts as one.
pub const ABSENCES_NEEDED: u8 = 2;

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
