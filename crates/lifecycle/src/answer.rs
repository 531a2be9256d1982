//! The answer to one opening: given once, by whichever attempt succeeds first.

use std::{future::poll_fn, task::Poll};

use parking_lot::Mutex;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

use crate::{Lease, OpenError};

/// The way back to whoever asked for a channel. The creation itself and the reconciler may both
/// have an answer; the first one counts.
#[derive(Debug)]
pub(crate) struct Answer {
    sender: Mutex<Option<oneshot::Sender<Result<Lease, OpenError>>>>,
    given: Notify,
    expires_at: Instant,
}

// === impl Answer ===

impl Answer {
    pub(crate) fn new(
        sender: oneshot::Sender<Result<Lease, OpenError>>,
        expires_at: Instant,
    ) -> Self {
        Self {
            sender: Mutex::new(Some(sender)),
            given: Notify::new(),
            expires_at,
        }
    }

    /// Until when the channel may be used, whichever attempt it comes from.
    pub(crate) const fn expires_at(&self) -> Instant {
        self.expires_at
    }

    /// Whether somebody still waits.
    pub(crate) fn is_wanted(&self) -> bool {
        self.sender
            .lock()
            .as_ref()
            .is_some_and(|sender| !sender.is_closed())
    }

    /// Waits until nobody waits any more. For one waiter at a time.
    pub(crate) async fn unwanted(&self) {
        let closed = poll_fn(|context| match self.sender.lock().as_mut() {
            Some(sender) => sender.poll_closed(context),
            None => Poll::Ready(()),
        });
        tokio::select! {
            () = closed => {}
            () = self.given.notified() => {}
        }
    }

    /// Answers. A lease that nobody takes any more is dropped here, which condemns its channel.
    pub(crate) fn give(&self, answer: Result<Lease, OpenError>) {
        let sender = self.sender.lock().take();
        if let Some(sender) = sender {
            drop(sender.send(answer));
            self.given.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use twilight_model::id::Id;

    use super::*;

    #[tokio::test]
    async fn only_the_first_answer_counts_and_a_second_lease_is_released() {
        let (sender, receiver) = oneshot::channel();
        let answer = Answer::new(sender, Instant::now());
        assert!(answer.is_wanted());
        let (first, _held) = Lease::new(Id::new(1));
        let (second, released) = Lease::new(Id::new(2));
        answer.give(Ok(first));
        answer.give(Ok(second));
        assert!(!answer.is_wanted());
        answer.unwanted().await;
        released.await.expect_err("the second lease is released");
        assert_eq!(receiver.await.unwrap().unwrap().channel_id(), Id::new(1));
    }

    #[tokio::test]
    async fn a_lease_for_somebody_who_left_is_released() {
        let (sender, receiver) = oneshot::channel();
        let answer = Answer::new(sender, Instant::now());
        tokio::join!(answer.unwanted(), async { drop(receiver) });
        assert!(!answer.is_wanted());
        let (lease, released) = Lease::new(Id::new(1));
        answer.give(Ok(lease));
        released.await.expect_err("the lease is released");
    }
}
