//! Keeping a bot alive as something that is due now and then.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};

use super::{KeepAlive, Keeper, Ledger, Occasion, Talk};
use crate::{Ended, Job, Schedule, Turn, alerts::Alarms, limits::PATIENCE_MAX};

/// Keeping one bot alive as a [`Job`]: one for each bot, so that none waits for another one.
#[derive(Debug)]
pub struct KeepAliveJob<T, L, A> {
    keeper: Arc<Keeper<T, L, A>>,
    bot: KeepAlive,
    schedule: Schedule,
    name: String,
}

/// The name in the diary of the job that keeps this bot alive.
#[must_use]
pub fn keep_alive_job(bot: &str) -> String {
    format!("keepalive/{bot}")
}

// === impl KeepAliveJob ===

impl<T, L, A> KeepAliveJob<T, L, A> {
    /// The job of keeping this bot alive.
    pub fn new(keeper: Arc<Keeper<T, L, A>>, bot: KeepAlive, schedule: Schedule) -> Self {
        Self {
            keeper,
            name: keep_alive_job(&bot.bot),
            bot,
            schedule,
        }
    }

    /// Until half of the time to the next due time has passed.
    fn patience(&self, due_ms: u64) -> Duration {
        let next_ms = self.schedule.next_after(due_ms).unwrap_or(u64::MAX);
        PATIENCE_MAX.min(Duration::from_millis((next_ms - due_ms) / 2))
    }
}

impl<T: Talk, L: Ledger, A: Alarms> Job for KeepAliveJob<T, L, A> {
    fn name(&self) -> &str {
        &self.name
    }

    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn run(&self, turn: Turn) -> BoxFuture<'_, Ended> {
        let occasion = Occasion {
            job: self.name.clone(),
            due_ms: turn.due_ms,
        };
        async move {
            let patience = self.patience(turn.due_ms);
            let report = self.keeper.keep(&self.bot, &occasion, patience).await;
            report.map_or(Ended::Left, |report| {
                Ended::Done(report.outcome.name().to_owned())
            })
        }
        .boxed()
    }
}
