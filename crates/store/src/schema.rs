//! The schema, its versions, and how to tell our files from others.

use std::path::Path;

use cordboard_lifecycle::kp;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::{StoreError, limits::CHECKED_BYTES_MAX};

/// The schema of one kind of file of ours.
#[derive(Debug)]
pub(crate) struct Schema {
    /// What is in the header of each file of this kind.
    application_id: i32,
    /// What leads from each version to the next; the first makes version 1. An entry never changes
    /// once it was released.
    migrations: &'static [&'static str],
    /// The tables that are checked at each start, however large the file is.
    checked: &'static [&'static str],
}

/// The store itself: registry, sessions, messages.
pub(crate) const STORE: Schema = Schema {
    // `CORD`
    application_id: 0x434f_5244,
    migrations: &[
        include_str!("migrations/0001_registry.sql"),
        include_str!("migrations/0002_lives.sql"),
        include_str!("migrations/0003_sessions.sql"),
        include_str!("migrations/0004_messages.sql"),
        include_str!("migrations/0005_session_takes.sql"),
        include_str!("migrations/0006_session_terms.sql"),
        include_str!("migrations/0007_operators.sql"),
        include_str!("migrations/0008_unseen.sql"),
        include_str!("migrations/0009_dead_letters.sql"),
        include_str!("migrations/0010_forums.sql"),
    ],
    checked: &["channel", "shard", "watched", "tally", "gap", "consumer"],
};

/// The daybook beside it.
pub(crate) const DAYBOOK: Schema = Schema {
    // `CDAY`
    application_id: 0x4344_4159,
    migrations: &[
        include_str!("daybook/migrations/0001_acts.sql"),
        include_str!("daybook/migrations/0002_roles.sql"),
        include_str!("daybook/migrations/0003_keepalives.sql"),
        include_str!("daybook/migrations/0004_orders.sql"),
        include_str!("daybook/migrations/0005_alerts.sql"),
        include_str!("daybook/migrations/0006_schedules.sql"),
    ],
    checked: &[],
};

/// What a file turned out to be.
#[derive(Debug)]
pub(crate) enum Found {
    /// Ours, and of this version now.
    Ours,
    /// Another program's.
    Foreign,
    /// Ours or not made yet, and of this version: nothing was written.
    Older(u32),
    /// Ours, from a newer program.
    Newer(u32),
    /// Ours, and damaged.
    Corrupt,
}

// === impl Found ===

impl Found {
    /// Nothing, if it can be worked with.
    pub(crate) fn accepted(self, path: &Path, schema: &Schema) -> Result<(), StoreError> {
        let path = path.to_owned();
        match self {
            Self::Ours => Ok(()),
            Self::Foreign => Err(StoreError::Foreign { path }),
            Self::Corrupt => Err(StoreError::Corrupt { path }),
            Self::Older(found) => Err(StoreError::Older {
                path,
                found,
                known: schema.version(),
            }),
            Self::Newer(found) => Err(StoreError::Newer {
                path,
                found,
                known: schema.version(),
            }),
        }
    }
}

// === impl Schema ===

impl Schema {
    /// The newest version.
    pub(crate) fn version(&self) -> u32 {
        u32::try_from(self.migrations.len()).unwrap_or(u32::MAX)
    }

    /// Looks at a database before anything is written to it, and brings it to the newest version.
    pub(crate) fn prepare(&self, connection: &mut Connection) -> rusqlite::Result<Found> {
        let found = self.look(connection)?;
        match found {
            Found::Older(_) => {}
            found => return Ok(found),
        }
        // One transaction: a crash leaves the old version, whole. Immediate: of two processes that come
        // at once, the second one finds it done.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        kp!("store.schema.begun");
        let version = version_of(&transaction)?;
        for (number, migration) in (1..)
            .zip(self.migrations)
            .filter(|(number, _)| *number > version)
        {
            transaction.execute_batch(migration)?;
            kp!("store.schema.step_done");
            transaction.pragma_update(None, "user_version", number)?;
            kp!("store.schema.step_numbered");
        }
        transaction.pragma_update(None, "application_id", self.application_id)?;
        kp!("store.schema.done");
        transaction.commit()?;
        kp!("store.schema.committed");
        Ok(Found::Ours)
    }

    /// What a database is, without writing to it.
    pub(crate) fn look(&self, connection: &Connection) -> rusqlite::Result<Found> {
        let version = match self.version_in(connection) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => None,
            found => found?,
        };
        let Some(version) = version else {
            return Ok(Found::Foreign);
        };
        if version == 0 {
            return Ok(Found::Older(0));
        }
        if version > self.version() {
            return Ok(Found::Newer(version));
        }
        if !self.is_sound(connection)? {
            return Ok(Found::Corrupt);
        }
        if version < self.version() {
            return Ok(Found::Older(version));
        }
        Ok(Found::Ours)
    }

    /// The version of a database of this kind, whatever else it is; 0: not made yet. `None`: it is
    /// another program's.
    pub(crate) fn version_in(&self, connection: &Connection) -> rusqlite::Result<Option<u32>> {
        // All of one moment: else a file that another process makes meanwhile has tables and no id.
        let moment = connection.unchecked_transaction()?;
        let read = |pragma: &str| moment.query_row(pragma, [], |row| row.get::<_, i32>(0));
        let application = read("PRAGMA application_id")?;
        if application == 0 && read("SELECT count(*) FROM sqlite_schema")? == 0 {
            return Ok(Some(0));
        }
        if application != self.application_id {
            return Ok(None);
        }
        version_of(&moment).map(Some)
    }

    /// Whether the database is undamaged, as far as a start has the time to look: all of a small one,
    /// values included, and of a large one the pages of what cannot be had again, and its indexes. What is
    /// on record of messages is what makes it large, and is read in parts: damage there is found when it is
    /// met, and ends the process.
    fn is_sound(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let read = |pragma| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
        let bytes = read("PRAGMA page_count")?.saturating_mul(read("PRAGMA page_size")?);
        let found = if bytes.unsigned_abs() <= CHECKED_BYTES_MAX {
            check(connection, "PRAGMA quick_check(1)")?
        } else {
            // Comparing each value with the checks of its table takes ten times as long.
            connection.execute_batch("PRAGMA ignore_check_constraints = ON")?;
            let found = self.check_each(connection);
            connection.execute_batch("PRAGMA ignore_check_constraints = OFF")?;
            found?
        };
        if found != "ok" {
            tracing::error!(found, "the database is damaged");
        }
        Ok(found == "ok")
    }

    /// What the checks of the tables that cannot be had again, and are small, say first.
    fn check_each(&self, connection: &Connection) -> rusqlite::Result<String> {
        for table in self.checked {
            let found = check(connection, &format!("PRAGMA quick_check({table})"))?;
            if found != "ok" {
                return Ok(found);
            }
        }
        Ok("ok".to_owned())
    }
}

fn version_of(connection: &Connection) -> rusqlite::Result<u32> {
    let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(u32::try_from(version).unwrap_or(u32::MAX))
}

/// What a check says first.
fn check(connection: &Connection, pragma: &str) -> rusqlite::Result<String> {
    connection.query_row(pragma, [], |row| row.get(0))
}
