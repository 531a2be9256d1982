//! Discord's time, as ids tell it.

use std::time::Duration;

use tokio::time::Instant;
use twilight_model::id::{Id, marker::MessageMarker};

use crate::limits::CLOCK_FAST_PART;

/// The first millisecond an id can name: 2015-01-01 (Discord: reference#snowflakes).
pub(crate) const EPOCH_MS: u64 = 1_420_070_400_000;

/// Ids carry their milliseconds above these bits (Discord: reference#snowflakes).
const BITS_BELOW_MS: u32 = 22;

/// When Discord made an id, in milliseconds since 1970.
pub(crate) const fn created_ms<T>(id: Id<T>) -> u64 {
    (id.get() >> BITS_BELOW_MS) + EPOCH_MS
}

/// The largest id that is older than this millisecond; `None` when no id is.
pub(crate) fn just_before(ms: u64) -> Option<Id<MessageMarker>> {
    let first = ms.saturating_sub(EPOCH_MS) << BITS_BELOW_MS;
    first.checked_sub(1).and_then(Id::new_checked)
}

/// A lower bound of Discord's clock, learnt from the ids it names.
///
/// Never our wall clock: what it says has nothing to do with which messages there are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DiscordTime {
    anchor: Option<Anchor>,
}

/// At this instant Discord's clock had passed `ms`.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    ms: u64,
    at: Instant,
}

// === impl DiscordTime ===

impl DiscordTime {
    /// Learns from an id that Discord named just now, or any time before.
    pub(crate) fn heard<T>(&mut self, id: Id<T>, now: Instant) {
        self.heard_ms(created_ms(id), now);
    }

    /// Learns from a time that Discord's clock has passed by now.
    pub(crate) fn heard_ms(&mut self, ms: u64, now: Instant) {
        if self.at(now).is_none_or(|known| known <= ms) {
            self.anchor = Some(Anchor { ms, at: now });
        }
    }

    /// Discord's clock read at least this at that instant; `None` as long as no id was heard. Our clock
    /// may run too fast: what passes here counts a little less.
    pub(crate) fn at(&self, instant: Instant) -> Option<u64> {
        let anchor = self.anchor?;
        Some(match instant.checked_duration_since(anchor.at) {
            Some(passed) => {
                anchor.ms + milliseconds(passed.saturating_sub(passed / CLOCK_FAST_PART))
            }
            None => anchor
                .ms
                .saturating_sub(milliseconds(2 * (anchor.at - instant))),
        })
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;

    fn id(ms: u64) -> Id<MessageMarker> {
        Id::new((ms - EPOCH_MS) << BITS_BELOW_MS)
    }

    #[test]
    fn an_id_names_its_time() {
        assert_eq!(created_ms(id(NOW_MS)), NOW_MS);
        assert_eq!(just_before(NOW_MS), Some(Id::new(id(NOW_MS).get() - 1)));
        assert_eq!(just_before(0), None);
    }

    #[tokio::test(start_paused = true)]
    async fn discords_time_is_bounded_by_the_youngest_id_and_by_what_passes_here() {
        let (mut time, now) = (DiscordTime::default(), Instant::now());
        assert_eq!(time.at(now), None);
        time.heard(id(NOW_MS), now);
        time.heard(id(NOW_MS - 5_000), now);
        assert_eq!(time.at(now), Some(NOW_MS));
        let later = now + Duration::from_secs(10);
        assert_eq!(time.at(later), Some(NOW_MS + 9_000));
        time.heard(id(NOW_MS + 9_500), later);
        assert_eq!(time.at(later), Some(NOW_MS + 9_500));
        let before = time.at(now).unwrap();
        assert!(before <= NOW_MS, "{before}");
    }
}
