//! What a stream tells: the log, read page by page as fast as the client takes it.

use std::{sync::Arc, vec};

use cordboard_openai::{ApiError, KEEP_ALIVE};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{trouble::from_log, wire};
use crate::{
    Event, EventQuery,
    limits::{STREAM_EMPTY_PAUSE, STREAM_EVENTS_MAX, STREAM_HEARTBEAT, STREAM_RECONNECT},
    message_log::AnyMessageLog,
    visit::Arrival,
};

/// A place in the log that moves on as it is told. It holds one page and nothing else, so that a
/// client that reads slowly costs no memory.
pub(super) struct Reader {
    log: Arc<dyn AnyMessageLog>,
    /// What to read next; behind `page`.
    query: EventQuery,
    page: vec::IntoIter<Event>,
    /// Whether the log may have more than was read of it.
    news: bool,
    /// The last place the client knows.
    told: u64,
    told_at: Instant,
    arrival: Arrival,
}

impl Reader {
    /// A reader of what lies behind `after`.
    pub(super) fn new(
        log: Arc<dyn AnyMessageLog>,
        after: u64,
        channels: Vec<u64>,
        arrival: Arrival,
    ) -> Self {
        Self {
            log,
            query: EventQuery {
                after,
                channels,
                limit: STREAM_EVENTS_MAX,
            },
            page: vec::IntoIter::default(),
            news: true,
            told: after,
            told_at: Instant::now(),
            arrival,
        }
    }

    /// What comes before any event. An id without data is remembered and not shown to anyone: a
    /// client that is cut off before the first event still comes back to the same place.
    pub(super) fn opening(&self) -> String {
        let reconnect = STREAM_RECONNECT.as_millis();
        format!("retry: {reconnect}\nid: {}\n\n", self.told)
    }

    /// The next thing to tell. The future may be dropped at any time.
    pub(super) async fn next(&mut self) -> Result<String, ApiError> {
        loop {
            if let Some(event) = self.page.next() {
                self.tell(event.sequence);
                return Ok(wire::event(&event));
            }
            // Also while page after page has nothing for this client.
            let heartbeat_at = self.told_at + STREAM_HEARTBEAT;
            if Instant::now() >= heartbeat_at {
                return Ok(self.heartbeat());
            }
            if self.news {
                self.read().await?;
                continue;
            }
            let news = self.log.news(self.query.after);
            self.news = timeout_at(heartbeat_at, news).await.is_ok();
            if self.news && !self.read().await? {
                let pause = Instant::now() + STREAM_EMPTY_PAUSE;
                sleep_until(pause.min(heartbeat_at)).await;
            }
        }
    }

    /// Takes the next page, and tells whether it leads on.
    async fn read(&mut self) -> Result<bool, ApiError> {
        let page = from_log(&self.arrival, self.log.events(self.query.clone())).await?;
        // Whatever a log says, no event is read twice.
        let read = page.events.last().map_or(0, |event| event.sequence);
        let last = page.last.max(read);
        self.news = last > self.query.after;
        self.query.after = last.max(self.query.after);
        self.page = page.events.into_iter();
        Ok(self.news)
    }

    /// A comment, and the place if it has moved past events of other channels: a client that is cut
    /// off need not have them looked through again.
    fn heartbeat(&mut self) -> String {
        let place = self.query.after;
        let text = if place > self.told {
            format!("{KEEP_ALIVE}id: {place}\n\n")
        } else {
            KEEP_ALIVE.to_owned()
        };
        self.tell(place);
        text
    }

    fn tell(&mut self, sequence: u64) {
        self.told = sequence;
        self.told_at = Instant::now();
    }
}
