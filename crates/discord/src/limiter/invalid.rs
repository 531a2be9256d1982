//! The budget of invalid requests. Pure: time is a parameter.

use tokio::time::Instant;

use crate::limits::{INVALID_MAX, INVALID_SLOTS, INVALID_WINDOW};

/// Counts replies 401, 403 and 429 (not shared) over ten minutes.
///
/// Discord bans an address at 10,000 of them (topics/rate-limits#invalid-request-limit-aka-cloudflare-bans);
/// this stops everything at a fifth of that.
#[derive(Debug)]
pub(crate) struct Invalid {
    epoch: Instant,
    /// The slot that was current when last looked at, counted from `epoch`.
    newest: u64,
    counts: [u32; INVALID_SLOTS],
    total: u32,
}

impl Invalid {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            newest: 0,
            counts: [0; INVALID_SLOTS],
            total: 0,
        }
    }

    /// Counts one reply, and says whether it was the one that exhausted the budget.
    pub(crate) fn record(&mut self, now: Instant) -> bool {
        self.advance(now);
        self.counts[index(self.newest)] += 1;
        self.total += 1;
        self.total == INVALID_MAX
    }

    /// Whether requests may leave; if not, when the first may.
    pub(crate) fn check(&mut self, now: Instant) -> Result<(), Instant> {
        if self.total < INVALID_MAX {
            return Ok(());
        }
        self.advance(now);
        let mut left = self.total;
        let mut slot = self.newest;
        for age in (0..INVALID_SLOTS as u64).rev() {
            if left < INVALID_MAX {
                break;
            }
            slot = self.newest.saturating_sub(age);
            if self.newest >= age {
                left -= self.counts[index(slot)];
            }
        }
        if self.total < INVALID_MAX {
            return Ok(());
        }
        // The slot that brings it below the limit leaves the window this much later.
        let gone = u32::try_from(slot + INVALID_SLOTS as u64).unwrap_or(u32::MAX);
        Err(self.epoch + INVALID_WINDOW / slots() * gone)
    }

    fn advance(&mut self, now: Instant) {
        let width = INVALID_WINDOW / slots();
        let slot = (now - self.epoch).as_millis() / width.as_millis();
        let slot = u64::try_from(slot).unwrap_or(u64::MAX);
        let passed = slot.saturating_sub(self.newest).min(INVALID_SLOTS as u64);
        for step in 1..=passed {
            let expired = &mut self.counts[index(slot - passed + step)];
            self.total -= *expired;
            *expired = 0;
        }
        self.newest = self.newest.max(slot);
    }
}

fn slots() -> u32 {
    u32::try_from(INVALID_SLOTS).expect("a small constant")
}

fn index(slot: u64) -> usize {
    usize::try_from(slot % INVALID_SLOTS as u64).expect("below the number of slots")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_breaker_closes_at_the_budget_and_opens_when_the_window_has_passed() {
        let start = Instant::now();
        let mut invalid = Invalid::new(start);
        let mut now = start;
        for count in 1..=INVALID_MAX {
            assert_eq!(invalid.check(now), Ok(()));
            assert_eq!(invalid.record(now), count == INVALID_MAX);
            now += Duration::from_millis(100); // 200 s in all
        }
        let opens = invalid.check(now).unwrap_err();
        assert!(opens > now && opens <= start + INVALID_WINDOW + Duration::from_secs(10));
        assert!(invalid.check(opens - Duration::from_millis(1)).is_err());
        assert_eq!(invalid.check(opens), Ok(()));
        // The replies of the first slot are forgotten, the later ones are not.
        assert_eq!(invalid.total, INVALID_MAX - 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_never_trips_it() {
        let mut now = Instant::now();
        let mut invalid = Invalid::new(now);
        for _ in 0..10_000 {
            assert_eq!(invalid.check(now), Ok(()));
            assert!(!invalid.record(now));
            now += Duration::from_millis(350);
        }
        now += Duration::from_hours(24);
        invalid.advance(now);
        assert_eq!(invalid.total, 0);
    }
}
