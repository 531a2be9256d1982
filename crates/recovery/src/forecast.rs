//! How long catching up will take.

use std::time::Duration;

use tokio::time::Instant;

/// How long catching up will take, if the pages that are left come as fast as those that were read.
#[derive(Debug, Default)]
pub(crate) struct Forecast {
    /// When the first page was asked for.
    since: Option<Instant>,
    /// Pages read since.
    pages: u64,
    left: Option<Duration>,
}

// === impl Forecast ===

impl Forecast {
    /// A page that was asked for at `asked` was read, and so many seem to be left.
    pub(crate) fn read(&mut self, asked: Instant, pages_left: u64) {
        let since = *self.since.get_or_insert(asked);
        self.pages += 1;
        let took_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let left_ms = took_ms.saturating_mul(pages_left) / self.pages;
        self.left = Some(Duration::from_secs(left_ms.div_ceil(1_000)));
    }

    /// How long it will still take, to a second; `None` while nothing tells.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_pages_that_are_left_come_as_fast_as_those_that_were_read() {
        let (mut forecast, began) = (Forecast::default(), Instant::now());
        assert_eq!(forecast.left(), None, "nothing tells");
        advance(Duration::from_secs(2)).await;
        forecast.read(began, 50);
        assert_eq!(forecast.left(), Some(Duration::from_secs(100)));
        advance(Duration::from_secs(1)).await;
        forecast.read(began, 60);
        assert_eq!(forecast.left(), Some(Duration::from_secs(90)), "more came");
        forecast.read(began, 0);
        assert_eq!(forecast.left(), Some(Duration::ZERO));
    }
}
