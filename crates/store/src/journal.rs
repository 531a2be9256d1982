//! What happened to each row, in the order in which it happened.

use cordboard_lifecycle::{AttemptId, Event, Owner, Row, Stage};
use rusqlite::{Connection, named_params};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    limits::HISTORY_MAX,
    record::{attempt_of, channel_id, evidence, owner_of, signed, stage_of, unsigned},
};

/// The `event` of a row's first line.
const INSERTED: &str = "inserted";

/// One line of the journal: a row was inserted, its stage changed, or its deletion was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line's number. Later lines have larger ones; there may be gaps.
    pub seq: u64,
    /// When, in milliseconds since 1970, as the life that wrote it knew.
    pub at_ms: u64,
    /// The row.
    pub attempt: AttemptId,
    /// The name of the stage before (see [`Stage::name`]); `None` for the row's first line.
    pub before: Option<String>,
    /// The stage from here on.
    pub stage: Stage,
    /// What happened; `None` for the row's first line.
    pub event: Option<Event>,
    /// Who did it.
    pub owner: Owner,
    /// Why, for people.
    pub reason: Option<String>,
}

// === impl Line ===

impl Line {
    /// What happened, by its name in the journal: `inserted` for a row's first line.
    #[must_use]
    pub const fn event_name(&self) -> &'static str {
        match self.event {
            Some(event) => name(event),
            None => INSERTED,
        }
    }
}

/// Writes the first line of a row.
pub(crate) fn begin(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    write(connection, None, row, row.since_ms, row.reason.as_deref())
}

/// Writes what an event did to a row, which is given as it is now.
pub(crate) fn write_step(
    connection: &Connection,
    (before, event): (Stage, Event),
    row: &Row,
    at_ms: u64,
    reason: Option<&str>,
) -> rusqlite::Result<()> {
    write(connection, Some((before, event)), row, at_ms, reason)
}

/// Reads the history of a row, the oldest line first.
pub(crate) fn read(connection: &Connection, attempt: AttemptId) -> rusqlite::Result<Vec<Line>> {
    let mut query = connection.prepare_cached(
        "SELECT seq, at_ms, attempt, from_stage, to_stage, channel_id, evidence, event,
             instance, epoch, reason
         FROM journal WHERE row_id = (SELECT id FROM channel WHERE attempt = :attempt)
         ORDER BY seq LIMIT :lines_max",
    )?;
    let lines_max = i64::try_from(HISTORY_MAX).unwrap_or(i64::MAX);
    let values = named_params! { ":attempt": attempt.to_string(), ":lines_max": lines_max };
    query.query_map(values, line_of)?.collect()
}

/// Reads what happened last to any row, the newest line first.
pub(crate) fn newest(connection: &Connection, lines_max: usize) -> rusqlite::Result<Vec<Line>> {
    let mut query = connection.prepare_cached(
        "SELECT seq, at_ms, attempt, from_stage, to_stage, channel_id, evidence, event,
             instance, epoch, reason
         FROM journal ORDER BY seq DESC LIMIT ?1",
    )?;
    let lines_max = i64::try_from(lines_max).unwrap_or(i64::MAX);
    query.query_map([lines_max], line_of)?.collect()
}

fn write(
    connection: &Connection,
    step: Option<(Stage, Event)>,
    row: &Row,
    at_ms: u64,
    reason: Option<&str>,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO journal (at_ms, row_id, attempt, from_stage, to_stage, event, channel_id,
             evidence, instance, epoch, reason)
         SELECT :at_ms, id, attempt, :from_stage, :to_stage, :event, :channel_id,
             :evidence, :instance, :epoch, :reason
         FROM channel WHERE attempt = :attempt",
    )?;
    insert.execute(named_params! {
        ":at_ms": signed(at_ms),
        ":attempt": row.attempt.to_string(),
        ":from_stage": step.map(|(before, _)| before.name()),
        ":to_stage": row.stage.name(),
        ":event": step.map_or(INSERTED, |(_, event)| name(event)),
        ":channel_id": channel_id(row.stage),
        ":evidence": evidence(row.stage),
        ":instance": row.owner.instance.cast_signed(),
        ":epoch": signed(row.owner.epoch),
        ":reason": reason,
    })?;
    Ok(())
}

fn line_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Line> {
    let stage = stage_of(row, 4)?;
    let event: String = row.get(7)?;
    Ok(Line {
        seq: unsigned(row, 0)?,
        at_ms: unsigned(row, 1)?,
        attempt: attempt_of(row, 2)?,
        before: row.get(3)?,
        stage,
        event: from_name(&event, stage.channel_id()),
        owner: owner_of(row, 8)?,
        reason: row.get(10)?,
    })
}

/// An event's name in the journal.
const fn name(event: Event) -> &'static str {
    match event {
        Event::Named(_) => "named",
        Event::Refused => "refused",
        Event::Lost => "lost",
        Event::Found(_) => "found",
        Event::GivenUp => "given_up",
        Event::Sighted(_) => "sighted",
        Event::Vanished => "vanished",
        Event::Released => "released",
        Event::Spared => "spared",
        Event::Claimed => "claimed",
        Event::Asked => "asked",
        Event::Barred => "barred",
        Event::Deleted => "deleted",
        Event::Rearmed => "rearmed",
        Event::Absent => "absent",
        Event::Forgotten => "forgotten",
    }
}

/// The event with this name, at the end of which the row had this channel.
fn from_name(text: &str, channel_id: Option<Id<ChannelMarker>>) -> Option<Event> {
    let named = channel_id.into_iter();
    let named = named.flat_map(|id| [Event::Named(id), Event::Found(id), Event::Sighted(id)]);
    let others = [
        Event::Refused,
        Event::Lost,
        Event::GivenUp,
        Event::Vanished,
        Event::Released,
        Event::Spared,
        Event::Claimed,
        Event::Asked,
        Event::Barred,
        Event::Deleted,
        Event::Rearmed,
        Event::Absent,
        Event::Forgotten,
    ];
    named.chain(others).find(|event| name(*event) == text)
}
