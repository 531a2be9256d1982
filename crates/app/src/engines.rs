//! What runs below the front.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    Failed, Watchdog,
    error::Source,
    limits::ENGINES_STOP_TIMEOUT,
    tasks::{Ended, Tasks},
    watchdog::Pulse,
};

/// What runs below the front, from before the first request until after the last.
#[derive(Debug)]
pub(crate) struct Engines {
    tasks: Tasks,
    stop: CancellationToken,
    /// Cancelled once something has failed, and they are told to stop because of it.
    failing: CancellationToken,
}

// === impl Engines ===

impl Engines {
    /// None yet, and a watchdog over those that will be.
    pub(crate) fn new(watchdog: &Watchdog) -> Self {
        Self {
            tasks: Tasks::new(watchdog),
            stop: CancellationToken::new(),
            failing: CancellationToken::new(),
        }
    }

    /// Tells whoever is told to stop whether something has failed.
    pub(crate) fn failing(&self) -> CancellationToken {
        self.failing.clone()
    }

    pub(crate) fn spawn<E, F>(
        &mut self,
        name: &'static str,
        run: impl FnOnce(CancellationToken) -> F,
    ) where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Source>,
    {
        let running = run(self.stop.clone());
        self.tasks
            .spawn(name, async move { running.await.map_err(Into::into) });
    }

    /// Starts what cannot fail, and may end with what it listens to: that has a reason of its own,
    /// which is told by what ended.
    pub(crate) fn spawn_care(
        &mut self,
        name: &'static str,
        care: impl Future<Output = ()> + Send + 'static,
    ) {
        self.tasks.spawn(name, until(self.stop.clone(), care));
    }

    /// As [`Self::spawn_care`], for what goes in rounds that take no longer than `round_max`.
    pub(crate) fn spawn_rounds<F>(
        &mut self,
        name: &'static str,
        round_max: Duration,
        care: impl FnOnce(Arc<Pulse>) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.tasks
            .spawn_rounds(name, round_max, |pulse| until(stop, care(pulse)));
    }

    /// Waits until one ends although nobody has told it to, however it does.
    pub(crate) async fn one_ends(&mut self) -> Failed {
        match self.tasks.next_end().await {
            Some(Ended { task, outcome }) => Failed::ended_early(task, outcome),
            // There is none any more, and the last one's end has been told.
            None => pending().await,
        }
    }

    /// Waits for `ready`, but not for what cannot come any more.
    pub(crate) async fn unless_one_ends<T>(
        &mut self,
        ready: impl Future<Output = Result<T, Failed>>,
    ) -> Result<T, Failed> {
        tokio::select! {
            // Why a task ended says more than that it is gone.
            biased;
            failed = self.one_ends() => Err(failed),
            ready = ready => ready,
        }
    }

    /// Tells them to stop, and whether `outcome` is why, and waits, within a bound, until they have.
    pub(crate) async fn end(mut self, outcome: &Result<(), Failed>) -> Result<(), Failed> {
        if outcome.is_err() {
            self.failing.cancel();
        }
        self.stop.cancel();
        timeout(ENGINES_STOP_TIMEOUT, self.tasks.all_ended())
            .await
            .unwrap_or_else(|elapsed| {
                Err(Failed::Task {
                    task: "an engine that was told to stop",
                    source: elapsed.into(),
                })
            })
    }
}

/// Cares until told to stop, and then ends well.
async fn until(stop: CancellationToken, care: impl Future<Output = ()>) -> Result<(), Source> {
    let caring = async {
        care.await;
        pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = caring => {}
    }
    Ok(())
}
