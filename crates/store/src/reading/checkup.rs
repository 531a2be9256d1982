//! Whether a file is undamaged, all of it.

use rusqlite::Connection;

use crate::{
    Reading, StoreError,
    limits::{CHECKUP_TIMEOUT, DAMAGE_TOLD_MAX},
};

/// What a look at all of a file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkup {
    /// What SQLite's `integrity_check` says, at most [`DAMAGE_TOLD_MAX`] lines; empty: undamaged.
    pub damage: Vec<String>,
    /// Rows that refer to rows that are not there, each as the table it is in; the same bound.
    pub orphans: Vec<String>,
}

// === impl Reading ===

impl Reading {
    /// Looks at every page, every index and every value: some seconds for each GiB. The file's owner
    /// goes on meanwhile.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn checkup(&self) -> Result<Checkup, StoreError> {
        self.long(CHECKUP_TIMEOUT, |connection, _| {
            let damage = lines(
                connection,
                &format!("PRAGMA integrity_check({DAMAGE_TOLD_MAX})"),
            )?;
            Ok(Checkup {
                damage: damage.into_iter().filter(|line| line != "ok").collect(),
                orphans: lines(connection, "PRAGMA foreign_key_check")?,
            })
        })
        .await
    }
}

/// The first column of what a pragma says, as far as anybody reads it.
fn lines(connection: &Connection, pragma: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = connection.prepare(pragma)?;
    let lines = query.query_map([], |row| row.get(0))?;
    lines.take(DAMAGE_TOLD_MAX).collect()
}
