//! The bounded queue between the shard and one subscriber.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    Delivery, Lapse, LapseReason,
    limits::{
        DISPATCH_BYTES, QUEUE_BYTES_MAX, QUEUE_DELIVERIES_MAX, TAP_BYTES_MAX, TAP_DELIVERIES_MAX,
    },
};

/// One writer that never waits, one reader that does.
///
/// A reader that does not keep up loses the whole queue and is told so by a [`Lapse`]: an old event
/// is worth nothing to somebody who has to read again anyway.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
}

/// How much may wait for a reader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    deliveries: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    room: Room,
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    reader: Option<Waker>,
    /// When the reader last found the queue empty or took from it: nothing before that is lost by
    /// dropping the queue.
    taken_at: Instant,
    closed: bool,
}

impl Room {
    /// Of somebody who follows one thing.
    pub(crate) const ORDINARY: Self = Self {
        deliveries: QUEUE_DELIVERIES_MAX,
        bytes: QUEUE_BYTES_MAX,
    };

    /// Of somebody who follows everything.
    pub(crate) const TAP: Self = Self {
        deliveries: TAP_DELIVERIES_MAX,
        bytes: TAP_BYTES_MAX,
    };
}

impl Queue {
    pub(crate) fn new(room: Room) -> Self {
        let waiting = Waiting {
            room,
            deliveries: VecDeque::new(),
            bytes: 0,
            reader: None,
            taken_at: Instant::now(),
            closed: false,
        };
        Self {
            waiting: Mutex::new(waiting),
        }
    }

    /// Puts `delivery` at the end. Never waits.
    pub(crate) fn push(&self, delivery: Delivery) {
        let reader = {
            let mut waiting = self.waiting.lock();
            if waiting.closed {
                return;
            }
            waiting.add(delivery);
            waiting.reader.take()
        };
        wake(reader);
    }

    /// No delivery will come any more; what waits can still be taken.
    pub(crate) fn close(&self) {
        let reader = {
            let mut waiting = self.waiting.lock();
            waiting.closed = true;
            waiting.reader.take()
        };
        wake(reader);
    }

    /// The first delivery; `None` when the queue is closed and empty.
    pub(crate) fn poll_take(&self, context: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let mut waiting = self.waiting.lock();
        if let Some(delivery) = waiting.deliveries.pop_front() {
            waiting.taken_at = Instant::now();
            waiting.bytes -= weight(&delivery);
            return Poll::Ready(Some(delivery));
        }
        if waiting.closed {
            return Poll::Ready(None);
        }
        if !waiting
            .reader
            .as_ref()
            .is_some_and(|reader| reader.will_wake(context.waker()))
        {
            waiting.reader = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

// === impl Waiting ===

impl Waiting {
    fn add(&mut self, delivery: Delivery) {
        // Two lapses with nothing in between are one, over both times.
        if let (Delivery::Lapse(new), Some(Delivery::Lapse(last))) =
            (&delivery, self.deliveries.back_mut())
        {
            *last = Lapse {
                since: last.since.min(new.since),
                ..*new
            };
            return;
        }
        // The later acknowledgement says all that the earlier one did.
        if let (Delivery::Acknowledged(new), Some(Delivery::Acknowledged(last))) =
            (&delivery, self.deliveries.back_mut())
        {
            last.clone_from(new);
            return;
        }
        let weight = weight(&delivery);
        let full = self.deliveries.len() >= self.room.deliveries
            || self.bytes.saturating_add(weight) > self.room.bytes;
        if full && !self.deliveries.is_empty() {
            self.drop_all();
        }
        self.bytes += weight;
        self.deliveries.push_back(delivery);
    }

    fn drop_all(&mut self) {
        let earliest = self.deliveries.iter().find_map(|delivery| match delivery {
            Delivery::Lapse(lapse) => Some(lapse.since),
            Delivery::Dispatch(_) | Delivery::Acknowledged(_) => None,
        });
        let since = earliest.map_or(self.taken_at, |since| since.min(self.taken_at));
        self.deliveries.clear();
        let lapse = Lapse {
            reason: LapseReason::SlowReader,
            since,
            at: Instant::now(),
        };
        self.deliveries.push_back(Delivery::Lapse(lapse));
        self.bytes = DISPATCH_BYTES;
    }
}

fn weight(delivery: &Delivery) -> usize {
    match delivery {
        Delivery::Dispatch(dispatch) => DISPATCH_BYTES + dispatch.data.get().len(),
        Delivery::Lapse(_) | Delivery::Acknowledged(_) => DISPATCH_BYTES,
    }
}

fn wake(reader: Option<Waker>) {
    if let Some(reader) = reader {
        reader.wake();
    }
}
