//! `cordboard_lifecycle::Registry` over SQLite.

use std::{fmt, sync::Arc};

use cordboard_lifecycle::{
    AttemptId, Evidence, Horizon, IllegalStep, Owned, Registry, RegistryError, Row, Stage, Step,
    Stepped, kp,
};
use rusqlite::{
    Connection, ErrorCode, OptionalExtension as _, named_params,
    types::{FromSqlError, Type},
};
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, GuildMarker},
};

use crate::{StoreError, group_commit::GroupCommit};

macro_rules! columns {
    () => {
        "attempt, request_id, guild_id, stage, channel_id, evidence, not_before_ms, \
         deadline_at_ms, next_at_ms, tries"
    };
}

/// Attempt and channel are each unique: whichever is on record already, nothing is written.
const INSERT: &str = concat!(
    "INSERT INTO channel (",
    columns!(),
    ") VALUES (:attempt, :request_id, :guild_id, :stage, :channel_id, :evidence, :not_before_ms, \
     :deadline_at_ms, :next_at_ms, :tries) ON CONFLICT DO NOTHING"
);

const READ: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM channel WHERE attempt = :attempt"
);

/// Written as the index is, so that settled rows are not even looked at.
const OPEN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM channel WHERE stage NOT IN ('not_created', 'gone') AND attempt > :after \
     ORDER BY attempt LIMIT :rows_max"
);

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
    async fn insert(&self, row: Row) -> Result<bool, RegistryError> {
        self.call(move |connection| insert(connection, &row)).await
    }

    async fn step(&self, step: Step) -> Result<Stepped, RegistryError> {
        self.call(move |connection| take(connection, step)).await?
    }

    async fn row(&self, attempt: AttemptId) -> Result<Option<Row>, RegistryError> {
        self.call(move |connection| read(connection, attempt)).await
    }

    async fn open(
        &self,
        after: Option<AttemptId>,
        rows_max: usize,
    ) -> Result<Vec<Row>, RegistryError> {
        self.call(move |connection| {
            let mut query = connection.prepare_cached(OPEN)?;
            let after = after.map(|attempt| attempt.to_string()).unwrap_or_default();
            let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
            let values = named_params! { ":after": after, ":rows_max": rows_max };
            query.query_map(values, row_of)?.collect()
        })
        .await
    }

    async fn horizon(
        &self,
        guild_id: Id<GuildMarker>,
        read_to: Option<Id<AuditLogEntryMarker>>,
    ) -> Result<Horizon, RegistryError> {
        self.call(move |connection| horizon(connection, guild_id, read_to))
            .await
    }
}

impl fmt::Debug for SqliteRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteRegistry").finish_non_exhaustive()
    }
}

fn insert(connection: &Connection, row: &Row) -> rusqlite::Result<bool> {
    let mut insert = connection.prepare_cached(INSERT)?;
    let owned = row.stage.owned();
    let inserted = insert.execute(named_params! {
        ":attempt": row.attempt.to_string(),
        ":request_id": row.request_id,
        ":guild_id": signed(row.guild_id.get()),
        ":stage": row.stage.name(),
        ":channel_id": owned.map(|owned| signed(owned.channel_id.get())),
        ":evidence": owned.map(|owned| owned.evidence.name()),
        ":not_before_ms": signed(row.not_before_ms),
        ":deadline_at_ms": signed(row.deadline_at_ms),
        ":next_at_ms": signed(row.next_at_ms),
        ":tries": row.tries,
    })?;
    kp!("store.row.inserted");
    Ok(inserted == 1)
}

fn read(connection: &Connection, attempt: AttemptId) -> rusqlite::Result<Option<Row>> {
    let mut query = connection.prepare_cached(READ)?;
    query
        .query_row(named_params! { ":attempt": attempt.to_string() }, row_of)
        .optional()
}

