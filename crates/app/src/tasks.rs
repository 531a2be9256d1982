//! The group of named tasks that make up a running program.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::task::{Id, JoinSet};

use crate::{Failed, Watchdog, error::Source, watchdog::Pulse};

/// Long-lived tasks by name. One that ends before it was told to, or panics, ends the program: a
/// proxy without its reaper would look alive and leak. The watchdog sees one that is stuck. Dropping
/// the group stops them all.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    watchdog: Watchdog,
    set: JoinSet<Result<(), Source>>,
    names: Vec<(Id, &'static str)>,
}

impl Tasks {
    /// None yet, and a watchdog over those that will be.
    pub(crate) fn new(watchdog: &Watchdog) -> Self {
        Self {
            watchdog: watchdog.clone(),
            ..Self::default()
        }
    }

    /// Starts a task that may wait for ever, as long as it gives its thread back.
    pub(crate) fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), Source>> + Send + 'static,
    ) {
        let pulse = self.watchdog.pulse(name, None);
        self.spawn_watched(name, &pulse, task);
    }

    /// Starts a task that goes in rounds, and is stuck when one takes longer than `round_max`.
    pub(crate) fn spawn_rounds<F>(
        &mut self,
        name: &'static str,
        round_max: Duration,
        task: impl FnOnce(Arc<Pulse>) -> F,
    ) where
        F: Future<Output = Result<(), Source>> + Send + 'static,
    {
        let pulse = self.watchdog.pulse(name, Some(round_max));
        let task = task(Arc::clone(&pulse));
        self.spawn_watched(name, &pulse, task);
    }

    fn spawn_watched(
        &mut self,
        name: &'static str,
        pulse: &Arc<Pulse>,
        task: impl Future<Output = Result<(), Source>> + Send + 'static,
    ) {
        let handle = self.set.spawn(pulse.watch(task));
        self.names.push((handle.id(), name));
    }

    /// Waits until some task ends, however it does; `None` when none is left. Cancel-safe.
    pub(crate) async fn next_end(&mut self) -> Option<Ended> {
        let (id, outcome) = match self.set.join_next_with_id().await? {
            Ok((id, outcome)) => (id, outcome),
            Err(error) => (error.id(), Err(error.into())),
        };
        let task = self
            .names
            .iter()
            .find(|(known, _)| *known == id)
            .map_or("a task", |known| known.1);
        Some(Ended { task, outcome })
    }

    /// Waits until all have ended; the first failure wins.
    pub(crate) async fn all_ended(&mut self) -> Result<(), Failed> {
        let mut first = Ok(());
        while let Some(Ended { task, outcome }) = self.next_end().await {
            first = first.and(outcome.map_err(|source| Failed::of_task(task, source)));
        }
        first
    }
}

/// How one task ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) task: &'static str,
    pub(crate) outcome: Result<(), Source>,
}

#[cfg(test)]
mod tests {
    use cordboard_gateway::Fatal;

    use super::*;

    #[tokio::test]
    async fn a_failure_while_stopping_keeps_its_exit_code() {
        let mut tasks = Tasks::default();
        tasks.spawn("well", async { Ok(()) });
        tasks.spawn("ill", async { Err(Fatal::TokenRefused.into()) });
        let failed = tasks.all_ended().await.unwrap_err();
        assert_eq!(failed.exit_code(), 77, "{failed}");
    }

    #[tokio::test]
    async fn a_panic_is_told_with_the_name_of_its_task() {
        let mut tasks = Tasks::default();
        tasks.spawn("clumsy", async { panic!("it fell") });
        let Ended { task, outcome } = tasks.next_end().await.unwrap();
        let failed = Failed::ended_early(task, outcome);
        assert_eq!(failed.exit_code(), 70);
        assert!(failed.to_string().contains("clumsy"), "{failed}");
    }
}
