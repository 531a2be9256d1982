//! A registry that forgets.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::Bound,
    sync::Arc,
};

use parking_lot::Mutex;
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker},
};

use super::{Horizon, Registry, RegistryError, Step, Stepped};
use crate::{AttemptId, IllegalStep, Owned, Row};

/// A registry in memory: for trying things out, and for tests. With it a killed process leaves its
/// channels to the audit log alone. Clones share their rows.
#[derive(Clone, Debug, Default)]
pub struct MemoryRegistry {
    record: Arc<Mutex<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    rows: HashMap<AttemptId, Row>,
    open: BTreeSet<AttemptId>,
    channels: HashSet<Id<ChannelMarker>>,
    horizons: HashMap<Id<GuildMarker>, Horizon>,
}

// === impl Record ===

impl Record {
    fn put(&mut self, row: Row) {
        if row.stage.is_open() {
            self.open.insert(row.attempt);
        } else {
            self.open.remove(&row.attempt);
        }
        if let Some(owned) = row.stage.owned() {
            self.channels.insert(owned.channel_id);
            let horizon = self.horizons.entry(row.guild_id).or_default();
            horizon.youngest = horizon.youngest.max(Some(owned.channel_id));
        }
        self.rows.insert(row.attempt, row);
    }
}

// === impl MemoryRegistry ===

impl Registry for MemoryRegistry {
    async fn insert(&self, row: Row) -> Result<bool, RegistryError> {
        let mut record = self.record.lock();
        let known = row
            .stage
            .owned()
            .is_some_and(|own| record.channels.contains(&own.channel_id));
        if known || record.rows.contains_key(&row.attempt) {
            return Ok(false);
        }
        record.put(row);
        Ok(true)
    }

    async fn step(&self, step: Step) -> Result<Stepped, RegistryError> {
        let attempt = step.attempt;
        let mut record = self.record.lock();
        let row = record
            .rows
            .get(&attempt)
            .ok_or(RegistryError::Missing { attempt })?;
        let before = row.stage;
        let stage = before.after(step.event).map_err(RegistryError::Illegal)?;
        let mut row = row.clone();
        if stage != before {
            let taken = |owned: &Owned| record.channels.contains(&owned.channel_id);
            if before.owned().is_none() && stage.owned().as_ref().is_some_and(taken) {
                let illegal = IllegalStep {
                    stage: before,
                    event: step.event,
                };
                return Err(RegistryError::Illegal(illegal));
            }
            row = Row {
                stage,
                next_at_ms: step.next_at_ms,
                tries: step.tries,
                ..row
            };
            record.put(row.clone());
        }
        Ok(Stepped { before, row })
    }

    async fn row(&self, attempt: AttemptId) -> Result<Option<Row>, RegistryError> {
        Ok(self.record.lock().rows.get(&attempt).cloned())
    }

    async fn open(
        &self,
        after: Option<AttemptId>,
        rows_max: usize,
    ) -> Result<Vec<Row>, RegistryError> {
        let record = self.record.lock();
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let open = record.open.range((after, Bound::Unbounded)).take(rows_max);
        Ok(open
            .filter_map(|attempt| record.rows.get(attempt).cloned())
            .collect())
    }

    async fn horizon(
        &self,
        guild_id: Id<GuildMarker>,
        read_to: Option<Id<AuditLogEntryMarker>>,
    ) -> Result<Horizon, RegistryError> {
        let mut record = self.record.lock();
        let horizon = record.horizons.entry(guild_id).or_default();
        horizon.read_to = horizon.read_to.max(read_to);
        Ok(*horizon)
    }
}
