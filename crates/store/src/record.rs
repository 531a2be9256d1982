//! A row of the registry as the database holds it.

use cordboard_lifecycle::{AttemptId, Evidence, Kind, Owner, Row, Stage};
use rusqlite::{
    Connection, OptionalExtension as _, named_params,
    types::{FromSqlError, Type, ValueRef},
};
use twilight_model::id::{Id, marker::ChannelMarker};

macro_rules! columns {
    () => {
        "attempt, request_id, guild_id, kind, instance, epoch, stage, channel_id, evidence, \
         since_ms, not_before_ms, deadline_at_ms, next_at_ms, tries, reason"
    };
}

/// Attempt and channel are each unique: whichever is on record already, nothing is written.
const INSERT: &str = concat!(
    "INSERT INTO channel (",
    columns!(),
    ") VALUES (:attempt, :request_id, :guild_id, :kind, :instance, :epoch, :stage, :channel_id, \
     :evidence, :since_ms, :not_before_ms, :deadline_at_ms, :next_at_ms, :tries, :reason) \
     ON CONFLICT DO NOTHING"
);

const READ: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM channel WHERE attempt = :attempt"
);

/// Written as the index is, so that settled rows are not even looked at.
pub(crate) const OPEN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM channel WHERE stage NOT IN ('not_created', 'disowned', 'kept', 'gone') AND attempt > :after \
     ORDER BY attempt LIMIT :rows_max"
);

const PAGE: &str = concat!(
    "SELECT ",
    columns!(),
    ", id, asked_at_ms FROM channel WHERE id > :after ORDER BY id LIMIT :rows_max"
);

const UPDATE: &str = "UPDATE channel SET instance = :instance, epoch = :epoch, stage = :stage, \
    channel_id = :channel_id, evidence = :evidence, since_ms = :since_ms, \
    next_at_ms = :next_at_ms, tries = :tries, reason = :reason WHERE attempt = :attempt";

const ASK: &str = "UPDATE channel SET asked_at_ms = :at_ms \
    WHERE attempt = :attempt AND asked_at_ms IS NULL";

/// All of them, for the test that tells what they cost.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 5] = [INSERT, READ, OPEN, UPDATE, ASK];

/// Writes a new row, unless its attempt or its channel is on record.
pub(crate) fn insert(connection: &Connection, row: &Row) -> rusqlite::Result<bool> {
    let mut insert = connection.prepare_cached(INSERT)?;
    let inserted = insert.execute(named_params! {
        ":attempt": row.attempt.to_string(),
        ":request_id": row.request_id,
        ":guild_id": signed(row.guild_id.get()),
        ":kind": row.kind.name(),
        ":instance": row.owner.instance.cast_signed(),
        ":epoch": signed(row.owner.epoch),
        ":stage": row.stage.name(),
        ":channel_id": channel_id(row.stage),
        ":evidence": evidence(row.stage),
        ":since_ms": signed(row.since_ms),
        ":not_before_ms": signed(row.not_before_ms),
        ":deadline_at_ms": signed(row.deadline_at_ms),
        ":next_at_ms": signed(row.next_at_ms),
        ":tries": row.tries,
        ":reason": row.reason,
    })?;
    Ok(inserted == 1)
}

/// Reads a row.
pub(crate) fn read(connection: &Connection, attempt: AttemptId) -> rusqlite::Result<Option<Row>> {
    let mut query = connection.prepare_cached(READ)?;
    let attempt = named_params! { ":attempt": attempt.to_string() };
    query.query_row(attempt, row_of).optional()
}

/// Reads a page of the open rows.
pub(crate) fn open(
    connection: &Connection,
    after: Option<AttemptId>,
    rows_max: usize,
) -> rusqlite::Result<Vec<Row>> {
    let mut query = connection.prepare_cached(OPEN)?;
    let after = after.map(|attempt| attempt.to_string()).unwrap_or_default();
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let values = named_params! { ":after": after, ":rows_max": rows_max };
    query.query_map(values, row_of)?.collect()
}

