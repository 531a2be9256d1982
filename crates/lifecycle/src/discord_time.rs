//! Discord's time, as far as its ids tell it.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use twilight_model::id::Id;

use crate::{core::milliseconds, limits::CLOCK_FAST_PART};

/// The first millisecond an id can name: 2015-01-01 (reference#snowflakes).
const EPOCH_MS: u64 = 1_420_070_400_000;

/// A lower bound of Discord's time.
///
/// Ids are compared with ids only, never with our wall clock: a machine whose clock is an hour
/// ahead, or jumps there, would otherwise take each of its channels for older than its plan and
/// delete none. Each id that Discord names bounds its clock from below, and from then on the time
/// that passes here counts, less what our clock may run too fast.
#[derive(Debug)]
pub(crate) struct DiscordTime {
    best: Mutex<Anchor>,
}

/// At this instant Discord's clock had passed `discord_ms`.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    discord_ms: u64,
    at: Instant,
}

// === impl DiscordTime ===

impl DiscordTime {
    pub(crate) fn new() -> Self {
        Self {
            best: Mutex::new(Anchor {
                discord_ms: EPOCH_MS,
                at: Instant::now(),
            }),
        }
    }

    /// Learns from an id that Discord named just now, or any time before.
    pub(crate) fn heard<T>(&self, id: Id<T>) {
        self.heard_ms(created_ms(id));
    }

    /// Learns from a time that Discord's clock has passed.
    pub(crate) fn heard_ms(&self, discord_ms: u64) {
        let mut best = self.best.lock();
        if discord_ms >= best.floor_ms() {
            let at = Instant::now();
            *best = Anchor { discord_ms, at };
        }
    }

    /// Discord's clock reads at least this, in milliseconds since 1970.
    pub(crate) fn floor_ms(&self) -> u64 {
        self.best.lock().floor_ms()
    }
}

// === impl Anchor ===

impl Anchor {
    fn floor_ms(&self) -> u64 {
        let passed = self.at.elapsed();
        let passed = passed.saturating_sub(passed / CLOCK_FAST_PART);
        self.discord_ms.saturating_add(milliseconds(passed))
    }
}

/// When Discord made an id, in milliseconds since 1970.
pub(crate) fn created_ms<T>(id: Id<T>) -> u64 {
    (id.get() >> 22) + EPOCH_MS
}

/// The id below all that were made `before` or less ahead of this time. (`1`, the smallest there
/// is, for times before the first.)
pub(crate) fn id_at<T>(ms: u64, before: Duration) -> Id<T> {
    let before_ms = u64::try_from(before.as_millis()).unwrap_or(u64::MAX);
    let since = ms.saturating_sub(before_ms).saturating_sub(EPOCH_MS);
    Id::new_checked(since << 22).unwrap_or(Id::new(1))
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;
    use twilight_model::id::marker::ChannelMarker;

    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;

    fn id(ms: u64) -> Id<ChannelMarker> {
        id_at(ms, Duration::ZERO)
    }

    #[test]
    fn an_id_names_its_time() {
        assert_eq!(created_ms(id(NOW_MS)), NOW_MS);
        assert_eq!(
            created_ms(id_at::<ChannelMarker>(NOW_MS, Duration::from_secs(5))),
            NOW_MS - 5_000
        );
        assert_eq!(id(0).get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn discords_time_is_bounded_by_the_youngest_id() {
        let time = DiscordTime::new();
        time.heard(id(NOW_MS));
        assert_eq!(time.floor_ms(), NOW_MS);
        time.heard(id(NOW_MS - 60_000));
        advance(Duration::from_millis(500)).await;
        assert_eq!(time.floor_ms(), NOW_MS + 450);
        time.heard(id(NOW_MS + 60_000));
        assert_eq!(time.floor_ms(), NOW_MS + 60_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_runs_a_tenth_too_fast_does_not_run_ahead_of_discords() {
        let time = DiscordTime::new();
        time.heard(id(NOW_MS));
        advance(Duration::from_secs(1_100)).await;
        assert!(time.floor_ms() <= NOW_MS + 1_000_000);
        time.heard(id(NOW_MS + 1_000_000));
        assert_eq!(time.floor_ms(), NOW_MS + 1_000_000);
    }

    #[tokio::test(start_paused = true)]
    async fn before_any_id_nothing_is_claimed() {
        assert_eq!(DiscordTime::new().floor_ms(), EPOCH_MS);
    }
}
