//! Watched channels.

use cordboard_recovery::{Channel, Dirty, DirtyReason};
use rusqlite::{
    Connection, Row, named_params,
    types::{FromSqlError, ValueRef},
};
use twilight_model::id::{Id, marker::ChannelMarker};

use super::column;
use crate::record::{signed, text, unsigned};

/// All of a shard.
pub(super) fn read(connection: &Connection, shard: u32) -> rusqlite::Result<Vec<Channel>> {
    let mut query = connection.prepare_cached(
        "SELECT id, guild_id, parent_id, is_thread, settled_id, scrubbed_ms, dirty, dirty_after,
             unseen_ms, is_forum
         FROM watched WHERE shard = ?1",
    )?;
    query.query_map([shard], channel_of)?.collect()
}

/// Writes a channel as it is from now on. What was dropped of it stays known.
pub(super) fn write(
    connection: &Connection,
    shard: u32,
    channel: &Channel,
) -> rusqlite::Result<()> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO watched (id, shard, guild_id, parent_id, is_thread, settled_id, scrubbed_ms,
             dirty, dirty_after, unseen_ms, is_forum)
         VALUES (:id, :shard, :guild_id, :parent_id, :is_thread, :settled_id, :scrubbed_ms,
             :dirty, :dirty_after, :unseen_ms, :is_forum)
         ON CONFLICT DO UPDATE SET shard = excluded.shard, guild_id = excluded.guild_id,
             parent_id = excluded.parent_id, is_thread = excluded.is_thread,
             settled_id = excluded.settled_id, scrubbed_ms = excluded.scrubbed_ms,
             dirty = excluded.dirty, dirty_after = excluded.dirty_after,
             unseen_ms = excluded.unseen_ms, is_forum = excluded.is_forum",
    )?;
    let dirty = channel.dirty;
    upsert.execute(named_params! {
        ":id": column::of(channel.id),
        ":shard": shard,
        ":guild_id": column::of(channel.guild_id),
        ":parent_id": column::of_some(channel.parent_id),
        ":is_thread": channel.is_thread,
        ":settled_id": column::of_some(channel.settled_id),
        ":scrubbed_ms": signed(channel.scrubbed_ms),
        ":dirty": dirty.map(|dirty| dirty.reason.name()),
        ":dirty_after": column::of_some(dirty.and_then(|dirty| dirty.after)),
        ":unseen_ms": channel.unseen_ms.map(signed),
        ":is_forum": channel.is_forum,
    })?;
    Ok(())
}

pub(super) fn close(connection: &Connection, id: Id<ChannelMarker>) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM watched WHERE id = ?1")?;
    delete.execute([column::of(id)]).map(drop)
}

fn channel_of(row: &Row<'_>) -> rusqlite::Result<Channel> {
    let reason = text(row, 6, |value| match value {
        ValueRef::Null => Ok(None),
        value => DirtyReason::from_name(value.as_str()?)
            .map(Some)
            .ok_or(FromSqlError::InvalidType),
    })?;
    let after = column::some_id(row, 7)?;
    Ok(Channel {
        id: column::id(row, 0)?,
        guild_id: column::id(row, 1)?,
        parent_id: column::some_id(row, 2)?,
        is_thread: row.get(3)?,
        is_forum: row.get(9)?,
        settled_id: column::some_id(row, 4)?,
        scrubbed_ms: unsigned(row, 5)?,
        unseen_ms: row.get::<_, Option<i64>>(8)?.map(i64::unsigned_abs),
        dirty: reason.map(|reason| Dirty { after, reason }),
    })
}
