//! The record in memory: for tests, and for bots that may forget.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use twilight_model::id::{
    Id,
    marker::{GuildMarker, RoleMarker},
};

use super::{JournalError, RoleJournal, RoleRow, RoleStage, Source};

/// The record in memory. It lasts as long as the process, or as the last of its handles.
#[derive(Debug, Default)]
pub struct MemoryRoleJournal {
    shared: Arc<Shared>,
    /// Who holds a guild through this handle.
    holder: u64,
}

#[derive(Debug, Default)]
struct Shared {
    holders: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<(Id<GuildMarker>, Id<RoleMarker>), RoleRow>,
    leases: BTreeMap<Id<GuildMarker>, (u64, u64)>,
}

// === impl MemoryRoleJournal ===

impl MemoryRoleJournal {
    /// Another handle on the same record, as another process would have it.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            holder: 1 + self.shared.holders.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl RoleJournal for MemoryRoleJournal {
    async fn begin(&self, rows: Vec<RoleRow>) -> Result<(), JournalError> {
        let mut state = self.shared.state.lock();
        for row in rows {
            let key = (row.guild_id, row.role_id);
            let known = state.rows.get(&key).filter(|known| known.stage.is_open());
            let row = known.map_or_else(|| row.clone(), |known| known.planned_anew(&row));
            state.rows.insert(key, row);
        }
        Ok(())
    }

    async fn step(&self, mut rows: Vec<RoleRow>) -> Result<(), JournalError> {
        let mut state = self.shared.state.lock();
        let is_open = |row: &RoleRow| {
            let known = state.rows.get(&(row.guild_id, row.role_id));
            known.is_some_and(|known| known.stage.is_open())
        };
        let is_asked = |row: &RoleRow| row.stage == RoleStage::Asked;
        if rows.iter().any(|row| is_asked(row) && !is_open(row)) {
            let source: Source = "somebody else has settled this role".into();
            return Err(source.into());
        }
        rows.retain(is_open);
        let rows = rows.into_iter();
        let rows = rows.map(|row| ((row.guild_id, row.role_id), row));
        state.rows.extend(rows);
        Ok(())
    }

    async fn rows(
        &self,
        guild_id: Id<GuildMarker>,
        settled_since_ms: u64,
    ) -> Result<Vec<RoleRow>, JournalError> {
        let state = self.shared.state.lock();
        let told = |row: &&RoleRow| {
            let is_wanted = row.stage.is_open() || row.since_ms >= settled_since_ms;
            row.guild_id == guild_id && is_wanted
        };
        Ok(state.rows.values().filter(told).cloned().collect())
    }

    async fn hold(
        &self,
        guild_id: Id<GuildMarker>,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<bool, JournalError> {
        let mut state = self.shared.state.lock();
        let taken = state.leases.get_mut(&guild_id);
        let is_theirs = taken.is_some_and(|(who, until)| {
            if *who != self.holder {
                *until = until_ms.min(*until);
            }
            *who != self.holder && *until > now_ms
        });
        if !is_theirs {
            state.leases.insert(guild_id, (self.holder, until_ms));
        }
        Ok(!is_theirs)
    }

    async fn release(&self, guild_id: Id<GuildMarker>) -> Result<(), JournalError> {
        let mut state = self.shared.state.lock();
        if state
            .leases
            .get(&guild_id)
            .is_some_and(|(who, _)| *who == self.holder)
        {
            state.leases.remove(&guild_id);
        }
        Ok(())
    }
}
