//! A record in memory.

use std::sync::Arc;

use parking_lot::Mutex;
use twilight_model::id::{Id, marker::MessageMarker};

use super::{Attempt, Ledger, Outcome, Report, Tried};
use crate::Failure;

/// A record in memory: for one process, and gone with it. A process that goes on after another one then
/// posts again, as far as Discord has forgotten the nonce.
#[derive(Clone, Debug, Default)]
pub struct MemoryLedger(Arc<Mutex<Vec<Tried>>>);

/// How many are kept: a day's for as many bots as anybody runs.
const KEPT_MAX: usize = 1_024;

// === impl MemoryLedger ===

impl MemoryLedger {
    fn change(&self, attempt: &Attempt, change: impl FnOnce(&mut Tried)) {
        let mut all = self.0.lock();
        if let Some(tried) = all.iter_mut().find(|tried| tried.attempt == *attempt) {
            change(tried);
        }
    }
}

impl Ledger for MemoryLedger {
    async fn begin(&self, attempt: &Attempt) -> Result<(), Failure> {
        let mut all = self.0.lock();
        if all.len() == KEPT_MAX {
            all.remove(0);
        }
        all.push(Tried {
            attempt: attempt.clone(),
            message_id: None,
            outcome: None,
        });
        Ok(())
    }

    async fn posted(
        &self,
        attempt: &Attempt,
        message_id: Id<MessageMarker>,
    ) -> Result<(), Failure> {
        self.change(attempt, |tried| tried.message_id = Some(message_id));
        Ok(())
    }

    async fn settle(&self, attempt: &Attempt, outcome: &Outcome) -> Result<(), Failure> {
        self.change(attempt, |tried| tried.outcome = Some(outcome.clone()));
        Ok(())
    }

    async fn tried(&self, job: &str, due_ms: u64) -> Result<Vec<Tried>, Failure> {
        let all = self.0.lock();
        let of_due = all.iter().filter(|tried| {
            let attempt = &tried.attempt;
            attempt.job == job && attempt.due_ms == due_ms
        });
        Ok(of_due.cloned().collect())
    }

    async fn conclude(&self, _: &str, _: u64, _: &Report) -> Result<(), Failure> {
        Ok(())
    }
}
