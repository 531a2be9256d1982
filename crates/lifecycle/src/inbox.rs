//! How one part of the driver hands rows to another.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// A queue with one reader that takes without waiting, so that no part of the driver can block
/// another. Its bound is the caller's: it holds rows, each at most once, and open rows are bounded
/// by what the guild can hold and by [`crate::limits::OPENINGS_MAX`].
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    queue: Mutex<VecDeque<T>>,
    arrived: Notify,
}

// === impl Inbox ===

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::new(VecDeque::new()),
            arrived: Notify::new(),
        }
    }

    pub(crate) fn put(&self, item: T) {
        self.queue.lock().push_back(item);
        self.arrived.notify_one();
    }

    /// The next item, if one is there.
    pub(crate) fn take(&self) -> Option<T> {
        self.queue.lock().pop_front()
    }

    /// The next item. Cancel-safe.
    pub(crate) async fn next(&self) -> T {
        loop {
            if let Some(item) = self.take() {
                return item;
            }
            // A notice given meanwhile is kept for us, so that nothing is slept through.
            self.arrived.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_slept_through_or_reordered() {
        let inbox = Inbox::new();
        let read = async {
            for expected in 0..100 {
                assert_eq!(inbox.next().await, expected);
            }
        };
        let write = async {
            for item in 0..100 {
                inbox.put(item);
                if item % 3 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::join!(read, write);
    }
}
