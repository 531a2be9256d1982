//! A first-come, first-served line in front of a closed gate.

use tokio::{
    sync::{Mutex, MutexGuard, Notify},
    time::{Instant, sleep_until},
};

use crate::limits::LINE_RECHECK;

/// Those who wait for one bucket, or for the global gate. Only the head looks at the gate, so a
/// thousand waiters cost no more wake-ups than requests.
#[derive(Debug, Default)]
pub(crate) struct Line {
    turn: Mutex<()>,
    changed: Notify,
}

impl Line {
    /// Waits until everybody who came before has gone. Cancel-safe: leaving gives the place up.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.turn.try_lock().is_err()
    }

    /// For the head: waits until the gate may have opened.
    pub(crate) async fn changed(&self, until: Option<Instant>) {
        let recheck = Instant::now() + LINE_RECHECK;
        tokio::select! {
            () = self.changed.notified() => {}
            () = sleep_until(until.map_or(recheck, |until| until.min(recheck))) => {}
        }
    }

    /// An answer arrived: the head looks again. Stored when the head is just looking.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }
}
