//! What is kept, and whom is told of what is not.

use std::collections::BTreeMap;

use cordboard_recovery::{Gap, GapReason, Retention};
use rusqlite::{Connection, params};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::{column, consumer, dead_letter, gap, tally::Tally};
use crate::{
    limits::PRUNE_ENTRIES_MAX,
    record::{signed, unsigned},
};

/// An entry that may have to go.
struct Old {
    sequence: u64,
    at_ms: u64,
    channel_id: Id<ChannelMarker>,
    message_id: Id<MessageMarker>,
    bytes: u64,
}

/// Drops one batch, and says how much that was.
pub(super) fn prune(connection: &Connection, retention: Retention) -> rusqlite::Result<u64> {
    let mut tally = Tally::read(connection)?;
    let behind = consumer::last(connection)?.unwrap_or(u64::MAX);
    let before_ms = retention.before_ms;
    let gaps = gap::drop_passed(connection, before_ms, behind, PRUNE_ENTRIES_MAX)?;
    let mut dropped = Vec::new();
    for old in oldest(connection)? {
        if old.at_ms >= before_ms && tally.bytes <= retention.bytes_max {
            break;
        }
        tally.bytes = tally.bytes.saturating_sub(old.bytes);
        dropped.push(old);
    }
    let Some(last) = dropped.last() else {
        dead_letter::drop_passed(connection)?;
        return Ok(gaps);
    };
    for old in &dropped {
        forget(connection, old)?;
    }
    connection
        .prepare_cached("DELETE FROM entry WHERE sequence <= ?1")?
        .execute([signed(last.sequence)])?;
    // A gap may come in the place of what they were.
    dead_letter::drop_passed(connection)?;
    let unread = dropped.iter().filter(|old| old.sequence > behind);
    for (sequence, gap) in lost_by_channel(unread, tally.at_ms) {
        gap::tell_expired(connection, &tally, sequence, gap, behind)?;
    }
    tally.write(connection)?;
    Ok(gaps + u64::try_from(dropped.len()).unwrap_or(u64::MAX))
}

fn oldest(connection: &Connection) -> rusqlite::Result<Vec<Old>> {
    let mut query = connection.prepare_cached(
        "SELECT sequence, at_ms, channel_id, message_id, ifnull(octet_length(json), 0) FROM entry
         ORDER BY sequence LIMIT ?1",
    )?;
    let found = query.query_map([signed(PRUNE_ENTRIES_MAX)], |row| {
        Ok(Old {
            sequence: unsigned(row, 0)?,
            at_ms: unsigned(row, 1)?,
            channel_id: column::id(row, 2)?,
            message_id: column::id(row, 3)?,
            bytes: unsigned(row, 4)?,
        })
    })?;
    found.collect()
}

/// Drops the message, if this is the last entry about it. If it stays and its object is in this entry,
/// it takes that over.
fn forget(connection: &Connection, old: &Old) -> rusqlite::Result<()> {
    let key = (column::of(old.channel_id), column::of(old.message_id));
    let values = params![key.0, key.1, signed(old.sequence)];
    let forgotten = connection
        .prepare_cached("DELETE FROM message WHERE channel_id = ?1 AND id = ?2 AND told_in = ?3")?
        .execute(values)?;
    if forgotten == 1 {
        connection
            .prepare_cached(
                "UPDATE watched SET dropped_id = ?2
                 WHERE id = ?1 AND (dropped_id IS NULL OR dropped_id < ?2)",
            )?
            .execute([key.0, key.1])?;
        return Ok(());
    }
    connection
        .prepare_cached(
            "UPDATE message
             SET json = (SELECT json FROM entry WHERE sequence = ?3), json_in = NULL
             WHERE channel_id = ?1 AND id = ?2 AND json_in = ?3",
        )?
        .execute(values)?;
    Ok(())
}

/// A gap for each channel, and the last sequence of it.
fn lost_by_channel<'a>(unread: impl Iterator<Item = &'a Old>, at_ms: u64) -> Vec<(u64, Gap)> {
    let mut by_channel = BTreeMap::<_, (u64, Gap)>::new();
    for old in unread {
        let lost = Gap {
            channel_id: old.channel_id,
            after: Id::new_checked(old.message_id.get() - 1),
            to: Some(old.message_id),
            reason: GapReason::Expired,
            at_ms,
        };
        let former = by_channel.entry(old.channel_id);
        let (sequence, gap) = former.or_insert_with(|| (old.sequence, lost.clone()));
        *sequence = old.sequence;
        gap::extend(gap, &lost);
    }
    by_channel.into_values().collect()
}
