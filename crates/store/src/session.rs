//! Gateway sessions that outlive a process.

use cordboard_lifecycle::kp;
use rusqlite::{Connection, OptionalExtension as _, named_params};

use crate::record::{signed, unsigned};

/// A gateway session that a process has left (Discord: events/gateway#resuming).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftSession {
    /// Discord's name for it.
    pub id: String,
    /// `s` of the last event that was dealt with.
    pub sequence: u64,
    /// Where Discord wants it to be resumed.
    pub resume_url: Option<String>,
}

pub(crate) fn leave(
    connection: &Connection,
    shard: u32,
    session: &LeftSession,
) -> rusqlite::Result<()> {
    let mut replace = connection.prepare_cached(
        "REPLACE INTO gateway_session (shard, session_id, sequence, resume_url)
         VALUES (:shard, :session_id, :sequence, :resume_url)",
    )?;
    replace.execute(named_params! {
        ":shard": shard,
        ":session_id": session.id,
        ":sequence": signed(session.sequence),
        ":resume_url": session.resume_url,
    })?;
    kp!("store.session.left");
    Ok(())
}

/// Takes it away: two processes that resumed one session would push each other off it.
pub(crate) fn take(connection: &Connection, shard: u32) -> rusqlite::Result<Option<LeftSession>> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM gateway_session WHERE shard = ?1
         RETURNING session_id, sequence, resume_url",
    )?;
    let session = delete.query_row([shard], |row| {
        Ok(LeftSession {
            id: row.get(0)?,
            sequence: unsigned(row, 1)?,
            resume_url: row.get(2)?,
        })
    });
    kp!("store.session.taken");
    session.optional()
}
