//! One subscriber's end.

use std::{future::poll_fn, sync::Arc};

use crate::{Delivery, hub::Shared, queue::Queue, table::Topic};

/// One subscriber's end of the hub. Dropping it unsubscribes.
#[derive(Debug)]
pub struct Subscription {
    shared: Arc<Shared>,
    topic: Topic,
    queue: Arc<Queue>,
}

impl Subscription {
    pub(crate) fn new(shared: Arc<Shared>, topic: Topic, queue: Arc<Queue>) -> Self {
        Self {
            shared,
            topic,
            queue,
        }
    }

    /// The next delivery; `None` when the gateway is over and nothing waits any more.
    ///
    /// Cancel-safe: a delivery is taken out of the queue only when it is returned. At most 512
    /// deliveries or 512 KiB wait (more for a [tap](crate::Hub::tap)); what comes on top drops the
    /// queue and leaves a [`Lapse`](crate::Lapse).
    pub async fn next(&mut self) -> Option<Delivery> {
        poll_fn(|context| self.queue.poll_take(context)).await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shared.table.lock().remove(self.topic, &self.queue);
    }
}