fn take(connection: &Connection, step: Step) -> rusqlite::Result<Result<Stepped, RegistryError>> {
    let attempt = step.attempt;
    let Some(row) = read(connection, attempt)? else {
        return Ok(Err(RegistryError::Missing { attempt }));
    };
    let before = row.stage;
    let stage = match before.after(step.event) {
        Ok(stage) if stage == before => return Ok(Ok(Stepped { before, row })),
        Ok(stage) => stage,
        Err(illegal) => return Ok(Err(RegistryError::Illegal(illegal))),
    };
    let row = Row {
        stage,
        next_at_ms: step.next_at_ms,
        tries: step.tries,
        ..row
    };
    match update(connection, &row) {
        Ok(()) => Ok(Ok(Stepped { before, row })),
        // The channel belongs to another row, or the trigger knows a rule that we broke.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Ok(Err(RegistryError::Illegal(IllegalStep {
                stage: before,
                event: step.event,
            })))
        }
        Err(error) => Err(error),
    }
}

fn update(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached(
        "UPDATE channel SET stage = :stage, channel_id = :channel_id, evidence = :evidence,
             next_at_ms = :next_at_ms, tries = :tries
         WHERE attempt = :attempt",
    )?;
    let owned = row.stage.owned();
    update.execute(named_params! {
        ":attempt": row.attempt.to_string(),
        ":stage": row.stage.name(),
        ":channel_id": owned.map(|owned| signed(owned.channel_id.get())),
        ":evidence": owned.map(|owned| owned.evidence.name()),
        ":next_at_ms": signed(row.next_at_ms),
        ":tries": row.tries,
    })?;
    kp!("store.row.stepped");
    Ok(())
}

fn horizon(
    connection: &Connection,
    guild_id: Id<GuildMarker>,
    read_to: Option<Id<AuditLogEntryMarker>>,
) -> rusqlite::Result<Horizon> {
    let guild_id = signed(guild_id.get());
    if let Some(read_to) = read_to {
        let mut update = connection.prepare_cached(
            "INSERT INTO audit_log (guild_id, read_to) VALUES (:guild_id, :read_to)
             ON CONFLICT DO UPDATE SET read_to = max(read_to, excluded.read_to)",
        )?;
        let read_to = signed(read_to.get());
        update.execute(named_params! { ":guild_id": guild_id, ":read_to": read_to })?;
        kp!("store.horizon.moved");
    }
    let read = |sql: &str| -> rusqlite::Result<Option<u64>> {
        let mut query = connection.prepare_cached(sql)?;
        let id = query
            .query_row([guild_id], |row| row.get::<_, i64>(0))
            .optional()?;
        Ok(id.map(i64::cast_unsigned))
    };
    let read_to = read("SELECT read_to FROM audit_log WHERE guild_id = ?1")?;
    let youngest = read(
        "SELECT channel_id FROM channel WHERE guild_id = ?1 AND channel_id IS NOT NULL
         ORDER BY channel_id DESC LIMIT 1",
    )?;
    Ok(Horizon {
        read_to: read_to.and_then(Id::new_checked),
        youngest: youngest.and_then(Id::new_checked),
    })
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let unsigned = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let channel_id = row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned);
    let evidence = row
        .get_ref(5)?
        .as_str_or_null()
        .map_err(|error| damaged(5, error))?;
    let owned = channel_id
        .and_then(Id::new_checked)
        .zip(evidence.and_then(Evidence::from_name));
    let owned = owned.map(|(channel_id, evidence)| Owned {
        channel_id,
        evidence,
    });
    let stage = row
        .get_ref(3)?
        .as_str()
        .map_err(|error| damaged(3, error))?;
    let stage = Stage::from_record(stage, owned).ok_or(FromSqlError::InvalidType);
    let attempt = row
        .get_ref(0)?
        .as_str()
        .map_err(|error| damaged(0, error))?;
    let attempt = attempt
        .parse()
        .map_err(|error| FromSqlError::Other(Box::new(error)));
    let guild_id = Id::new_checked(unsigned(2)?).ok_or(FromSqlError::InvalidType);
    Ok(Row {
        attempt: attempt.map_err(|error| damaged(0, error))?,
        request_id: row.get(1)?,
        guild_id: guild_id.map_err(|error| damaged(2, error))?,
        stage: stage.map_err(|error| damaged(3, error))?,
        not_before_ms: unsigned(6)?,
        deadline_at_ms: unsigned(7)?,
        next_at_ms: unsigned(8)?,
        tries: row.get(9)?,
    })
}

fn damaged(column: usize, error: FromSqlError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

/// SQLite's integers are signed; ids and times reach their upper half in the year 2084 and later.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
