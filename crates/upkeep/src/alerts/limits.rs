//! Every bound of alerts, each with the reason for its number.

use std::time::Duration;

/// What is told to one target of one alarm within [`DAMPED_WITHIN_MS`]: three beginnings and three ends.
/// What flaps more often than that is counted, and told when it has calmed down.
pub const TELLINGS_MAX: u32 = 6;

/// The span over which that is counted, in milliseconds: an hour.
pub const DAMPED_WITHIN_MS: u64 = 3_600_000;

/// How long an alarm stands before it is told again, unless a target says otherwise: people work by days.
pub const REMIND_AFTER: Duration = Duration::from_hours(24);

/// The least that a target may say: more often, reminders alone would be damped.
pub const REMIND_AFTER_MIN: Duration = Duration::from_mins(15);

/// Characters of a text or of a fix; more is cut. Both and what is around them fit into one message of
/// Discord's 2,000 characters (resources/message#create-message).
pub const TEXT_CHARACTERS_MAX: usize = 800;

/// Characters of a subject; more is cut.
pub const SUBJECT_CHARACTERS_MAX: usize = 100;

/// Alarms that stand or are remembered at once: some for each bot, and a dozen for the rest. Whoever raises
/// more has a subject that is a different one each time.
pub const ALARMS_MAX: u64 = 500;

/// Deliveries that wait for one target at once. Damping leaves a few a day; so many only pile up when all
/// alarms begin and end while the target is away.
pub const WAITING_MAX: u64 = 500;

/// How long it is tried to deliver something, in milliseconds: a day. What is still wrong then is told by a
/// reminder.
pub const DELIVERY_AGE_MAX_MS: u64 = 24 * 3_600_000;

/// How often it is tried: as often as the pauses below leave time for in that day. A bound of its own,
/// because a clock can be wrong.
pub const ATTEMPTS_MAX: u32 = 120;

/// The pause after the first failure; it doubles each time. Within the first minute Discord still knows a
/// message by its nonce (resources/message#create-message: "the past few minutes").
pub const PAUSE_MIN: Duration = Duration::from_secs(5);

/// The longest pause: a target that is back should not be silent for long.
pub const PAUSE_MAX: Duration = Duration::from_mins(15);

/// The longest pause that a target may ask for.
pub const WAIT_MAX: Duration = Duration::from_hours(1);

/// The longest that anything is put off, in milliseconds: both together. What is put off further was so by a
/// clock that was wrong.
pub const PUT_OFF_MAX_MS: u64 = 75 * 60_000;

/// What one attempt may take in all: an answer takes milliseconds, and a permit of Discord's seconds.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// For how long an attempt is the business of whoever has claimed it, in milliseconds: three attempts.
/// Whoever has not said by then what came of it is taken for dead.
pub const CLAIM_HOLDS_MS: u64 = 60_000;

/// How often it is looked for what is due, unless somebody says that there is something: what another
/// process has written, pauses that are over, reminders.
pub const LOOK_EVERY: Duration = Duration::from_secs(15);

/// How often it is looked while the outbox fails.
pub const LOOK_FAILING: Duration = Duration::from_mins(1);

/// How long what came of a delivery is kept, in milliseconds: two weeks, for people who look.
pub const DELIVERIES_KEPT_MS: u64 = 14 * 24 * 3_600_000;

/// How long an alarm is remembered after it has ended, in milliseconds, and one that stands after it was
/// raised last: whoever would clear it (a process that is gone) does so no more.
pub const ALARMS_KEPT_MS: u64 = 31 * 24 * 3_600_000;

/// Deliveries that an overview shows: the newest.
pub const SHOWN_MAX: u64 = 200;
