//! Gateway sessions that outlive a process.

use cordboard_lifecycle::kp;
use rusqlite::{Connection, OptionalExtension as _, named_params};

use crate::{
    limits::SESSION_TAKES_MAX,
    record::{signed, unsigned},
};

/// A gateway session that a process has left, or still holds (Discord: events/gateway#resuming).
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

/// Leaves it on record for whoever comes if the taker dies before it leaves it again, but not for
/// ever. The store's lock keeps two processes from resuming one session.
pub(crate) fn take(connection: &Connection, shard: u32) -> rusqlite::Result<Option<LeftSession>> {
    let mut count = connection.prepare_cached(
        "UPDATE gateway_session SET takes = takes + 1 WHERE shard = ?1
         RETURNING session_id, sequence, resume_url, takes",
    )?;
    let session = count.query_row([shard], |row| {
        let session = LeftSession {
            id: row.get(0)?,
            sequence: unsigned(row, 1)?,
            resume_url: row.get(2)?,
        };
        Ok((session, row.get::<_, u32>(3)?))
    });
    kp!("store.session.taken");
    match session.optional()? {
        Some((session, takes)) if takes <= SESSION_TAKES_MAX => Ok(Some(session)),
        Some(_) => forget(connection, shard).map(|()| None),
        None => Ok(None),
    }
}

/// Discord no longer knows it.
pub(crate) fn forget(connection: &Connection, shard: u32) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM gateway_session WHERE shard = ?1")?;
    delete.execute([shard])?;
    Ok(())
}
