//! What consumers have failed at too often.

use cordboard_recovery::{
    ConsumerError, DeadLetter, DeadLetterQuery, EntryQuery, REASON_CHARS_MAX,
};
use rusqlite::{Connection, Row, named_params, params};

use super::{
    consumer,
    entry::{self, Page},
};
use crate::{
    limits::{READ_BYTES_MAX, READ_ROWS_MAX},
    record::{signed, unsigned},
};

/// A dead letter as it was read, before anybody has looked at its entry.
pub(super) struct LetterRow {
    sequence: u64,
    reason: String,
    attempts: u32,
    at_ms: u64,
}

/// Some of them, each with its entry.
pub(super) type Letters = Vec<(LetterRow, Page)>;

/// Not done where it was read: nobody waits for the database meanwhile.
pub(super) fn into_letters(rows: Letters) -> Result<Vec<DeadLetter>, serde_json::Error> {
    let mut letters = Vec::with_capacity(rows.len());
    for (row, page) in rows {
        let entries = page.into_entries()?.entries.into_iter();
        letters.extend(entries.map(|entry| DeadLetter {
            entry,
            attempts: row.attempts,
            reason: row.reason.clone(),
            at_ms: row.at_ms,
        }));
    }
    Ok(letters)
}

pub(super) fn write(
    connection: &Connection,
    name: &str,
    (sequence, attempts): (u64, u32),
    (reason, at_ms): (&str, u64),
) -> rusqlite::Result<()> {
    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
    connection
        .prepare_cached(
            "INSERT INTO dead_letter (consumer, sequence, reason, attempts, at_ms)
             VALUES (:consumer, :sequence, :reason, :attempts, :at_ms)",
        )?
        .execute(named_params! {
            ":consumer": name,
            ":sequence": signed(sequence),
            ":reason": reason,
            ":attempts": attempts,
            ":at_ms": signed(at_ms),
        })
        .map(drop)
}

pub(super) fn read(
    connection: &Connection,
    name: &str,
    query: DeadLetterQuery,
) -> rusqlite::Result<Result<Letters, ConsumerError>> {
    if consumer::find(connection, name)?.is_none() {
        return Ok(Err(ConsumerError::Unknown));
    }
    let mut statement = connection.prepare_cached(
        "SELECT sequence, reason, attempts, at_ms FROM dead_letter
         WHERE consumer = ?1 AND sequence > ?2 ORDER BY sequence",
    )?;
    let mut rows = statement.query(params![name, signed(query.after)])?;
    let (mut letters, mut bytes) = (Vec::new(), 0);
    let limit = query.limit.min(READ_ROWS_MAX);
    while letters.len() < limit && bytes < READ_BYTES_MAX {
        let Some(row) = rows.next()? else { break };
        let letter = letter_of(row)?;
        // Numbers may be left out: what is read is the next one that is there.
        let one = EntryQuery {
            after: letter.sequence.saturating_sub(1),
            channels: Vec::new(),
            limit: 1,
        };
        let page = entry::read(connection, &one)?;
        if page.first() == Some(letter.sequence) {
            bytes += page.bytes();
            letters.push((letter, page));
        }
    }
    Ok(Ok(letters))
}

pub(super) fn discard(
    connection: &Connection,
    name: &str,
    sequence: u64,
) -> rusqlite::Result<Result<bool, ConsumerError>> {
    if consumer::find(connection, name)?.is_none() {
        return Ok(Err(ConsumerError::Unknown));
    }
    let deleted = connection
        .prepare_cached("DELETE FROM dead_letter WHERE consumer = ?1 AND sequence = ?2")?
        .execute(params![name, signed(sequence)])?;
    Ok(Ok(deleted == 1))
}

/// Drops those whose entries have gone: none is below the first that is there, but for gaps.
pub(super) fn drop_passed(connection: &Connection) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM dead_letter
         WHERE consumer IN (SELECT name FROM consumer)
             AND sequence < ifnull((SELECT min(sequence) FROM entry), 9223372036854775807)
             AND sequence NOT IN (SELECT sequence FROM gap)",
    )?;
    delete.execute([]).map(drop)
}

fn letter_of(row: &Row<'_>) -> rusqlite::Result<LetterRow> {
    Ok(LetterRow {
        sequence: unsigned(row, 0)?,
        reason: row.get(1)?,
        attempts: row.get(2)?,
        at_ms: unsigned(row, 3)?,
    })
}
