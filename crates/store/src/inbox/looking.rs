//! The record of messages for those who only look.

use cordboard_recovery::{Channel, Consumer, GapQuery, Logged, MessageQuery, NumberedGap};
use rusqlite::{Connection, types::FromSqlError};

use super::{consumer, gap, message, shard, tally::Tally, watched};
use crate::record::damaged;

pub(crate) fn messages(
    connection: &Connection,
    query: &MessageQuery,
) -> rusqlite::Result<Vec<Logged>> {
    let rows = message::read(connection, query)?.into_iter();
    let logged = rows.map(|row| {
        let unreadable = |error| damaged(0, FromSqlError::other(error));
        row.into_logged().map_err(unreadable)
    });
    logged.collect()
}

pub(crate) fn gaps(connection: &Connection, query: GapQuery) -> rusqlite::Result<Vec<NumberedGap>> {
    gap::read(connection, query)
}

pub(crate) fn consumers(connection: &Connection) -> rusqlite::Result<Vec<Consumer>> {
    consumer::list(connection)
}

pub(crate) fn newest_entry(connection: &Connection) -> rusqlite::Result<u64> {
    Ok(Tally::read(connection)?.newest)
}

pub(crate) fn channels(
    connection: &Connection,
    shard: u32,
) -> rusqlite::Result<(Vec<Channel>, u64)> {
    let (_, watermark_ms) = shard::read(connection, shard)?;
    Ok((watched::read(connection, shard)?, watermark_ms))
}
