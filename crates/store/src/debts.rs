//! What is still to be done, for people who look.

use std::collections::BTreeMap;

use cordboard_lifecycle::{AttemptId, Row};
use rusqlite::Connection;

use crate::record;

const COUNTS: &str = "SELECT stage, count(*) FROM channel INDEXED BY channel_open \
    WHERE stage NOT IN ('not_created', 'kept', 'gone') GROUP BY stage";

/// All of them, for the test that tells what they cost.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 1] = [COUNTS];

/// A page of the open rows, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Debts {
    /// The rows, in the order of their attempts.
    pub rows: Vec<Row>,
    /// All open rows by the name of their stage (see `cordboard_lifecycle::Stage::name`); stages
    /// that no row is at are not in it.
    pub counts: BTreeMap<String, u64>,
}

/// Reads both in one transaction.
pub(crate) fn debts(
    connection: &Connection,
    after: Option<AttemptId>,
    rows_max: usize,
) -> rusqlite::Result<Debts> {
    Ok(Debts {
        rows: record::open(connection, after, rows_max)?,
        counts: counts(connection)?,
    })
}

/// Counts the open rows by stage. Settled rows are not looked at.
pub(crate) fn counts(connection: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut query = connection.prepare_cached(COUNTS)?;
    query
        .query_map([], |row| Ok((row.get(0)?, record::unsigned(row, 1)?)))?
        .collect()
}
