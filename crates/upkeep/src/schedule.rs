//! When something is due: a cron expression, a time zone, and jitter.

use std::{fmt, time::Duration};

use croner::{
    Cron,
    errors::CronError,
    parser::{CronParser, Seconds, Year},
};
use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use sha2::{Digest as _, Sha256};

use crate::limits::{CLOCK_CHANGE_MAX, DUES_COUNTED_MAX, SPACINGS_CHECKED};

/// When something is due.
///
/// The expression is read in local time. Where that says which hour (`30 2 * * *`), each time that it
/// names is due once, however the clocks are changed: one that does not exist is due as much later as
/// the clocks are put forward, one that exists twice is due at its first. Where it does not
/// (`*/15 * * * *`), it goes by the time that passes, whatever the clocks show.
///
/// ```
/// # use std::time::Duration;
/// # use cordboard_upkeep::Schedule;
/// let daily = Schedule::new("30 2 * * *", "Europe/Berlin", Duration::ZERO).unwrap();
/// let new_year_2026 = 1_767_225_600_000;
/// assert_eq!(daily.next_after(new_year_2026), Some(new_year_2026 + 90 * 60_000));
/// assert!(Schedule::new("30 26 * * *", "UTC", Duration::ZERO).is_err());
/// ```
#[derive(Clone)]
pub struct Schedule {
    cron: Cron,
    text: String,
    zone: TimeZone,
    /// The expression does not say which hour.
    is_interval: bool,
    jitter: Duration,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ripe {
    /// The due time, in milliseconds since 1970, without its jitter.
    pub due_ms: u64,
    /// How many due times before it nobody has served; a lower bound when there are thousands.
    pub missed: u64,
}

/// Why a schedule cannot be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// It is no cron expression.
    #[error("{expression:?} is no cron expression such as \"0 9 * * *\": {reason}")]
    Expression {
        /// What was written.
        expression: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No time ever matches it.
    #[error("{expression:?} is never due")]
    Never {
        /// What was written.
        expression: String,
    },
    /// There is no such time zone.
    #[error("there is no time zone {name:?}; write one of the IANA's, such as \"Europe/Berlin\"")]
    Zone {
        /// What was written.
        name: String,
    },
    /// Two due times could change places.
    #[error("the jitter has to be shorter than the {spacing:?} between two due times")]
    Jitter {
        /// The shortest time between two due times.
        spacing: Duration,
    },
}

// === impl Schedule ===

impl Schedule {
    /// Reads a schedule: minute, hour, day of month, month, day of week, or one of the names `@hourly`,
    /// `@daily`, `@weekly`, `@monthly`, `@yearly`. `jitter` is how much later than due it is done at most.
    pub fn new(expression: &str, zone: &str, jitter: Duration) -> Result<Self, ScheduleError> {
        let expression = expression.trim();
        let wrong = |reason: String| ScheduleError::Expression {
            expression: expression.to_owned(),
            reason,
        };
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(expression);
        let cron = cron.map_err(|error| wrong(error.to_string()))?;
        let zone = TimeZone::get(zone).map_err(|_| ScheduleError::Zone {
            name: zone.to_owned(),
        })?;
        let hours = expression.split_whitespace().nth(1);
        let schedule = Self {
            is_interval: match hours {
                Some(hours) => hours.starts_with('*'),
                None => expression.eq_ignore_ascii_case("@hourly"),
            },
            text: expression.to_owned(),
            cron,
            zone,
            jitter,
        };
        schedule.check()?;
        Ok(schedule)
    }

    /// From the beginning of 2024, a leap year.
    fn check(&self) -> Result<(), ScheduleError> {
        const FROM_MS: u64 = 1_704_067_200_000;
        let mut dues = self.dues(FROM_MS, u64::MAX);
        let Some(mut former) = dues.next() else {
            return Err(ScheduleError::Never {
                expression: self.text.clone(),
            });
        };
        for due in dues.take(SPACINGS_CHECKED) {
            let spacing = Duration::from_millis(due - former);
            if self.jitter >= spacing {
                return Err(ScheduleError::Jitter { spacing });
            }
            former = due;
        }
        Ok(())
    }

    /// The first due time after `ms`, all in milliseconds since 1970. `None` when there is none before
    /// the end of the calendar.
    #[must_use]
    pub fn next_after(&self, ms: u64) -> Option<u64> {
        let after = timestamp(ms)?;
        let next = if self.is_interval {
            let found = self
                .cron
                .find_next_occurrence(&after.to_zoned(self.zone.clone()), false);
            found.ok()?.timestamp()
        } else {
            self.next_named(after).ok()??
        };
        u64::try_from(next.as_millisecond()).ok()
    }

