//! How far a shard is on record.

use cordboard_recovery::SessionMark;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::record::{signed, unsigned};

pub(super) fn read(
    connection: &Connection,
    shard: u32,
) -> rusqlite::Result<(Option<SessionMark>, u64)> {
    let mut query = connection.prepare_cached(
        "SELECT session_id, sequence, resume_url, watermark_ms FROM shard WHERE shard = ?1",
    )?;
    let found = query.query_row([shard], |row| Ok((session_of(row)?, unsigned(row, 3)?)));
    Ok(found.optional()?.unwrap_or_default())
}

/// What is not given stays as it is, and the watermark only grows.
pub(super) fn write(
    connection: &Connection,
    shard: u32,
    session: Option<&SessionMark>,
    watermark_ms: Option<u64>,
) -> rusqlite::Result<()> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO shard (shard, session_id, sequence, resume_url, watermark_ms)
         VALUES (:shard, :session_id, :sequence, :resume_url, :watermark_ms)
         ON CONFLICT DO UPDATE SET
             session_id = ifnull(excluded.session_id, session_id),
             sequence = ifnull(excluded.sequence, sequence),
             resume_url = iif(excluded.session_id IS NULL, resume_url, excluded.resume_url),
             watermark_ms = max(watermark_ms, excluded.watermark_ms)",
    )?;
    upsert.execute(named_params! {
        ":shard": shard,
        ":session_id": session.map(|session| &session.id),
        ":sequence": session.map(|session| signed(session.sequence)),
        ":resume_url": session.and_then(|session| session.resume_url.as_ref()),
        ":watermark_ms": signed(watermark_ms.unwrap_or_default()),
    })?;
    Ok(())
}

fn session_of(row: &Row<'_>) -> rusqlite::Result<Option<SessionMark>> {
    let Some(id) = row.get(0)? else {
        return Ok(None);
    };
    Ok(Some(SessionMark {
        id,
        sequence: unsigned(row, 1)?,
        resume_url: row.get(2)?,
    }))
}
