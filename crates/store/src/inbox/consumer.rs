//! Who reads the record, and how far they are.

use cordboard_recovery::{ATTEMPTS_MAX, Consumer, ConsumerError, FailedEntry};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{dead_letter, tally::Tally};
use crate::record::{signed, unsigned};

/// What a request that SQLite did not mind came to.
type Outcome<T> = rusqlite::Result<Result<T, ConsumerError>>;

pub(super) fn open(
    connection: &Connection,
    name: &str,
    start: Option<u64>,
) -> rusqlite::Result<Consumer> {
    if let Some(consumer) = find(connection, name)? {
        return Ok(consumer);
    }
    let newest = Tally::read(connection)?.newest;
    let acknowledged = start.unwrap_or(newest).min(newest);
    let mut insert = connection.prepare_cached("INSERT INTO consumer VALUES (?1, ?2, 0)")?;
    insert.execute(params![name, signed(acknowledged)])?;
    Ok(Consumer {
        name: name.to_owned(),
        acknowledged,
        dead_letters: 0,
    })
}

pub(super) fn acknowledge(connection: &Connection, name: &str, sequence: u64) -> Outcome<Consumer> {
    let Some(mut consumer) = find(connection, name)? else {
        return Ok(Err(ConsumerError::Unknown));
    };
    let newest = Tally::read(connection)?.newest;
    if sequence > newest {
        return Ok(Err(ConsumerError::Future { newest }));
    }
    move_to(connection, &mut consumer, sequence)?;
    Ok(Ok(consumer))
}

pub(super) fn fail(
    connection: &Connection,
    name: &str,
    sequence: u64,
    reason: &str,
) -> Outcome<FailedEntry> {
    let Some(mut consumer) = find(connection, name)? else {
        return Ok(Err(ConsumerError::Unknown));
    };
    let Tally { newest, at_ms, .. } = Tally::read(connection)?;
    let acknowledged = consumer.acknowledged;
    if sequence > newest {
        return Ok(Err(ConsumerError::Future { newest }));
    }
    if sequence <= acknowledged {
        return Ok(Err(ConsumerError::Past { acknowledged }));
    }
    let mut count = connection.prepare_cached(
        "INSERT INTO attempt VALUES (?1, ?2, 1)
         ON CONFLICT DO UPDATE SET attempts = attempts + 1 RETURNING attempts",
    )?;
    let attempts = count.query_row(params![name, signed(sequence)], |row| row.get(0))?;
    let is_dead = attempts >= ATTEMPTS_MAX;
    if is_dead {
        dead_letter::write(connection, name, (sequence, attempts), (reason, at_ms))?;
        count_dead_letter(connection, &mut consumer)?;
        move_to(connection, &mut consumer, sequence)?;
    }
    Ok(Ok(FailedEntry {
        attempts,
        is_dead,
        consumer,
    }))
}

pub(super) fn list(connection: &Connection) -> rusqlite::Result<Vec<Consumer>> {
    let mut query = connection
        .prepare_cached("SELECT name, acknowledged, dead_letters FROM consumer ORDER BY name")?;
    query.query_map([], consumer_of)?.collect()
}

/// Its attempts and dead letters go with it.
pub(super) fn forget(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let mut delete = connection.prepare_cached("DELETE FROM consumer WHERE name = ?1")?;
    Ok(delete.execute([name])? == 1)
}

/// Lets a consumer go on there, forwards or back, with nothing of what it was before; `false`: it was none.
pub(super) fn reset(connection: &Connection, name: &str, to: u64) -> rusqlite::Result<bool> {
    let was_known = forget(connection, name)?;
    open(connection, name, Some(to))?;
    Ok(was_known)
}

/// Up to which sequence every consumer has acknowledged; `None`: there is no consumer.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<u64>> {
    let mut query = connection.prepare_cached("SELECT min(acknowledged) FROM consumer")?;
    let last = query.query_row([], |row| row.get::<_, Option<i64>>(0))?;
    Ok(last.map(i64::cast_unsigned))
}

pub(super) fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<Consumer>> {
    let mut query = connection
        .prepare_cached("SELECT name, acknowledged, dead_letters FROM consumer WHERE name = ?1")?;
    query.query_row([name], consumer_of).optional()
}

fn move_to(
    connection: &Connection,
    consumer: &mut Consumer,
    sequence: u64,
) -> rusqlite::Result<()> {
    if sequence <= consumer.acknowledged {
        return Ok(());
    }
    consumer.acknowledged = sequence;
    let values = params![consumer.name, signed(sequence)];
    connection
        .prepare_cached("UPDATE consumer SET acknowledged = ?2 WHERE name = ?1")?
        .execute(values)?;
    connection
        .prepare_cached("DELETE FROM attempt WHERE consumer = ?1 AND sequence <= ?2")?
        .execute(values)?;
    Ok(())
}

fn count_dead_letter(connection: &Connection, consumer: &mut Consumer) -> rusqlite::Result<()> {
    consumer.dead_letters += 1;
    connection
        .prepare_cached("UPDATE consumer SET dead_letters = dead_letters + 1 WHERE name = ?1")?
        .execute([&consumer.name])
        .map(drop)
}

fn consumer_of(row: &Row<'_>) -> rusqlite::Result<Consumer> {
    Ok(Consumer {
        name: row.get(0)?,
        acknowledged: unsigned(row, 1)?,
        dead_letters: unsigned(row, 2)?,
    })
}