/// Reads a page of all rows, each with its number and with when its deletion was first asked for.
pub(crate) fn page(
    connection: &Connection,
    after: u64,
    rows_max: usize,
) -> rusqlite::Result<Vec<(u64, Row, Option<u64>)>> {
    let mut query = connection.prepare_cached(PAGE)?;
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let values = named_params! { ":after": signed(after), ":rows_max": rows_max };
    let rows = query.query_map(values, |row| {
        let asked_at_ms: Option<i64> = row.get(16)?;
        Ok((
            unsigned(row, 15)?,
            row_of(row)?,
            asked_at_ms.map(i64::cast_unsigned),
        ))
    })?;
    rows.collect()
}

/// Writes what a step can change.
pub(crate) fn update(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached(UPDATE)?;
    update.execute(named_params! {
        ":attempt": row.attempt.to_string(),
        ":instance": row.owner.instance.cast_signed(),
        ":epoch": signed(row.owner.epoch),
        ":stage": row.stage.name(),
        ":channel_id": channel_id(row.stage),
        ":evidence": evidence(row.stage),
        ":since_ms": signed(row.since_ms),
        ":next_at_ms": signed(row.next_at_ms),
        ":tries": row.tries,
        ":reason": row.reason,
    })?;
    Ok(())
}

/// Writes down when a row's deletion was first asked for; `false` when that is on record already.
pub(crate) fn ask(
    connection: &Connection,
    attempt: AttemptId,
    at_ms: u64,
) -> rusqlite::Result<bool> {
    let mut update = connection.prepare_cached(ASK)?;
    let values = named_params! { ":attempt": attempt.to_string(), ":at_ms": signed(at_ms) };
    Ok(update.execute(values)? == 1)
}

/// The stage's channel, as a column.
pub(crate) fn channel_id(stage: Stage) -> Option<i64> {
    stage.channel_id().map(|id| signed(id.get()))
}

/// The stage's evidence, as a column.
pub(crate) fn evidence(stage: Stage) -> Option<String> {
    stage.owned().map(|owned| owned.evidence.to_string())
}

/// The stage in three columns that follow each other.
pub(crate) fn stage_of(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Stage> {
    let channel_id = row.get::<_, Option<i64>>(column + 1)?;
    let channel_id: Option<Id<ChannelMarker>> =
        channel_id.and_then(|id| Id::new_checked(id.cast_unsigned()));
    let evidence = text(row, column + 2, |value| match value {
        ValueRef::Null => Ok(None),
        value => Evidence::from_record(value.as_str()?)
            .map(Some)
            .ok_or(FromSqlError::InvalidType),
    })?;
    text(row, column, |value| {
        Stage::from_record(value.as_str()?, channel_id, evidence).ok_or(FromSqlError::InvalidType)
    })
}

/// The attempt in a column.
pub(crate) fn attempt_of(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<AttemptId> {
    text(row, column, |value| {
        let attempt = value.as_str()?.parse();
        attempt.map_err(|error| FromSqlError::Other(Box::new(error)))
    })
}

/// The owner in two columns that follow each other.
pub(crate) fn owner_of(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Owner> {
    Ok(Owner {
        instance: unsigned(row, column)?,
        epoch: unsigned(row, column + 1)?,
    })
}

/// The number in a column.
pub(crate) fn unsigned(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let guild_id = Id::new_checked(unsigned(row, 2)?).ok_or(FromSqlError::InvalidType);
    Ok(Row {
        attempt: attempt_of(row, 0)?,
        request_id: row.get(1)?,
        guild_id: guild_id.map_err(|error| damaged(2, error))?,
        kind: text(row, 3, |value| {
            Kind::from_name(value.as_str()?).ok_or(FromSqlError::InvalidType)
        })?,
        owner: owner_of(row, 4)?,
        stage: stage_of(row, 6)?,
        since_ms: unsigned(row, 9)?,
        not_before_ms: unsigned(row, 10)?,
        deadline_at_ms: unsigned(row, 11)?,
        next_at_ms: unsigned(row, 12)?,
        tries: row.get(13)?,
        reason: row.get(14)?,
    })
}

/// What a text in a column stands for.
pub(crate) fn text<T>(
    row: &rusqlite::Row<'_>,
    column: usize,
    read: impl FnOnce(ValueRef<'_>) -> Result<T, FromSqlError>,
) -> rusqlite::Result<T> {
    read(row.get_ref(column)?).map_err(|error| damaged(column, error))
}

/// A value that we did not write.
pub(crate) fn damaged(column: usize, error: FromSqlError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

/// SQLite's integers are signed; ids and times reach their upper half in the year 2084 and later.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
