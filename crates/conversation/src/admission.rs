//! How many conversations there may be at the same time, and who waits for a place.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use crate::{AskError, limits::BUSY_RETRY_AFTER};

/// The bounded queue before the first step.
#[derive(Debug)]
pub(crate) struct Admission {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue_max: usize,
    queue_wait: Duration,
}

/// The right to hold one conversation. Dropping it lets the next in.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

/// One request in the queue; leaves it when dropped.
struct Waiter<'a>(&'a AtomicUsize);

// === impl Admission ===

impl Admission {
    pub(crate) fn new(conversations_max: usize, queue_max: usize, queue_wait: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(
                conversations_max.min(Semaphore::MAX_PERMITS),
            )),
            waiting: AtomicUsize::new(0),
            queue_max,
            queue_wait,
        }
    }

    /// Takes a place, in the order of arrival, at the latest at the deadline.
    pub(crate) async fn enter(&self, deadline: Instant) -> Result<Place, AskError> {
        let places = Arc::clone(&self.places);
        if let Ok(permit) = Arc::clone(&places).try_acquire_owned() {
            return Ok(Place { _permit: permit });
        }
        if places.is_closed() {
            return Err(AskError::Closed);
        }
        let Some(_waiter) = Waiter::join(&self.waiting, self.queue_max) else {
            return Err(busy());
        };
        let until = deadline.min(Instant::now() + self.queue_wait);
        match timeout_at(until, places.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place { _permit: permit }),
            Ok(Err(_)) => Err(AskError::Closed),
            Err(_) if until == deadline => Err(AskError::Deadline),
            Err(_) => Err(busy()),
        }
    }

    /// Lets nobody in any more; those who wait are sent away.
    pub(crate) fn close(&self) {
        self.places.close();
    }
}

fn busy() -> AskError {
    AskError::Busy {
        retry_after: BUSY_RETRY_AFTER,
    }
}

// === impl Waiter ===

impl<'a> Waiter<'a> {
    fn join(waiting: &'a AtomicUsize, max: usize) -> Option<Self> {
        let joined = waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            (count < max).then_some(count + 1)
        });
        joined.ok().map(|_| Self(waiting))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn in_seconds(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_get_in_in_turn() {
        let admission = Admission::new(1, 2, Duration::from_mins(1));
        let place = admission.enter(in_seconds(60)).await.unwrap();
        let mut first = Box::pin(admission.enter(in_seconds(60)));
        let mut second = Box::pin(admission.enter(in_seconds(60)));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        let third = admission.enter(in_seconds(60)).await;
        assert!(matches!(third, Err(AskError::Busy { .. })), "{third:?}");

        drop(place);
        assert!(
            second.as_mut().now_or_never().is_none(),
            "not before the first"
        );
        let place = first.await.unwrap();
        drop(place);
        second.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_leaves_the_queue() {
        let admission = Admission::new(1, 1, Duration::from_mins(1));
        let _place = admission.enter(in_seconds(60)).await.unwrap();
        let mut gone = Box::pin(admission.enter(in_seconds(60)));
        assert!(gone.as_mut().now_or_never().is_none());
        drop(gone);
        assert!(matches!(
            admission.enter(in_seconds(5)).await,
            Err(AskError::Deadline)
        ));
        assert_eq!(admission.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_beyond_the_bound() {
        let admission = Admission::new(1, 1, Duration::from_secs(20));
        let _place = admission.enter(in_seconds(60)).await.unwrap();
        let waited = Instant::now();
        let late = admission.enter(in_seconds(60)).await;
        assert!(matches!(late, Err(AskError::Busy { .. })), "{late:?}");
        assert_eq!(waited.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn closing_sends_those_who_wait_away() {
        let admission = Admission::new(1, 1, Duration::from_mins(1));
        let place = admission.enter(in_seconds(60)).await.unwrap();
        let mut waits = Box::pin(admission.enter(in_seconds(60)));
        assert!(waits.as_mut().now_or_never().is_none());
        admission.close();
        assert!(matches!(waits.await, Err(AskError::Closed)));
        drop(place);
        assert!(matches!(
            admission.enter(in_seconds(60)).await,
            Err(AskError::Closed)
        ));
    }
}
