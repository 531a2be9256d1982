//! The schema, its versions, and how to tell our files from others.

use cordboard_lifecycle::kp;
use rusqlite::{Connection, ErrorCode};

/// `CORD`, in the header of each of our files.
const APPLICATION_ID: i32 = 0x434f_5244;

/// What leads from each version to the next; the first makes version 1. An entry never changes
/// once it was released.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_registry.sql")];

/// The newest schema.
pub(crate) const VERSION: u32 = 1;

/// What a file turned out to be.
#[derive(Debug)]
pub(crate) enum Found {
    /// Ours, and of this version now.
    Ours,
    /// Another program's.
    Foreign,
    /// Ours, from a newer program.
    Newer(u32),
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
