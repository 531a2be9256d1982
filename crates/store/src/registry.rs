//! `cordboard_lifecycle::Registry` over SQLite.

use std::{fmt, sync::Arc};

use cordboard_lifecycle::{
    AttemptId, Entered, Entry, Event, IllegalStep, Owner, Registry, RegistryError, Row, Step,
    Stepped, kp,
};
use rusqlite::{Connection, ErrorCode};
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, GuildMarker},
};

use crate::{
    StoreError,
    group_commit::GroupCommit,
    journal,
    life::{self, Counted},
    record,
};

/// What a request that SQLite did not mind came to: the port's own refusals write nothing.
type Outcome<T> = rusqlite::Result<Result<T, RegistryError>>;

/// The registry of owned channels in SQLite. What a call says it wrote survives a power failure.
#[derive(Clone)]
pub struct SqliteRegistry {
    database: Arc<GroupCommit>,
}

// === impl SqliteRegistry ===

impl SqliteRegistry {
    pub(crate) const fn new(database: Arc<GroupCommit>) -> Self {
        Self { database }
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let failed = |error: StoreError| RegistryError::Failed {
            source: error.into(),
        };
        self.database.call(work).await.map_err(failed)
    }
}

impl Registry for SqliteRegistry {
    async fn enter(&self, entry: Entry) -> Result<Entered, RegistryError> {
        self.call(move |connection| life::enter(connection, entry))
            .await
    }

    async fn insert(&self, row: Row) -> Result<bool, RegistryError> {
        self.call(move |connection| insert(connection, &row))
            .await?
    }

    async fn step(&self, step: Step) -> Result<Stepped, RegistryError> {
        self.call(move |connection| take(connection, step)).await?
    }

    async fn open(
        &self,
        after: Option<AttemptId>,
        rows_max: usize,
    ) -> Result<Vec<Row>, RegistryError> {
        self.call(move |connection| record::open(connection, after, rows_max))
            .await
    }

    async fn read_to(
        &self,
        owner: Owner,
        guild_id: Id<GuildMarker>,
        entry_id: Id<AuditLogEntryMarker>,
    ) -> Result<(), RegistryError> {
        self.call(move |connection| {
            if !life::is_current(connection, owner)? {
                return Ok(Err(RegistryError::Fenced));
            }
            life::read_to(connection, guild_id, entry_id).map(Ok)
        })
        .await?
    }
}

impl fmt::Debug for SqliteRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteRegistry").finish_non_exhaustive()
    }
}

fn insert(connection: &Connection, row: &Row) -> Outcome<bool> {
    if !life::is_current(connection, row.owner)? {
        return Ok(Err(RegistryError::Fenced));
    }
    let is_new = record::insert(connection, row)?;
    if is_new {
        life::count(connection, row.guild_id, row.since_ms, Counted::Inserted)?;
        journal::begin(connection, row)?;
    }
    kp!("store.row.inserted");
    Ok(Ok(is_new))
}

fn take(connection: &Connection, step: Step) -> Outcome<Stepped> {
    if !life::is_current(connection, step.owner)? {
        return Ok(Err(RegistryError::Fenced));
    }
    let attempt = step.attempt;
    let Some(former) = record::read(connection, attempt)? else {
        return Ok(Err(RegistryError::Missing { attempt }));
    };
    let (before, event, at_ms) = (former.stage, step.event, step.at_ms);
    let illegal = |row: Row, source| {
        let row = Box::new(row);
        Ok(Err(RegistryError::Illegal { row, source }))
    };
    let stage = match before.after(event) {
        Ok(stage) => stage,
        Err(source) => return illegal(former, source),
    };
    let reason = step.reason.clone();
    let row = step.applied(former.clone(), stage);
    if row != former {
        match record::update(connection, &row) {
            Ok(()) => {}
            // The channel belongs to another row, or the trigger knows a rule that we broke.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                let stage = before;
                return illegal(former, IllegalStep { stage, event });
            }
            Err(error) => return Err(error),
        }
    }
    if event == Event::Asked && record::ask(connection, attempt, at_ms)? {
        life::count(connection, row.guild_id, at_ms, Counted::Asked)?;
    }
    if event == Event::Asked || stage != before {
        journal::write_step(connection, (before, event), &row, at_ms, reason.as_deref())?;
    }
    kp!("store.row.stepped");
    Ok(Ok(Stepped { before, row }))
}

#[cfg(test)]
mod tests;
