//! The schema, its versions, and how to tell our files from others.

use cordboard_lifecycle::kp;
use rusqlite::{Connection, ErrorCode};

use crate::limits::CHECKED_BYTES_MAX;

/// `CORD`, in the header of each of our files.
const APPLICATION_ID: i32 = 0x434f_5244;

/// What leads from each version to the next; the first makes version 1. An entry never changes
/// once it was released.
const MIGRATIONS: [&str; 6] = [
    include_str!("migrations/0001_registry.sql"),
    include_str!("migrations/0002_lives.sql"),
    include_str!("migrations/0003_sessions.sql"),
    include_str!("migrations/0004_messages.sql"),
    include_str!("migrations/0005_session_takes.sql"),
    include_str!("migrations/0006_session_terms.sql"),
];

/// The newest schema.
pub(crate) const VERSION: u32 = 6;

/// The tables that are checked at each start, however large the file is.
const CHECKED: [&str; 6] = ["channel", "shard", "watched", "tally", "gap", "consumer"];

/// What a file turned out to be.
#[derive(Debug)]
pub(crate) enum Found {
    /// Ours, and of this version now.
    Ours,
    /// Another program's.
    Foreign,
    /// Ours, from a newer program.
    Newer(u32),
    /// Ours, and damaged.
    Corrupt,
}

/// Looks at a database before anything is written to it, and brings it to the newest version.
pub(crate) fn prepare(connection: &mut Connection) -> rusqlite::Result<Found> {
    let read = |connection: &Connection, pragma: &str| -> rusqlite::Result<i32> {
        connection.query_row(pragma, [], |row| row.get(0))
    };
    let application = match read(connection, "PRAGMA application_id") {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            return Ok(Found::Foreign);
        }
        other => other?,
    };
    let objects = read(connection, "SELECT count(*) FROM sqlite_schema")?;
    let is_new = application == 0 && objects == 0;
    if !is_new && application != APPLICATION_ID {
        return Ok(Found::Foreign);
    }
    let version = u32::try_from(read(connection, "PRAGMA user_version")?).unwrap_or(u32::MAX);
    if version > VERSION {
        return Ok(Found::Newer(version));
    }
    if !is_new && !is_sound(connection)? {
        return Ok(Found::Corrupt);
    }
    // One transaction: a crash leaves the old version, whole.
    let transaction = connection.transaction()?;
    kp!("store.schema.begun");
    for (number, migration) in (1..)
        .zip(MIGRATIONS)
        .filter(|(number, _)| *number > version)
    {
        transaction.execute_batch(migration)?;
        kp!("store.schema.step_done");
        transaction.pragma_update(None, "user_version", number)?;
        kp!("store.schema.step_numbered");
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    kp!("store.schema.done");
    transaction.commit()?;
    kp!("store.schema.committed");
    Ok(Found::Ours)
}

/// Whether the database is undamaged, as far as a start has the time to look: all of a small one,
/// values included, and of a large one the pages of what cannot be had again, and its indexes. What is
/// on record of messages is what makes it large, and is read in parts: damage there is found when it is
/// met, and ends the process.
fn is_sound(connection: &Connection) -> rusqlite::Result<bool> {
    let read = |pragma| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let bytes = read("PRAGMA page_count")?.saturating_mul(read("PRAGMA page_size")?);
    let found = if bytes.unsigned_abs() <= CHECKED_BYTES_MAX {
        check(connection, "PRAGMA quick_check(1)")?
    } else {
        // Comparing each value with the checks of its table takes ten times as long.
        connection.execute_batch("PRAGMA ignore_check_constraints = ON")?;
        let found = check_each(connection);
        connection.execute_batch("PRAGMA ignore_check_constraints = OFF")?;
        found?
    };
    if found != "ok" {
        tracing::error!(found, "the database is damaged");
    }
    Ok(found == "ok")
}

/// What the checks of the tables that cannot be had again, and are small, say first.
fn check_each(connection: &Connection) -> rusqlite::Result<String> {
    for table in CHECKED {
        let found = check(connection, &format!("PRAGMA quick_check({table})"))?;
        if found != "ok" {
            return Ok(found);
        }
    }
    Ok("ok".to_owned())
}

/// What a check says first.
fn check(connection: &Connection, pragma: &str) -> rusqlite::Result<String> {
    connection.query_row(pragma, [], |row| row.get(0))
}
