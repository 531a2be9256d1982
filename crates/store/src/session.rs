//! Gateway sessions that outlive a process.

use std::num::ParseIntError;

use cordboard_lifecycle::kp;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, types::FromSqlError};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    limits::SESSION_TAKES_MAX,
    record::{damaged, signed, unsigned},
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
    /// The channels that were hidden from its bot when it had come so far. Only the beginning of a session
    /// tells them.
    pub hidden: Vec<HiddenChannel>,
}

/// A channel that a bot may not view (discord-api-docs #8454).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HiddenChannel {
    /// The channel.
    pub id: Id<ChannelMarker>,
    /// The category it is under.
    pub parent_id: Option<Id<ChannelMarker>>,
}

pub(crate) fn leave(
    connection: &Connection,
    shard: u32,
    terms: &str,
    session: &LeftSession,
) -> rusqlite::Result<()> {
    let mut replace = connection.prepare_cached(
        "REPLACE INTO gateway_session (shard, session_id, sequence, resume_url, terms, hidden)
         VALUES (:shard, :session_id, :sequence, :resume_url, :terms, :hidden)",
    )?;
    let hidden = session
        .hidden
        .iter()
        .map(|channel| match channel.parent_id {
            Some(parent_id) => format!("{}/{parent_id}", channel.id),
            None => channel.id.to_string(),
        });
    replace.execute(named_params! {
        ":shard": shard,
        ":session_id": session.id,
        ":sequence": signed(session.sequence),
        ":resume_url": session.resume_url,
        ":terms": terms,
        ":hidden": hidden.collect::<Vec<_>>().join(" "),
    })?;
    kp!("store.session.left");
    Ok(())
}

/// Leaves it on record for whoever comes if the taker dies before it leaves it again, but not for
/// ever. The store's lock keeps two processes from resuming one session.
pub(crate) fn take(
    connection: &Connection,
    shard: u32,
    terms: &str,
) -> rusqlite::Result<Option<LeftSession>> {
    let mut count = connection.prepare_cached(
        "UPDATE gateway_session SET takes = takes + 1 WHERE shard = ?1 AND terms = ?2
         RETURNING session_id, sequence, resume_url, hidden, takes",
    )?;
    let session = count.query_row((shard, terms), |row| {
        let session = LeftSession {
            id: row.get(0)?,
            sequence: unsigned(row, 1)?,
            resume_url: row.get(2)?,
            hidden: hidden(row, 3)?,
        };
        Ok((session, row.get::<_, u32>(4)?))
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

fn hidden(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<HiddenChannel>> {
    let channels: String = row.get(column)?;
    let channels = channels.split_whitespace().map(|channel| {
        let (id, parent_id) = match channel.split_once('/') {
            Some((id, parent_id)) => (id, Some(parent_id.parse()?)),
            None => (channel, None),
        };
        let id = id.parse()?;
        Ok(HiddenChannel { id, parent_id })
    });
    channels
        .collect::<Result<_, ParseIntError>>()
        .map_err(|error| damaged(column, FromSqlError::other(error)))
}
