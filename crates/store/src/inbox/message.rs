//! What is known of messages.

use cordboard_recovery::{Known, Logged, MessageQuery, Presence};
use rusqlite::{
    Connection, OptionalExtension as _, Row, named_params, params, types::FromSqlError,
};
use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker, UserMarker},
};

use super::column;
use crate::{
    limits::{READ_BYTES_MAX, READ_ROWS_MAX},
    record::{signed, text, unsigned},
};

pub(super) const FIND: &str = "SELECT edited_ms, presence, told_in, \
    ifnull(message.json, entry.json) \
    FROM message LEFT JOIN entry ON entry.sequence = json_in \
    WHERE message.channel_id = ?1 AND message.id = ?2";

pub(super) const UPSERT: &str = "INSERT INTO message \
    (channel_id, id, author_id, edited_ms, presence, told_in, json_in, json) \
    VALUES (:channel_id, :id, :author_id, :edited_ms, :presence, :told_in, :json_in, :json) \
    ON CONFLICT DO UPDATE SET author_id = excluded.author_id, \
    edited_ms = excluded.edited_ms, presence = excluded.presence, told_in = excluded.told_in, \
    json_in = excluded.json_in, json = excluded.json";

pub(super) type Key = (Id<ChannelMarker>, Id<MessageMarker>);

/// A message that is on record.
pub(super) struct Held {
    pub(super) known: Known,
    /// The sequence of the last entry about it.
    pub(super) told_in: u64,
}

/// Where the object of a message is from now on.
#[derive(Clone, Copy)]
pub(super) enum Object<'a> {
    /// Where it was.
    Stays,
    /// In the entry with this sequence.
    In(u64),
    /// Nowhere else.
    Own(&'a RawValue),
    /// There is none.
    None,
}

/// A message as it was read, before anybody has looked at its object.
pub(super) struct MessageRow {
    id: Id<MessageMarker>,
    author_id: Option<Id<UserMarker>>,
    edited_ms: u64,
    presence: Presence,
    json: Option<String>,
    channel_id: Id<ChannelMarker>,
}

// === impl MessageRow ===

impl MessageRow {
    pub(super) fn into_logged(self) -> Result<Logged, serde_json::Error> {
        let known = Known {
            edited_ms: self.edited_ms,
            presence: self.presence,
            json: self.json.map(RawValue::from_string).transpose()?,
        };
        Ok(Logged {
            id: self.id,
            channel_id: self.channel_id,
            author_id: self.author_id,
            edited_ms: known.last_edit_ms(),
            is_deleted: known.presence != Presence::There,
            json: known.json,
        })
    }
}

pub(super) fn find(
    connection: &Connection,
    (channel_id, message_id): Key,
) -> rusqlite::Result<Option<Held>> {
    let mut query = connection.prepare_cached(FIND)?;
    let key = [column::of(channel_id), column::of(message_id)];
    let held = query.query_row(key, |row| {
        Ok(Held {
            known: Known {
                edited_ms: unsigned(row, 0)?,
                presence: presence(row, 1)?,
                json: column::json(row, 3)?,
            },
            told_in: unsigned(row, 2)?,
        })
    });
    held.optional()
}

pub(super) fn write(
    connection: &Connection,
    (channel_id, message_id): Key,
    known: &Known,
    told_in: u64,
    object: Object<'_>,
) -> rusqlite::Result<()> {
    let key = (column::of(channel_id), column::of(message_id));
    let (json_in, json) = match object {
        Object::Stays => {
            let mut update = connection.prepare_cached(
                "UPDATE message SET edited_ms = ?3, presence = ?4, told_in = ?5
                 WHERE channel_id = ?1 AND id = ?2",
            )?;
            let (edited_ms, presence) = (signed(known.edited_ms), known.presence.name());
            update.execute(params![key.0, key.1, edited_ms, presence, signed(told_in)])?;
            return Ok(());
        }
        Object::In(sequence) => (Some(signed(sequence)), None),
        Object::Own(json) => (None, Some(json.get())),
        Object::None => (None, None),
    };
    let mut upsert = connection.prepare_cached(UPSERT)?;
    upsert.execute(named_params! {
        ":channel_id": key.0,
        ":id": key.1,
        ":author_id": column::of_some(known.author_id()),
        ":edited_ms": signed(known.edited_ms),
        ":presence": known.presence.name(),
        ":told_in": signed(told_in),
        ":json_in": json_in,
        ":json": json,
    })?;
    Ok(())
}

