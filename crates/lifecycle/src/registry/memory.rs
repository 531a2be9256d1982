//! A registry that forgets.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Bound,
    sync::Arc,
};

use parking_lot::Mutex;
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker},
};

use super::{Entered, Entry, Horizon, Registry, RegistryError, Step, Stepped};
use crate::{AttemptId, Event, IllegalStep, Owner, Row};

const HOUR_MS: u64 = 3_600_000;

/// A registry in memory: for trying things out, and for tests. With it a killed process leaves its
/// channels to the audit log alone. Clones share their rows.
#[derive(Clone, Debug, Default)]
pub struct MemoryRegistry {
    record: Arc<Mutex<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    /// The life that may write.
    current: Option<Owner>,
    rows: HashMap<AttemptId, Row>,
    open: BTreeSet<AttemptId>,
    channels: HashSet<Id<ChannelMarker>>,
    asked: HashSet<AttemptId>,
    guilds: HashMap<Id<GuildMarker>, Guild>,
}

/// What is known of one guild.
#[derive(Debug, Default)]
struct Guild {
    read_to: Option<Id<AuditLogEntryMarker>>,
    youngest: Option<Id<ChannelMarker>>,
    /// By hour since 1970: rows inserted, rows asked for the first time.
    hours: BTreeMap<u64, (u64, u64)>,
}

// === impl Record ===

impl Record {
    fn admit(&self, owner: Owner) -> Result<(), RegistryError> {
        if self.current == Some(owner) {
            Ok(())
        } else {
            Err(RegistryError::Fenced)
        }
    }

    fn put(&mut self, row: Row) {
        if row.stage.is_open() {
            self.open.insert(row.attempt);
        } else {
            self.open.remove(&row.attempt);
        }
        let known = self.rows.get(&row.attempt);
        if let Some(former) = known.and_then(|row| row.stage.channel_id()) {
            self.channels.remove(&former);
        }
        if let Some(channel_id) = row.stage.channel_id() {
            self.channels.insert(channel_id);
        }
        if let Some(owned) = row.stage.owned() {
            let guild = self.guilds.entry(row.guild_id).or_default();
            guild.youngest = guild.youngest.max(Some(owned.channel_id));
        }
        self.rows.insert(row.attempt, row);
    }

    fn hour(&mut self, guild_id: Id<GuildMarker>, at_ms: u64) -> &mut (u64, u64) {
        let guild = self.guilds.entry(guild_id).or_default();
        guild.hours.entry(at_ms / HOUR_MS).or_default()
    }
}

// === impl Guild ===

impl Guild {
    fn horizon(&self, at_ms: u64) -> Horizon {
        let since = (at_ms / HOUR_MS).saturating_sub(24);
        let hours = self.hours.range(since..).map(|(_, counts)| counts);
        Horizon {
            read_to: self.read_to,
            youngest: self.youngest,
            inserted: hours.clone().map(|counts| counts.0).sum(),
            asked: hours.map(|counts| counts.1).sum(),
        }
    }
}

// === impl MemoryRegistry ===

impl Registry for MemoryRegistry {
    async fn enter(&self, entry: Entry) -> Result<Entered, RegistryError> {
        let mut record = self.record.lock();
        let epoch = record.current.map_or(0, |owner| owner.epoch) + 1;
        let owner = Owner {
            instance: entry.instance,
            epoch,
        };
        record.current = Some(owner);
        let guild = record.guilds.entry(entry.guild_id).or_default();
        Ok(Entered {
            owner,
            horizon: guild.horizon(entry.at_ms),
        })
    }

    async fn insert(&self, row: Row) -> Result<bool, RegistryError> {
        let mut record = self.record.lock();
        record.admit(row.owner)?;
        let channel_id = row.stage.channel_id();
        let known = channel_id.is_some_and(|id| record.channels.contains(&id));
        if known || record.rows.contains_key(&row.attempt) {
            return Ok(false);
        }
        record.hour(row.guild_id, row.since_ms).0 += 1;
        record.put(row);
        Ok(true)
    }

    async fn step(&self, step: Step) -> Result<Stepped, RegistryError> {
        let attempt = step.attempt;
        let mut record = self.record.lock();
        record.admit(step.owner)?;
        let row = record
            .rows
            .get(&attempt)
            .cloned()
            .ok_or(RegistryError::Missing { attempt })?;
        let before = row.stage;
        let illegal = |source| RegistryError::Illegal {
            row: Box::new(row.clone()),
            source,
        };
        let stage = before.after(step.event).map_err(illegal)?;
        let channel_id = stage.channel_id();
        let is_taken = |id| before.channel_id() != Some(id) && record.channels.contains(&id);
        if channel_id.is_some_and(is_taken) {
            return Err(illegal(IllegalStep {
                stage: before,
                event: step.event,
            }));
        }
        if step.event == Event::Asked && record.asked.insert(attempt) {
            record.hour(row.guild_id, step.at_ms).1 += 1;
        }
        let row = step.applied(row, stage);
        record.put(row.clone());
        Ok(Stepped { before, row })
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

    async fn read_to(
        &self,
        owner: Owner,
        guild_id: Id<GuildMarker>,
        entry_id: Id<AuditLogEntryMarker>,
    ) -> Result<(), RegistryError> {
        let mut record = self.record.lock();
        record.admit(owner)?;
        let guild = record.guilds.entry(guild_id).or_default();
        guild.read_to = guild.read_to.max(Some(entry_id));
        Ok(())
    }
}
