//! How the relay stands, as `/healthz` and `/metrics` tell it.

use std::sync::Arc;

use cordboard_frontend::{Consumer, Consumers as _, Details, Metric};
use cordboard_recovery::Oddities;
use parking_lot::Mutex;
use tokio::time::sleep;

use super::Told;
use crate::{limits::READERS_EVERY, watchdog::Pulse};

/// How far those who read the record were when they were looked at last.
#[derive(Clone, Debug, Default)]
pub(super) struct Readers(Arc<Mutex<Vec<Consumer>>>);

// === impl Told ===

impl Told {
    /// Looks for ever how far the readers are. When the store fails, somebody else ends the process.
    pub(super) async fn watch_readers(self, pulse: Arc<Pulse>) {
        loop {
            if let Ok(consumers) = self.list().await {
                *self.readers.0.lock() = consumers;
            }
            pulse.round();
            sleep(READERS_EVERY).await;
        }
    }

    /// Whether anything is to be read that may be missing, and up to when nothing is. How much that is
    /// tells how the guild is used: it is among the metrics.
    pub(crate) fn details(&self) -> Details {
        let standing = *self.standing.borrow();
        let is_behind = !standing.is_covered || standing.catching_up > 0;
        let word = if is_behind { "catching_up" } else { "current" };
        Details::from([
            ("relay", word.into()),
            ("relay_watermark", (standing.watermark_ms / 1_000).into()),
        ])
    }

    /// What is counted about the watch over messages, and about those who read them.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let standing = *self.standing.borrow();
        let dirty = standing.catching_up + standing.refused;
        let mut channels = Metric::gauge(
            "cordboard_relay_channels",
            "Channels whose messages are recorded, by what is on record of them.",
        );
        for (state, count) in [
            ("clean", standing.channels - dirty),
            ("dirty", standing.catching_up),
            ("refused", standing.refused),
        ] {
            channels = channels.with([("state", state)], count as u64);
        }
        let covered = Metric::gauge(
            "cordboard_relay_covered",
            "1 when nothing is missing on record but what is to be read of dirty channels.",
        );
        let watermark = Metric::gauge(
            "cordboard_relay_watermark_timestamp_seconds",
            "Every message of a clean channel that is older is on record, by Discord's clock.",
        );
        let mut eta = Metric::gauge(
            "cordboard_relay_catch_up_seconds",
            "How long it will take to read what may be missing, judged by what was read so far.",
        );
        if let Some(left) = standing.catches_up_in {
            eta = eta.with([], left.as_secs());
        }
        let pages = Metric::counter(
            "cordboard_relay_pages_total",
            "Pages of history that were read since the start.",
        );
        let mut lag = Metric::gauge(
            "cordboard_relay_lag",
            "Sequences that a consumer has not acknowledged.",
        );
        let mut dead_letters = Metric::gauge(
            "cordboard_relay_dead_letters",
            "Events that a consumer has given up.",
        );
        for consumer in &*self.readers.0.lock() {
            lag = lag.with([("consumer", &*consumer.name)], consumer.lag);
            let dead = consumer.dead_letters;
            dead_letters = dead_letters.with([("consumer", &*consumer.name)], dead);
        }
        vec![
            channels,
            covered.with([], standing.is_covered.into()),
            watermark.with([], standing.watermark_ms / 1_000),
            eta,
            pages.with([], standing.pages),
            odd(&standing.odd),
            lag,
            dead_letters,
        ]
    }
}

fn odd(odd: &Oddities) -> Metric {
    let metric = Metric::counter(
        "cordboard_relay_odd_events_total",
        "Events that are not as Discord documents them, since the start.",
    );
    [
        ("unreadable_message", odd.messages),
        ("unreadable_channel", odd.channels),
        ("unreadable_session", odd.sessions),
        ("partial_update", odd.partial_updates),
    ]
    .into_iter()
    .fold(metric, |metric, (kind, count)| {
        metric.with([("kind", kind)], count)
    })
}
