//! How long to wait before the next attempt.

use std::time::Duration;

use crate::limits::{BACKOFF_BASE, BACKOFF_FIRST, BACKOFF_FORGET, BACKOFF_MAX};

/// Pauses between attempts: growing, with full jitter, so that a thousand clients that were dropped
/// together do not come back together.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A session was up for `held` (`None`: there was none), and the next attempt is due after the
    /// returned time. `dice` is uniform in 0 to 1.
    pub(crate) fn after(&mut self, held: Option<Duration>, dice: f64) -> Duration {
        if held.is_some_and(|held| held >= BACKOFF_FORGET) {
            self.failures = 0;
        }
        let ceiling = self.ceiling();
        self.failures = self.failures.saturating_add(1);
        ceiling.mul_f64(dice.clamp(0.0, 1.0))
    }

    fn ceiling(&self) -> Duration {
        match self.failures {
            0 => BACKOFF_FIRST,
            failures => {
                let doublings = (failures - 1).min(16);
                BACKOFF_BASE.saturating_mul(1 << doublings).min(BACKOFF_MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_only_a_session_that_held_resets_them() {
        let mut backoff = Backoff::default();
        let mut next = |held: Option<u64>| {
            backoff
                .after(held.map(Duration::from_secs), 1.0)
                .as_millis()
        };
        let pauses: Vec<_> = (0..9).map(|_| next(None)).collect();
        assert_eq!(
            pauses,
            [
                250, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000
            ]
        );
        assert_eq!(next(Some(29)), 60_000);
        assert_eq!(next(Some(30)), 250);
        assert_eq!(next(Some(0)), 1_000);
    }

    #[test]
    fn the_jitter_is_full() {
        let mut backoff = Backoff { failures: 4 };
        assert_eq!(backoff.after(None, 0.0), Duration::ZERO);
        assert_eq!(backoff.after(None, 0.5), Duration::from_secs(8));
    }
}
