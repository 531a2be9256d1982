//! The wall clock, read in this one place.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What time it is, for records and for people. Nothing waits by it: waits follow tokio's clock,
/// which neither jumps nor goes back.
#[derive(Clone)]
pub struct WallClock(Arc<dyn Fn() -> Duration + Send + Sync>);

// === impl WallClock ===

impl WallClock {
    /// The system's.
    #[must_use]
    pub fn of_system() -> Self {
        Self::reading(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that reads the wall clock"
            )]
            let now = SystemTime::now();
            // A clock set before 1970 is as wrong as one at 1970, and no reason to stop.
            now.duration_since(UNIX_EPOCH).unwrap_or_default()
        })
    }

    /// Another one, which says how long ago 1970 was, such as one that passes hours in a paused test.
    #[must_use]
    pub fn reading(read: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Time since 1970.
    #[must_use]
    pub fn now(&self) -> Duration {
        (self.0)()
    }
}

impl cordboard_lifecycle::Clock for WallClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WallClock").field(&self.now()).finish()
    }
}