pub(super) fn holds(
    connection: &Connection,
    messages: &[Id<MessageMarker>],
) -> rusqlite::Result<Vec<bool>> {
    let mut query = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1)
             OR EXISTS (SELECT 1 FROM watched WHERE dropped_id = ?1)",
    )?;
    let mut holds = |id: &Id<_>| query.query_row([column::of(*id)], |row| row.get(0));
    messages.iter().map(&mut holds).collect()
}

pub(super) fn recent(
    connection: &Connection,
    channel_id: Id<ChannelMarker>,
    limit: usize,
) -> rusqlite::Result<Vec<Id<MessageMarker>>> {
    let mut query = connection.prepare_cached(
        "SELECT id FROM message WHERE channel_id = ?1 AND presence = 'there'
           AND id > ifnull((SELECT dropped_id FROM watched WHERE id = ?1), 0)
         ORDER BY id DESC LIMIT ?2",
    )?;
    let values = [column::of(channel_id), rows_max(limit)];
    let found = query.query_map(values, |row| column::id(row, 0))?;
    let mut youngest: Vec<_> = found.collect::<Result<_, _>>()?;
    youngest.reverse();
    Ok(youngest)
}

pub(super) fn read(
    connection: &Connection,
    query: &MessageQuery,
) -> rusqlite::Result<Vec<MessageRow>> {
    macro_rules! page {
        ($channel:literal, $order:literal) => {
            concat!(
                "SELECT id, author_id, edited_ms, presence, ifnull(message.json, entry.json), \
                     message.channel_id
                 FROM message LEFT JOIN entry ON entry.sequence = json_in
                 WHERE ",
                $channel,
                " AND id > :after AND id < :before AND (:with_deleted OR presence = 'there')
                 ORDER BY id ",
                $order,
                " LIMIT :rows_max"
            )
        };
    }
    let is_below = query.after.is_none() && query.before.is_some();
    // One index each: the channel's, and that of all ids.
    let sql = match (query.channel_id.is_some(), is_below) {
        (true, true) => page!("message.channel_id = :channel_id", "DESC"),
        (true, false) => page!("message.channel_id = :channel_id", ""),
        (false, true) => page!(":channel_id IS NULL", "DESC"),
        (false, false) => page!(":channel_id IS NULL", ""),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let values = named_params! {
        ":channel_id": column::of_some(query.channel_id),
        ":after": column::of_some(query.after).unwrap_or_default(),
        ":before": column::of_some(query.before).unwrap_or(i64::MAX),
        ":with_deleted": query.with_deleted,
        ":rows_max": rows_max(query.limit),
    };
    let mut found = statement.query(values)?;
    let (mut page, mut bytes) = (Vec::new(), 0);
    while bytes < READ_BYTES_MAX
        && let Some(row) = found.next()?
    {
        let row = message_of(row)?;
        bytes += row.json.as_ref().map_or(0, String::len);
        page.push(row);
    }
    if is_below {
        page.reverse();
    }
    Ok(page)
}

fn message_of(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        id: column::id(row, 0)?,
        author_id: column::some_id(row, 1)?,
        edited_ms: unsigned(row, 2)?,
        presence: presence(row, 3)?,
        json: row.get(4)?,
        channel_id: column::id(row, 5)?,
    })
}

fn presence(row: &Row<'_>, column: usize) -> rusqlite::Result<Presence> {
    text(row, column, |value| {
        Presence::from_name(value.as_str()?).ok_or(FromSqlError::InvalidType)
    })
}

/// What was asked for, as far as one request gives it.
pub(super) fn rows_max(limit: usize) -> i64 {
    i64::try_from(limit.min(READ_ROWS_MAX)).unwrap_or(i64::MAX)
}
