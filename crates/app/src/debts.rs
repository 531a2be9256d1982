//! The debts as the front shows them: the registry's open rows, with what the lifecycle knows.

use std::{collections::BTreeMap, time::Duration};

use cordboard_frontend::{Debt, DebtPage, DebtQuery, DebtStage, Debts, DebtsError};
use cordboard_lifecycle::{AttemptId, Channels, Clock as _, Registry as _, Row, Stage};
use cordboard_store::Store;
use tokio::sync::Mutex;

use crate::{
    WallClock,
    error::Source,
    limits::{DEBTS_READ_ROWS, OVERDUE_AFTER},
};

/// The debts of this proxy.
#[derive(Debug)]
pub(crate) struct OpenDebts {
    store: Store,
    channels: Channels,
    clock: WallClock,
    /// Held while deletions are being allowed or stopped.
    setting: Mutex<()>,
}

// === impl OpenDebts ===

impl OpenDebts {
    pub(crate) fn new(store: Store, channels: Channels, clock: WallClock) -> Self {
        Self {
            store,
            channels,
            clock,
            setting: Mutex::new(()),
        }
    }

    /// The stage as a debt, if it is one by now.
    fn stage(&self, row: &Row) -> Option<DebtStage> {
        let overdue_ms = u64::try_from(OVERDUE_AFTER.as_millis()).unwrap_or(u64::MAX);
        let due_ms = row.next_at_ms.max(row.since_ms);
        let is_overdue = due_ms.saturating_add(overdue_ms) < self.clock.now_ms();
        match row.stage {
            Stage::Condemned(_) if is_overdue => Some(DebtStage::Condemned),
            Stage::Verifying(_) if is_overdue => Some(DebtStage::Verifying),
            Stage::Parked(_) => Some(DebtStage::Parked),
            Stage::Quarantined(_) => Some(DebtStage::Quarantined),
            Stage::Unknown => Some(DebtStage::Unknown),
            Stage::Abandoned => Some(DebtStage::Abandoned),
            _ => None,
        }
    }

    fn debt(&self, stage: DebtStage, row: Row) -> Debt {
        let now_ms = self.clock.now_ms();
        let reason = self.channels.trouble(row.attempt).or(row.reason);
        Debt {
            channel_id: row.stage.channel_id().map(twilight_model::id::Id::get),
            attempt: row.attempt.to_string(),
            stage,
            reason,
            age: Duration::from_millis(now_ms.saturating_sub(row.since_ms)),
            tries: row.tries,
            next_try_in: (stage == DebtStage::Parked)
                .then(|| Duration::from_millis(row.next_at_ms.saturating_sub(now_ms))),
            guild_id: row.guild_id.get(),
            request_id: Some(row.request_id).filter(|id| !id.is_empty()),
        }
    }
}

impl Debts for OpenDebts {
    async fn page(&self, query: DebtQuery) -> Result<DebtPage, DebtsError> {
        let mut after = match query.after.as_deref() {
            None | Some("") => None,
            Some(text) => Some(text.parse::<AttemptId>().map_err(|_| DebtsError::After)?),
        };
        let mut page = DebtPage {
            debts: Vec::new(),
            counts: BTreeMap::new(),
            next: None,
            deletions_enabled: !self.channels.deletions_held(),
        };
        // Open rows that are no debts yet are passed over, so a page may take several readings;
        // the counts take them all, and there are no more than a guild and its unknowns hold.
        let (registry, mut last) = (self.store.registry(), None);
        loop {
            let rows = registry.open(last, DEBTS_READ_ROWS).await;
            let rows = rows.map_err(unavailable)?;
            let Some(row) = rows.last() else { break };
            last = Some(row.attempt);
            for row in rows {
                let Some(stage) = self.stage(&row) else {
                    continue;
                };
                *page.counts.entry(stage).or_default() += 1;
                let is_asked_for = query.stage.is_none_or(|wanted| wanted == stage)
                    && after.is_none_or(|after| row.attempt > after);
                if !is_asked_for {
                    continue;
                }
                if page.debts.len() < query.limit {
                    page.debts.push(self.debt(stage, row));
                } else {
                    page.next = page.debts.last().map(|debt| debt.attempt.clone());
                    after = Some(AttemptId::from_bytes([u8::MAX; 16]));
                }
            }
        }
        Ok(page)
    }

    async fn set_deletions(&self, enabled: bool) -> Result<(), DebtsError> {
        // One at a time: whoever allows them must not undo what somebody else was promised since.
        let _setting = self.setting.lock().await;
        // The caller may leave in between, or the record may fail: then deletions are held rather
        // than not. The record outlasts a restart, which a switch alone does not.
        if !enabled {
            self.channels.hold_deletions(true);
        }
        let held = self.store.hold_deletions(!enabled).await;
        held.map_err(unavailable)?;
        if enabled {
            self.channels.hold_deletions(false);
        }
        Ok(())
    }
}

fn unavailable(error: impl Into<Source>) -> DebtsError {
    DebtsError::Unavailable {
        source: error.into(),
    }
}

#[cfg(test)]
mod tests;
