//! The wall clock, read in this one place.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Unix time that moves with tokio's clock.
///
/// It is read from the system once and then follows tokio's monotonic clock, so that it cannot
/// jump, and so that under a paused clock hours pass in it too.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
    start: Duration,
}

impl SystemClock {
    /// Reads the system's clock now.
    #[must_use]
    pub fn start() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads the wall clock"
        )]
        let now = SystemTime::now();
        // A clock set before 1970 is as wrong as one at 1970, and no reason to stop.
        Self::starting_at(now.duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// A clock that reads `start` (time since 1970) now.
    #[must_use]
    pub fn starting_at(start: Duration) -> Self {
        Self {
            started: Instant::now(),
            start,
        }
    }

    /// Time since 1970.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.start + self.started.elapsed()
    }
}

impl cordboard_lifecycle::Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX)
    }
}
