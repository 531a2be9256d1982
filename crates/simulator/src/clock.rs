//! Discord's clock in the box: a fixed start plus what tokio's clock has run since.

use std::time::Duration;

use tokio::time::Instant;

/// Milliseconds between 1970 and the first moment a snowflake can name (2015-01-01).
pub(crate) const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

/// Wall clock that follows tokio's clock, so that a paused test sees hours pass in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
    start_ms: u64,
    percent: u64,
}

impl Clock {
    /// A clock that reads `start_ms` (milliseconds since 1970) now.
    pub(crate) fn starting_at(start_ms: u64) -> Self {
        Self {
            started: Instant::now(),
            start_ms,
            percent: 100,
        }
    }

    /// The same clock, at so many per cent of our pace.
    pub(crate) fn at_percent(self, percent: u64) -> Self {
        Self { percent, ..self }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        let passed = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.start_ms + passed.saturating_mul(self.percent) / 100
    }

    /// How long a timer has to run until this clock reads `at_ms`.
    pub(crate) fn until(&self, at_ms: u64) -> Duration {
        let passed_ms = at_ms.saturating_sub(self.start_ms).saturating_mul(100);
        let due = Duration::from_millis(passed_ms.div_ceil(self.percent.max(1)));
        due.saturating_sub(self.elapsed())
    }

    /// Time since the simulator was made.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
