//! What consumers are told.

use cordboard_recovery::{Entries, Entry, EntryQuery, News, NumberedGap};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::{column, gap, message::rows_max, tally::Tally};
use crate::{
    limits::{LOOKED_THROUGH_MAX, READ_BYTES_MAX, READ_ROWS_MAX},
    record::{signed, unsigned},
};

pub(super) const INSERT: &str = "INSERT INTO entry \
    (sequence, at_ms, channel_id, message_id, kind, json) \
    VALUES (:sequence, :at_ms, :channel_id, :message_id, :kind, :json)";

pub(super) const READ: &str = "SELECT sequence, channel_id, message_id, kind, json FROM entry \
    WHERE sequence > :after AND sequence <= :to \
    AND (:channels IS NULL OR channel_id IN (SELECT value FROM json_each(:channels))) \
    ORDER BY sequence LIMIT :rows_max";

/// Entries as they were read, before anybody has looked at their objects.
pub(super) struct Page {
    rows: Vec<EntryRow>,
    gaps: Vec<NumberedGap>,
    through: u64,
    newest: u64,
}

struct EntryRow {
    sequence: u64,
    channel_id: Id<ChannelMarker>,
    message_id: Id<MessageMarker>,
    kind: String,
    json: Option<String>,
}

// === impl Page ===

impl Page {
    /// The sequence of the first.
    pub(super) fn first(&self) -> Option<u64> {
        let rows = self.rows.iter().map(|row| row.sequence);
        rows.chain(self.gaps.iter().map(|told| told.sequence)).min()
    }

    /// The bytes of the objects.
    pub(super) fn bytes(&self) -> usize {
        let objects = self.rows.iter().filter_map(|row| row.json.as_ref());
        objects.map(String::len).sum()
    }

    /// Not done where it was read: nobody waits for the database meanwhile.
    pub(super) fn into_entries(self) -> Result<Entries, serde_json::Error> {
        let told = self.rows.into_iter().map(EntryRow::into_entry);
        let gaps = self.gaps.into_iter().map(|told| {
            Ok(Entry {
                sequence: told.sequence,
                channel_id: told.gap.channel_id,
                news: News::Gap(told.gap),
            })
        });
        let mut entries: Vec<_> = told.chain(gaps).collect::<Result<_, _>>()?;
        entries.sort_unstable_by_key(|entry| entry.sequence);
        Ok(Entries {
            entries,
            through: self.through,
            newest: self.newest,
        })
    }
}

// === impl EntryRow ===

impl EntryRow {
    fn into_entry(self) -> Result<Entry, serde_json::Error> {
        let message_id = self.message_id;
        let json = || RawValue::from_string(self.json.unwrap_or_default());
        let news = match &*self.kind {
            "created" => News::Created {
                message_id,
                json: json()?,
            },
            "updated" => News::Updated {
                message_id,
                json: json()?,
            },
            // The schema knows one more kind.
            kind => News::Deleted {
                message_id,
                is_inferred: kind == "missing",
            },
        };
        Ok(Entry {
            sequence: self.sequence,
            channel_id: self.channel_id,
            news,
        })
    }
}

/// Writes what is told of a message, and gives its sequence.
pub(super) fn tell(
    connection: &Connection,
    tally: &mut Tally,
    channel_id: Id<ChannelMarker>,
    news: &News,
) -> rusqlite::Result<u64> {
    let (message_id, kind, json) = match news {
        News::Created { message_id, json } => (message_id, "created", Some(json.get())),
        News::Updated { message_id, json } => (message_id, "updated", Some(json.get())),
        News::Deleted {
            message_id,
            is_inferred,
        } => {
            let kind = if *is_inferred { "missing" } else { "deleted" };
            (message_id, kind, None)
        }
        News::Gap(gap) => return gap::tell(connection, tally, gap),
    };
    tally.newest += 1;
    tally.bytes += json.map_or(0, |json| u64::try_from(json.len()).unwrap_or_default());
    let mut insert = connection.prepare_cached(INSERT)?;
    insert.execute(named_params! {
        ":sequence": signed(tally.newest),
        ":at_ms": signed(tally.at_ms),
        ":channel_id": column::of(channel_id),
        ":message_id": column::of(*message_id),
        ":kind": kind,
        ":json": json,
    })?;
    Ok(tally.newest)
}

pub(super) fn read(connection: &Connection, query: &EntryQuery) -> rusqlite::Result<Page> {
    let newest = Tally::read(connection)?.newest;
    let limit = query.limit.min(READ_ROWS_MAX);
    let to = last(connection, query)?;
    let mut page = Page {
        rows: Vec::new(),
        gaps: gap::between(connection, (query.after, to), &query.channels, limit)?,
        through: to.min(newest).max(query.after),
        newest,
    };
    let is_cut = read_rows(connection, query, to, &mut page.rows)?;
    // As much of both as has an end to it.
    let sequences = page.rows.iter().map(|row| row.sequence);
    if is_cut || page.rows.len() == limit {
        page.through = sequences.clone().max().unwrap_or(query.after);
    }
    let gaps = page.gaps.iter().map(|told| told.sequence);
    let mut both: Vec<_> = sequences.chain(gaps).collect();
    both.sort_unstable();
    both.retain(|sequence| *sequence <= page.through);
    if both.len() >= limit {
        page.through = both[..limit].last().copied().unwrap_or(query.after);
    }
    page.rows.retain(|row| row.sequence <= page.through);
    page.gaps.retain(|told| told.sequence <= page.through);
    Ok(page)
}

/// Up to which sequence entries are looked through. Numbers may be left out, so it counts from the first
/// that is there.
fn last(connection: &Connection, query: &EntryQuery) -> rusqlite::Result<u64> {
    if query.channels.is_empty() {
        return Ok(u64::MAX);
    }
    let mut first = connection.prepare_cached(
        "SELECT sequence FROM entry WHERE sequence > ?1 ORDER BY sequence LIMIT 1",
    )?;
    let first = first.query_row([signed(query.after)], |row| unsigned(row, 0));
    let last = |first: u64| first.saturating_add(LOOKED_THROUGH_MAX);
    Ok(first.optional()?.map_or(u64::MAX, last))
}

/// Reads rows, and says whether there may be more because their objects are too many.
fn read_rows(
    connection: &Connection,
    query: &EntryQuery,
    to: u64,
    rows: &mut Vec<EntryRow>,
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(READ)?;
    let mut found = statement.query(named_params! {
        ":after": signed(query.after),
        ":to": signed(to),
        ":channels": channels(&query.channels),
        ":rows_max": rows_max(query.limit),
    })?;
    let mut bytes = 0;
    while let Some(row) = found.next()? {
        let row = row_of(row)?;
        bytes += row.json.as_ref().map_or(0, String::len);
        rows.push(row);
        if bytes >= READ_BYTES_MAX {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Channels as one value of a statement; `None`: all.
pub(super) fn channels(channels: &[Id<ChannelMarker>]) -> Option<String> {
    let ids: Vec<_> = channels
        .iter()
        .map(|id| column::of(*id).to_string())
        .collect();
    (!ids.is_empty()).then(|| format!("[{}]", ids.join(",")))
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<EntryRow> {
    Ok(EntryRow {
        sequence: unsigned(row, 0)?,
        channel_id: column::id(row, 1)?,
        message_id: column::id(row, 2)?,
        kind: row.get(3)?,
        json: row.get(4)?,
    })
}
