//! Pages without a message, and what proves them.

use std::sync::atomic::AtomicUsize;

use super::*;

/// A channel with one message, which the bot may read from this request on. Its last message, if that is
/// another one, is gone.
#[derive(Debug)]
struct Veiled {
    shown_from: usize,
    requests: AtomicUsize,
}

impl Veiled {
    fn is_shown(&self) -> bool {
        self.requests.fetch_add(1, Ordering::Relaxed) >= self.shown_from
    }
}

impl History for Veiled {
    async fn after(
        &self,
        _: Id<ChannelMarker>,
        _: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Message>, Failure> {
        let message = Message {
            id: message_id(NOW_MS),
            edited_ms: 0,
            json: to_raw_value(&json!({})).unwrap(),
        };
        Ok(self.is_shown().then_some(message).into_iter().collect())
    }
}

impl ChannelDirectory for Veiled {
    fn now_ms(&self) -> Option<u64> {
        None
    }

    async fn channels(&self, _: Id<GuildMarker>) -> Result<Vec<Head>, Failure> {
        Ok(Vec::new())
    }

    async fn archived(&self, _: Id<ChannelMarker>, _: u64, _: bool) -> Result<Archive, Failure> {
        Ok(Archive::default())
    }

    async fn message(
        &self,
        _: Id<ChannelMarker>,
        _: Id<MessageMarker>,
    ) -> Result<Option<Message>, Failure> {
        if self.is_shown() {
            return Ok(None);
        }
        let source = "missing access".into();
        Err(Failure::Never { source })
    }
}

/// What an empty page comes to: how many messages, and what the probe told.
async fn page_of(shown_from: usize, probe: Probe) -> (usize, Option<Probed>) {
    let discord = Veiled {
        shown_from,
        requests: AtomicUsize::new(0),
    };
    let order = Order {
        channel_id: HERE,
        number: 1,
        after: None,
        asks_expected: false,
        at: Instant::now(),
        at_ms: None,
        watermark_ms: NOW_MS,
    };
    let page = read(&discord, &order, probe).await.unwrap();
    (page.messages.len(), page.probed)
}

#[tokio::test(start_paused = true)]
async fn a_probe_proves_the_page_after_it_and_not_the_one_before() {
    for probe in [Probe::Any(HERE.cast()), Probe::Last(message_id(NOW_MS + 1))] {
        assert_eq!(page_of(9, probe).await, (0, Some(Probed::Blind)));
        for shown_from in [0, 1, 2] {
            assert_eq!(page_of(shown_from, probe).await, (1, None));
        }
    }
}
