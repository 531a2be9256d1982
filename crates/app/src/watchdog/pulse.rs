//! What a task shows of itself: whether a poll is under way, and how many rounds it has made.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

/// The signs of one task, for a thread that shares nothing else with it. Counters only: no other
/// memory hangs on them.
#[derive(Debug)]
pub(crate) struct Pulse {
    pub(crate) name: &'static str,
    /// How long a round may take; `None` for a task that may rightly wait for ever.
    pub(crate) round_max: Option<Duration>,
    /// Goes up when a poll begins and when it ends: odd while one is under way.
    polls: AtomicU64,
    rounds: AtomicU64,
}

/// A future whose polls are counted.
#[derive(Debug)]
pub(crate) struct Watched<F> {
    pulse: Arc<Pulse>,
    future: Pin<Box<F>>,
}

// === impl Pulse ===

impl Pulse {
    pub(super) const fn new(name: &'static str, round_max: Option<Duration>) -> Self {
        Self {
            name,
            round_max,
            polls: AtomicU64::new(0),
            rounds: AtomicU64::new(0),
        }
    }

    /// Counts the polls of `future` as this task's own.
    pub(crate) fn watch<F: Future>(self: &Arc<Self>, future: F) -> Watched<F> {
        Watched {
            pulse: Arc::clone(self),
            future: Box::pin(future),
        }
    }

    /// Another round is made.
    pub(crate) fn round(&self) {
        self.rounds.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn polls(&self) -> u64 {
        self.polls.load(Ordering::Relaxed)
    }

    pub(super) fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }
}

// === impl Watched ===

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let _under_way = UnderWay::begin(&this.pulse);
        this.future.as_mut().poll(context)
    }
}

/// A poll that is under way, and over when this is dropped, a panic included.
struct UnderWay<'a>(&'a Pulse);

impl<'a> UnderWay<'a> {
    fn begin(pulse: &'a Pulse) -> Self {
        pulse.polls.fetch_add(1, Ordering::Relaxed);
        Self(pulse)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.polls.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, panic::AssertUnwindSafe, task::Waker};

    use super::*;

    #[test]
    fn a_poll_is_under_way_until_it_returns_or_panics() {
        let pulse = Arc::new(Pulse::new("a task", None));
        let mut context = Context::from_waker(Waker::noop());
        let seen = Arc::clone(&pulse);
        let mut watched = pulse.watch(async move {
            assert_eq!(seen.polls() % 2, 1, "under way");
            pending::<()>().await;
        });
        assert!(Pin::new(&mut watched).poll(&mut context).is_pending());
        assert_eq!(pulse.polls(), 2);
        let mut clumsy = pulse.watch(async { panic!("it fell") });
        let polled = AssertUnwindSafe(|| Pin::new(&mut clumsy).poll(&mut context));
        assert!(std::panic::catch_unwind(polled).is_err());
        assert_eq!(pulse.polls(), 4);
    }
}
