//! What clients of the relay ask for that there is not.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing::warn;

use crate::{Metric, visit::Arrival};

/// How often clients have named what there is not, since the start. Each is a client's mistake: it reads
/// another log than this one, or was forgotten.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    unknown_consumer: AtomicU64,
    future_sequence: AtomicU64,
    too_many_consumers: AtomicU64,
}

// === impl Refusals ===

impl Refusals {
    /// There is no consumer of this name.
    pub(super) fn unknown_consumer(&self, arrival: &Arrival, name: &str) {
        count(&self.unknown_consumer);
        warn!(
            request.id = arrival.id(),
            consumer = name,
            "a consumer that is not known was refused"
        );
    }

    /// A sequence has not come yet.
    pub(super) fn future_sequence(&self, arrival: &Arrival, newest: u64) {
        count(&self.future_sequence);
        warn!(
            request.id = arrival.id(),
            newest, "a sequence beyond the newest was refused"
        );
    }

    /// There is no room for another consumer.
    pub(super) fn too_many_consumers(&self, arrival: &Arrival, name: &str) {
        count(&self.too_many_consumers);
        warn!(
            request.id = arrival.id(),
            consumer = name,
            "a consumer too many was refused"
        );
    }

    /// As `/metrics` tells it.
    pub(crate) fn metric(&self) -> Metric {
        let metric = Metric::counter(
            "cordboard_relay_requests_refused_total",
            "Requests that named a consumer or a sequence that there is not.",
        );
        [
            ("unknown_consumer", &self.unknown_consumer),
            ("future_sequence", &self.future_sequence),
            ("too_many_consumers", &self.too_many_consumers),
        ]
        .into_iter()
        .fold(metric, |metric, (reason, count)| {
            metric.with([("reason", reason)], count.load(Ordering::Relaxed))
        })
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
