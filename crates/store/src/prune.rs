//! Forgetting what has been settled for long.

use rusqlite::{Connection, OptionalExtension as _};

use crate::{
    life::HOUR_MS,
    limits::{PRUNE_LINES_MAX, PRUNE_ROWS_MAX, PRUNED_AFTER_MS},
    record::{signed, unsigned},
};

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Rows that were gone, never created or given up on.
    pub rows: u64,
    /// Lines of the journal.
    pub lines: u64,
}

// === impl Pruned ===

impl Pruned {
    /// Whether a batch found no more than it could take, so that nothing is left.
    pub(crate) const fn is_last(&self) -> bool {
        self.rows < PRUNE_ROWS_MAX && self.lines < PRUNE_LINES_MAX
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            lines: self.lines + other.lines,
        }
    }
}

/// Up to when what is settled may be forgotten, in milliseconds since 1970.
///
/// A machine's clock can be months ahead, and what is forgotten does not come back. So nothing is
/// forgotten that is younger by Discord's clock, as it was when the last row was planned: that of a
/// proxy which plans nothing stands still, but its record does not grow either.
pub(crate) fn horizon_ms(connection: &Connection, now_ms: u64) -> rusqlite::Result<u64> {
    let mut query = connection.prepare_cached(
        "SELECT not_before_ms FROM channel WHERE not_before_ms > 0 ORDER BY id DESC LIMIT 1",
    )?;
    let discord_ms = query.query_row([], |row| unsigned(row, 0)).optional()?;
    let now_ms = now_ms.min(discord_ms.unwrap_or_default());
    Ok(now_ms.saturating_sub(PRUNED_AFTER_MS))
}

/// Forgets one batch. The indexes lead straight to it, however much is kept.
pub(crate) fn prune(connection: &Connection, before_ms: u64) -> rusqlite::Result<Pruned> {
    let (before_ms, before_hour) = (signed(before_ms), signed(before_ms / HOUR_MS));
    // What the triggers compare with.
    connection
        .prepare_cached("UPDATE state SET prunable_before_ms = ?1 WHERE prunable_before_ms <> ?1")?
        .execute([before_ms])?;
    connection
        .prepare_cached("DELETE FROM hour WHERE hour < ?1")?
        .execute([before_hour])?;
    let delete = |sql: &str, rows_max: u64| -> rusqlite::Result<u64> {
        let mut statement = connection.prepare_cached(sql)?;
        let deleted = statement.execute([before_ms, signed(rows_max)])?;
        Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
    };
    let rows = delete(
        "DELETE FROM channel WHERE id IN (
             SELECT id FROM channel INDEXED BY channel_fades
             WHERE stage IN ('not_created', 'abandoned', 'gone') AND since_ms < ?1
                 AND not_before_ms < ?1
             ORDER BY since_ms LIMIT ?2)",
        PRUNE_ROWS_MAX,
    )?;
    let lines = delete(
        "DELETE FROM journal WHERE seq IN (
             SELECT seq FROM journal INDEXED BY journal_fades
             WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2)",
        PRUNE_LINES_MAX,
    )?;
    Ok(Pruned { rows, lines })
}
