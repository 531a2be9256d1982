//! A fair line in front of a closed gate.

use parking_lot::Mutex;
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep_until},
};

use super::{
    fair::{Fair, Place},
    share::Share,
};
use crate::limits::LINE_RECHECK;

/// Those who wait for one bucket, or for the global gate. Only the one whose turn it is looks at
/// the gate, so a thousand waiters cost no more wake-ups than requests.
#[derive(Debug, Default)]
pub(crate) struct Line {
    queue: Mutex<Fair<oneshot::Sender<()>>>,
    changed: Notify,
}

/// A place in line, and the turn once [`Line::turn`] has returned it. Dropping it gives it up.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    line: &'a Line,
    place: Place,
    passed: bool,
}

impl Line {
    /// Waits for the turn. Cancel-safe: leaving gives the place up.
    pub(crate) async fn turn(&self, share: Share) -> Turn<'_> {
        let (waker, called) = oneshot::channel();
        let (place, alone) = {
            let mut queue = self.queue.lock();
            // Upkeep at a bucket's head may be held back by what it has to leave to others: to us.
            if queue.turn() == Some(Share::Upkeep) && share != Share::Upkeep {
                self.wake();
            }
            queue.enter(share, waker)
        };
        let turn = Turn {
            line: self,
            place,
            passed: false,
        };
        if !alone {
            come(called).await;
        }
        turn
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.queue.lock().turn().is_some()
    }

    /// For the head: waits until the gate may have opened.
    pub(crate) async fn changed(&self, until: Option<Instant>) {
        let recheck = Instant::now() + LINE_RECHECK;
        tokio::select! {
            biased;
            () = self.changed.notified() => {}
            () = sleep_until(until.map_or(recheck, |until| until.min(recheck))) => {}
        }
    }

    /// An answer arrived: the head looks again. Stored when the head is just looking.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    /// See [`Fair::prefer_deletions`].
    pub(crate) fn prefer_deletions(&self, first: bool) {
        self.queue.lock().prefer_deletions(first);
    }
}

impl Turn<'_> {
    /// Went through the gate; the turn is over.
    pub(crate) fn pass(mut self) {
        self.passed = true;
    }

    /// Lets the other shares go first and waits for the turn to come back. `false`, at once, when
    /// nobody of them waits. Cancel-safe.
    pub(crate) async fn step_aside(&mut self) -> bool {
        let (waker, called) = oneshot::channel();
        let next = self.line.queue.lock().step_aside(self.place, waker);
        let stepped = next.is_some();
        call(next);
        if stepped {
            come(called).await;
        }
        stepped
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        call(self.line.queue.lock().leave(self.place, self.passed));
    }
}

fn call(waker: Option<oneshot::Sender<()>>) {
    if let Some(waker) = waker {
        // Who is just leaving hears nothing, and passes the turn on when its `Turn` is dropped.
        waker.send(()).unwrap_or_default();
    }
}

async fn come(called: oneshot::Receiver<()>) {
    called
        .await
        .expect("the line keeps the sender until it calls, and outlives the place");
}
