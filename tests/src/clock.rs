//! The wall clock of a world.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use cordboard_app::WallClock;
use tokio::time::Instant;

/// A wall clock that moves with tokio's, somewhat faster or slower, through all lives of a proxy, and
/// jumps when it is told to.
#[derive(Clone, Debug)]
pub(crate) struct WorldClock {
    began: Instant,
    begins_ms: u64,
    percent: u64,
    jumped_ms: Arc<AtomicI64>,
}

// === impl WorldClock ===

impl WorldClock {
    /// A clock that reads `begins_ms` (since 1970) now, and goes at so many per cent of tokio's pace.
    pub(crate) fn new(begins_ms: u64, percent: u64) -> Self {
        Self {
            began: Instant::now(),
            begins_ms,
            percent,
            jumped_ms: Arc::default(),
        }
    }

    /// Sets it ahead, or back.
    pub(crate) fn jump(&self, milliseconds: i64) {
        self.jumped_ms.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// This clock, as the proxy reads it.
    pub(crate) fn wall_clock(&self) -> WallClock {
        let clock = self.clone();
        WallClock::reading(move || Duration::from_millis(clock.now_ms()))
    }

    fn now_ms(&self) -> u64 {
        let passed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let passed = passed.saturating_mul(self.percent) / 100;
        let jumped = self.jumped_ms.load(Ordering::Relaxed);
        (self.begins_ms + passed).saturating_add_signed(jumped)
    }
}
