//! Discord's time, as far as its ids tell it.

use std::time::Duration;

use parking_lot::Mutex;
use twilight_model::id::Id;

use crate::limits::CLOCK_SLEW_PART;

/// The first millisecond an id can name: 2015-01-01 (reference#snowflakes).
const EPOCH_MS: u64 = 1_420_070_400_000;

/// A lower bound of Discord's time.
///
/// Ids are compared with ids only, never with our own clock: a machine whose clock is an hour
/// ahead would otherwise take each of its channels for older than its plan and delete none. Each
/// id that Discord names bounds its clock from below, and from then on our own clock counts, less
/// what it may run too fast while it is being set right.
#[derive(Debug)]
pub(crate) struct DiscordTime {
    best: Mutex<Anchor>,
}

/// When our clock read `now_ms`, Discord's had passed `discord_ms`.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    discord_ms: u64,
    now_ms: u64,
}

// === impl DiscordTime ===

impl DiscordTime {
    pub(crate) const fn new() -> Self {
        Self {
            best: Mutex::new(Anchor {
                discord_ms: EPOCH_MS,
                now_ms: u64::MAX,
            }),
        }
    }

    /// Learns from an id that Discord named just now, or any time before.
    pub(crate) fn heard<T>(&self, id: Id<T>, now_ms: u64) {
        self.heard_ms(created_ms(id), now_ms);
    }

    /// Learns from a time that Discord's clock has passed.
    pub(crate) fn heard_ms(&self, discord_ms: u64, now_ms: u64) {
        let mut best = self.best.lock();
        if discord_ms >= best.floor_ms(now_ms) {
            *best = Anchor { discord_ms, now_ms };
        }
    }

    /// Discord's clock reads at least this, in milliseconds since 1970.
    pub(crate) fn floor_ms(&self, now_ms: u64) -> u64 {
        self.best.lock().floor_ms(now_ms)
    }
}

// === impl Anchor ===

impl Anchor {
    fn floor_ms(&self, now_ms: u64) -> u64 {
        let since_ms = now_ms.saturating_sub(self.now_ms);
        self.discord_ms
            .saturating_add(since_ms - since_ms / CLOCK_SLEW_PART)
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

    #[test]
    fn discords_time_is_bounded_by_the_youngest_id_whatever_our_clock_says() {
        for our_clock_ms in [NOW_MS - 3_600_000, NOW_MS, NOW_MS + 3_600_000] {
            let time = DiscordTime::new();
            time.heard(id(NOW_MS), our_clock_ms);
            assert_eq!(time.floor_ms(our_clock_ms), NOW_MS);
            time.heard(id(NOW_MS - 60_000), our_clock_ms);
            assert_eq!(time.floor_ms(our_clock_ms + 500), NOW_MS + 450);
        }
    }

    #[test]
    fn a_clock_that_is_being_set_right_does_not_run_ahead_of_discords() {
        // How: our clock stood still for 20 s, hears of it, and gains 20 s in the next four minutes.
        let time = DiscordTime::new();
        time.heard(id(NOW_MS), NOW_MS);
        time.heard(id(NOW_MS + 20_000), NOW_MS);
        let (later_ms, ours_ms) = (NOW_MS + 20_000 + 240_000, NOW_MS + 260_000);
        assert!(time.floor_ms(ours_ms) <= later_ms);
        time.heard(id(later_ms), ours_ms);
        assert_eq!(time.floor_ms(ours_ms), later_ms);
    }

    #[test]
    fn before_any_id_nothing_is_claimed() {
        assert_eq!(DiscordTime::new().floor_ms(NOW_MS), EPOCH_MS);
    }
}
