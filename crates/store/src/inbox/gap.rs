//! What could not be had.

use cordboard_recovery::{Gap, GapQuery, GapReason, NumberedGap};
use rusqlite::{Connection, Row, named_params, params, types::FromSqlError};
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{column, entry::channels, message::rows_max, tally::Tally};
use crate::record::{signed, text, unsigned};

macro_rules! columns {
    () => {
        "sequence, channel_id, reason, after_id, to_id, at_ms"
    };
}

/// Tells of a gap, unless it was told before, and gives the youngest sequence.
pub(super) fn tell(connection: &Connection, tally: &mut Tally, gap: &Gap) -> rusqlite::Result<u64> {
    if insert(connection, tally, tally.newest + 1, gap)? {
        tally.newest += 1;
    }
    Ok(tally.newest)
}

/// Writes a gap, unless it is on record.
fn insert(
    connection: &Connection,
    tally: &Tally,
    sequence: u64,
    gap: &Gap,
) -> rusqlite::Result<bool> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO gap (sequence, told_ms, channel_id, reason, after_id, to_id, at_ms)
         VALUES (:sequence, :told_ms, :channel_id, :reason, :after_id, :to_id, :at_ms)
         ON CONFLICT DO NOTHING",
    )?;
    let inserted = insert.execute(named_params! {
        ":sequence": signed(sequence),
        ":told_ms": signed(tally.at_ms),
        ":channel_id": column::of(gap.channel_id),
        ":reason": gap.reason.name(),
        ":after_id": column::of_some(gap.after),
        ":to_id": column::of_some(gap.to),
        ":at_ms": signed(gap.at_ms),
    })?;
    Ok(inserted == 1)
}

/// Reads gaps above one sequence and up to another.
pub(super) fn between(
    connection: &Connection,
    (after, to): (u64, u64),
    of: &[Id<ChannelMarker>],
    limit: usize,
) -> rusqlite::Result<Vec<NumberedGap>> {
    let mut query = connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM gap WHERE sequence > :after AND sequence <= :to
             AND (:channels IS NULL OR channel_id IN (SELECT value FROM json_each(:channels)))
         ORDER BY sequence LIMIT :rows_max"
    ))?;
    let values = named_params! {
        ":after": signed(after),
        ":to": signed(to),
        ":channels": channels(of),
        ":rows_max": rows_max(limit),
    };
    query.query_map(values, gap_of)?.collect()
}

pub(super) fn read(connection: &Connection, query: GapQuery) -> rusqlite::Result<Vec<NumberedGap>> {
    let of: Vec<_> = query.channel_id.into_iter().collect();
    between(connection, (query.after, u64::MAX), &of, query.limit)
}

/// Tells of what was dropped of a channel, in the place of it. What somebody has not passed of a former
/// gap is in it, and one that begins where it does.
pub(super) fn tell_expired(
    connection: &Connection,
    tally: &Tally,
    sequence: u64,
    mut gap: Gap,
    behind: u64,
) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached(concat!(
        "DELETE FROM gap WHERE channel_id = ?1 AND reason = ?2
             AND (sequence > ?3 OR after_id IS ?4)
         RETURNING ",
        columns!()
    ))?;
    let values = params![
        column::of(gap.channel_id),
        gap.reason.name(),
        signed(behind),
        column::of_some(gap.after)
    ];
    let former = delete.query_map(values, gap_of)?;
    for former in former.collect::<Result<Vec<_>, _>>()? {
        extend(&mut gap, &former.gap);
    }
    insert(connection, tally, sequence, &gap).map(drop)
}

/// Makes a gap reach as far as another one does as well.
pub(super) fn extend(gap: &mut Gap, other: &Gap) {
    gap.after = gap.after.min(other.after);
    gap.to = gap.to.max(other.to);
}

/// Drops gaps that were told before this and that everybody has passed.
pub(super) fn drop_passed(
    connection: &Connection,
    before_ms: u64,
    behind: u64,
    gaps_max: u64,
) -> rusqlite::Result<u64> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM gap WHERE sequence IN (
             SELECT sequence FROM gap WHERE sequence <= ?1 AND told_ms < ?2
             ORDER BY sequence LIMIT ?3)",
    )?;
    let values = [signed(behind), signed(before_ms), signed(gaps_max)];
    Ok(u64::try_from(delete.execute(values)?).unwrap_or(u64::MAX))
}

fn gap_of(row: &Row<'_>) -> rusqlite::Result<NumberedGap> {
    Ok(NumberedGap {
        sequence: unsigned(row, 0)?,
        gap: Gap {
            channel_id: column::id(row, 1)?,
            reason: text(row, 2, |value| {
                GapReason::from_name(value.as_str()?).ok_or(FromSqlError::InvalidType)
            })?,
            after: column::some_id(row, 3)?,
            to: column::some_id(row, 4)?,
            at_ms: unsigned(row, 5)?,
        },
    })
}
