//! The tasks of one server.

use std::{future::Future, thread};

use tokio::task::JoinHandle;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// What runs beside the listener: connections, exchanges, bots.
///
/// A panic in any of them is told to [`Tasks::broken`]: a bug of the simulator must not pass for a
/// fault of Discord.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    stopped: CancellationToken,
    broken: CancellationToken,
}

/// Rings when it is dropped by a panic.
struct Alarm(CancellationToken);

impl Drop for Alarm {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.cancel();
        }
    }
}

// === impl Tasks ===

impl Tasks {
    /// Starts a task that is dropped where it stands when the server stops.
    pub(crate) fn start<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<Option<T>> {
        self.start_whole(self.stopped.clone().run_until_cancelled_owned(work))
    }

    /// Starts a task that goes on until it ends by itself; it should listen to
    /// [`Tasks::stopped`].
    pub(crate) fn start_whole<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let alarm = Alarm(self.broken.clone());
        self.tracker.spawn(async move {
            let _alarm = alarm;
            work.await
        })
    }

    /// Waits until the server stops.
    pub(crate) async fn stopped(&self) {
        self.stopped.cancelled().await;
    }

    /// Waits until a task panics.
    pub(crate) async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Stops everything when it is dropped.
    pub(crate) fn stop_on_drop(&self) -> DropGuard {
        self.stopped.clone().drop_guard()
    }

    /// Stops everything, and waits until it has stopped.
    pub(crate) async fn end(&self) {
        self.stopped.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_any_task_is_told() {
        let tasks = Tasks::default();
        tasks.start(async {});
        tasks.start_whole(async {});
        let quiet = timeout(Duration::from_secs(1), tasks.broken()).await;
        quiet.unwrap_err();
        tasks.start(async {
            tokio::task::yield_now().await;
            panic!("a bug");
        });
        let told = timeout(Duration::from_secs(1), tasks.broken()).await;
        told.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_leaves_no_task_behind() {
        let tasks = Tasks::default();
        let cut = tasks.start(pending::<()>());
        let own = tasks.clone();
        let whole = tasks.start_whole(async move {
            own.stopped().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            "done"
        });
        tasks.end().await;
        assert_eq!(cut.await.unwrap(), None);
        assert!(whole.is_finished());
        assert_eq!(whole.await.unwrap(), "done");
        let quiet = timeout(Duration::from_secs(1), tasks.broken()).await;
        quiet.unwrap_err();
    }
}