    /// The next of the local times that the expression names.
    fn next_named(&self, after: Timestamp) -> Result<Option<Timestamp>, CronError> {
        let mut local = self.zone.to_datetime(after);
        // Clocks that were put forward: what they left out is due later than it reads.
        let before = after.saturating_sub(CLOCK_CHANGE_MAX).unwrap_or(after);
        if self.zone.to_offset(before) != self.zone.to_offset(after) {
            local = local
                .saturating_sub(SignedDuration::try_from(CLOCK_CHANGE_MAX).unwrap_or_default());
        }
        let mut found: Option<(Timestamp, DateTime)> = None;
        loop {
            local = match self.cron.find_next_occurrence(&local, false) {
                Ok(local) => local,
                Err(CronError::TimeSearchLimitExceeded) => break,
                Err(error) => return Err(error),
            };
            // The next ones may come before one that the clocks left out, but not by more than that.
            if let Some((_, until)) = found
                && local > until
            {
                break;
            }
            let ambiguous = self.zone.to_ambiguous_timestamp(local);
            let is_left_out = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
            let Ok(at) = ambiguous.compatible() else {
                break;
            };
            if at <= after {
                continue;
            }
            let until = match found {
                None if is_left_out => local
                    .saturating_add(SignedDuration::try_from(CLOCK_CHANGE_MAX).unwrap_or_default()),
                None => local,
                Some((_, until)) => until,
            };
            let at = found.map_or(at, |(best, _)| best.min(at));
            found = Some((at, until));
        }
        Ok(found.map(|(at, _)| at))
    }

    /// The due times in (`from_ms`, `to_ms`], in order.
    pub fn dues(&self, from_ms: u64, to_ms: u64) -> impl Iterator<Item = u64> {
        let next = move |ms: u64| self.next_after(ms).filter(|due| *due <= to_ms);
        std::iter::successors(next(from_ms), move |due| next(*due))
    }

    /// When what is due at `due_ms` is done: up to the jitter later, and always at the same time for the
    /// same `job`, so that restarts and other processes agree.
    #[must_use]
    pub fn fires_at(&self, job: &str, due_ms: u64) -> u64 {
        let jitter = u64::try_from(self.jitter.as_millis()).unwrap_or(u64::MAX);
        if jitter == 0 {
            return due_ms;
        }
        let digest = Sha256::new()
            .chain_update(job)
            .chain_update([0])
            .chain_update(due_ms.to_be_bytes())
            .finalize();
        let mut dice = [0; 8];
        dice.copy_from_slice(&digest[..8]);
        due_ms.saturating_add(u64::from_be_bytes(dice) % jitter)
    }

    /// What is to be done at `now_ms` when everything up to the due time `since_ms` has been: the latest
    /// due time only, since what nobody was there for is not made up for one by one.
    #[must_use]
    pub fn ripe(&self, job: &str, since_ms: u64, now_ms: u64) -> Option<Ripe> {
        let mut ripe = None;
        for due_ms in self.dues(since_ms, now_ms).take(DUES_COUNTED_MAX) {
            if self.fires_at(job, due_ms) > now_ms {
                break;
            }
            let missed = ripe.map_or(0, |ripe: Ripe| ripe.missed + 1);
            ripe = Some(Ripe { due_ms, missed });
        }
        let counted = ripe?;
        if counted.missed + 1 < DUES_COUNTED_MAX as u64 {
            return Some(counted);
        }
        // So many that the latest has not been reached. They come in quick succession, then.
        let late = now_ms.saturating_sub(2 * 24 * 3_600_000);
        let due_ms = self
            .dues(late.max(counted.due_ms), now_ms)
            .take_while(|due_ms| self.fires_at(job, *due_ms) <= now_ms)
            .last();
        Some(Ripe {
            due_ms: due_ms.unwrap_or(counted.due_ms),
            ..counted
        })
    }
}

fn timestamp(ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        write!(f, "{} {zone}", self.text)
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schedule")
            .field(&self.to_string())
            .field(&self.jitter)
            .finish()
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        let of = |schedule: &Self| (schedule.to_string(), schedule.jitter);
        of(self) == of(other)
    }
}

#[cfg(test)]
mod tests;
