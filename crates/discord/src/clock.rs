//! Discord's clock, as its answers tell it.

use std::time::UNIX_EPOCH;

use http::{HeaderMap, header::DATE};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::limits::CLOCK_FAST_PART;

/// A lower bound of Discord's clock, from the `Date` of its answers.
#[derive(Debug, Default)]
pub(crate) struct DiscordClock {
    best: Mutex<Option<Anchor>>,
}

/// At this instant the clock had passed `ms`.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    ms: u64,
    at: Instant,
}

// === impl DiscordClock ===

impl DiscordClock {
    /// Learns from an answer that has just come.
    pub(crate) fn heard(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let since = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        let Some(ms) = since.and_then(|since| u64::try_from(since.as_millis()).ok()) else {
            return;
        };
        let (at, mut best) = (Instant::now(), self.best.lock());
        if best.is_none_or(|best| best.floor_ms(at) <= ms) {
            *best = Some(Anchor { ms, at });
        }
    }

    /// It reads at least this, in milliseconds since 1970; `None` before the first answer.
    pub(crate) fn floor_ms(&self) -> Option<u64> {
        let best = *self.best.lock();
        Some(best?.floor_ms(Instant::now()))
    }
}

// === impl Anchor ===

impl Anchor {
    /// What passes here counts a little less: our clock may run too fast.
    fn floor_ms(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.at);
        let passed = passed.saturating_sub(passed / CLOCK_FAST_PART);
        self.ms
            .saturating_add(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_bound_the_clock_from_below() {
        let clock = DiscordClock::default();
        assert_eq!(clock.floor_ms(), None);
        let mut headers = HeaderMap::new();
        clock.heard(&headers);
        assert_eq!(clock.floor_ms(), None);
        let date = HeaderValue::from_static("Thu, 26 Nov 2026 18:00:00 GMT");
        headers.insert(DATE, date);
        clock.heard(&headers);
        let told = clock.floor_ms().unwrap();
        advance(Duration::from_secs(100)).await;
        assert_eq!(clock.floor_ms(), Some(told + 90_000));
        // An older answer that comes late.
        clock.heard(&headers);
        assert_eq!(clock.floor_ms(), Some(told + 90_000));
    }
}
