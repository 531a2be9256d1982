//! What is counted along.

use rusqlite::{Connection, named_params};

use crate::record::{signed, unsigned};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    /// The last sequence that was used.
    pub(super) newest: u64,
    /// Discord's clock as far as the record knows it, in milliseconds since 1970.
    pub(super) at_ms: u64,
    /// The bytes of the objects in entries.
    pub(super) bytes: u64,
}

// === impl Tally ===

impl Tally {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut query = connection.prepare_cached("SELECT newest, at_ms, bytes FROM tally")?;
        query.query_row([], |row| {
            Ok(Self {
                newest: unsigned(row, 0)?,
                at_ms: unsigned(row, 1)?,
                bytes: unsigned(row, 2)?,
            })
        })
    }

    pub(super) fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        let mut update = connection
            .prepare_cached("UPDATE tally SET newest = :newest, at_ms = :at_ms, bytes = :bytes")?;
        update.execute(named_params! {
            ":newest": signed(self.newest),
            ":at_ms": signed(self.at_ms),
            ":bytes": signed(self.bytes),
        })?;
        Ok(())
    }
}
