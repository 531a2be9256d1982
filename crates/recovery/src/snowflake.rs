//! Discord's time, as ids tell it.

use std::time::Duration;

use tokio::time::Instant;
use twilight_model::id::{Id, marker::MessageMarker};

use crate::limits::{AHEAD_MAX, CLOCK_FAST_PART};

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

/// What a time has to be ahead of what is known to be news: answers tell it to a second.
const NEWS_MS: u64 = 1_000;

/// A lower bound of Discord's clock, learnt from the ids it names, and from what it says itself.
///
/// An id says when it was made, or, if it is not as it should be, anything. So none is believed that is far ahead
/// of what Discord has said; if it says nothing, as to a bot whose library keeps that to itself, ids are all
/// there is, and are believed: after a quiet week an honest one is as far ahead.
///
/// Never our wall clock: what it says has nothing to do with which messages there are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DiscordTime {
    anchor: Option<Anchor>,
    /// What Discord itself has told last that was news.
    told: Option<Anchor>,
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
        if self.may_have_made(id, now) {
            self.heard_ms(created_ms(id), now);
        }
    }

    /// Learns from what Discord says that its clock has passed by now.
    pub(crate) fn told(&mut self, ms: u64, now: Instant) {
        let is_news = |told: Anchor| ms > told.least(now).saturating_add(NEWS_MS);
        if self.told.is_none_or(is_news) {
            self.told = Some(Anchor { ms, at: now });
        }
        // What was believed before there was a bound to it.
        if self.at(now) > self.latest(now) {
            self.anchor = None;
        }
        self.heard_ms(ms, now);
    }

    fn heard_ms(&mut self, ms: u64, now: Instant) {
        if self.at(now).is_none_or(|known| known <= ms) {
            self.anchor = Some(Anchor { ms, at: now });
        }
    }

    /// Discord's clock read at least this at that instant; `None` as long as nothing told.
    pub(crate) fn at(&self, instant: Instant) -> Option<u64> {
        Some(self.anchor?.least(instant))
    }

    /// What Discord's clock has not reached at that instant; `None` as long as it has not said what it reads.
    pub(crate) fn latest(&self, instant: Instant) -> Option<u64> {
        let told = self.told?;
        let passed = instant.saturating_duration_since(told.at);
        Some(told.ms.saturating_add(milliseconds(passed + AHEAD_MAX)))
    }

    /// Whether Discord can have made an id by then.
    pub(crate) fn may_have_made<T>(&self, id: Id<T>, instant: Instant) -> bool {
        let latest_ms = self.latest(instant);
        latest_ms.is_none_or(|latest_ms| created_ms(id) <= latest_ms)
    }
}

// === impl Anchor ===

impl Anchor {
    /// Our clock may run too fast: what passes here counts a little less.
    fn least(self, instant: Instant) -> u64 {
        match instant.checked_duration_since(self.at) {
            Some(passed) => {
                let passed = passed.saturating_sub(passed / CLOCK_FAST_PART);
                self.ms.saturating_add(milliseconds(passed))
            }
            None => self
                .ms
                .saturating_sub(milliseconds(2 * (self.at - instant))),
        }
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

    #[tokio::test(start_paused = true)]
    async fn an_id_is_believed_as_far_as_what_discord_says_reaches() {
        let (mut time, now) = (DiscordTime::default(), Instant::now());
        let ahead_ms = milliseconds(AHEAD_MAX);
        assert!(time.may_have_made(id(NOW_MS), now), "nothing was said");
        time.told(NOW_MS, now);
        for (ahead_ms, is_believed) in [(ahead_ms, true), (ahead_ms + 1, false)] {
            let id = id(NOW_MS + ahead_ms);
            assert_eq!(time.may_have_made(id, now), is_believed);
        }
        time.heard(id(NOW_MS + ahead_ms + 1), now);
        assert_eq!(time.at(now), Some(NOW_MS));
        // What ids tell moves no bound: one after the other would lead as far as one alone.
        time.heard(id(NOW_MS + ahead_ms), now);
        assert_eq!(time.latest(now), Some(NOW_MS + ahead_ms));
        // Without any answer our clock goes on, at its own pace.
        let later = now + Duration::from_hours(100);
        let (later_ms, slow_ms) = (NOW_MS + 360_000_000, NOW_MS + 324_000_000);
        time.told(slow_ms, later);
        assert_eq!(time.latest(later), Some(later_ms + ahead_ms));
        // The next answer puts it right.
        time.told(later_ms - 60_000, later);
        assert_eq!(time.latest(later), Some(later_ms - 60_000 + ahead_ms));
    }
}
