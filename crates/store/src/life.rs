//! Which life may write, and what it is told of the guild at its beginning.

use cordboard_lifecycle::{Entered, Entry, Horizon, Owner, kp};
use rusqlite::{Connection, OptionalExtension as _, named_params};
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, GuildMarker},
};

use crate::{
    limits::HOURS_COUNTED,
    record::{owner_of, signed, unsigned},
};

pub(crate) const HOUR_MS: u64 = 3_600_000;

/// What the hours count.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counted {
    /// A row.
    Inserted,
    /// A row's first deletion.
    Asked,
}

/// Begins a life, which closes all former ones.
pub(crate) fn enter(connection: &Connection, entry: Entry) -> rusqlite::Result<Entered> {
    let mut update = connection.prepare_cached(
        "UPDATE state SET instance = :instance, epoch = epoch + 1 RETURNING instance, epoch",
    )?;
    let instance = named_params! { ":instance": entry.instance.cast_signed() };
    let owner = update.query_row(instance, |row| owner_of(row, 0))?;
    kp!("store.life.entered");
    Ok(Entered {
        owner,
        horizon: horizon(connection, entry)?,
    })
}

/// Whether this life may write. Before the first one began, nobody may.
pub(crate) fn is_current(connection: &Connection, owner: Owner) -> rusqlite::Result<bool> {
    #[cfg(feature = "sabotage")]
    if crate::sabotage::lets_former_lives_write() {
        return Ok(true);
    }
    let mut query = connection.prepare_cached("SELECT instance, epoch FROM state")?;
    let current = query.query_row([], |row| owner_of(row, 0))?;
    Ok(current.epoch > 0 && current == owner)
}

/// Moves forward what has been read of the audit log.
pub(crate) fn read_to(
    connection: &Connection,
    guild_id: Id<GuildMarker>,
    entry_id: Id<AuditLogEntryMarker>,
) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached(
        "INSERT INTO audit_log (guild_id, read_to) VALUES (:guild_id, :read_to)
         ON CONFLICT DO UPDATE SET read_to = max(read_to, excluded.read_to)",
    )?;
    let (guild_id, read_to) = (signed(guild_id.get()), signed(entry_id.get()));
    update.execute(named_params! { ":guild_id": guild_id, ":read_to": read_to })?;
    kp!("store.log.read_to");
    Ok(())
}

/// Counts one in its hour.
pub(crate) fn count(
    connection: &Connection,
    guild_id: Id<GuildMarker>,
    at_ms: u64,
    counted: Counted,
) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached(
        "INSERT INTO hour (guild_id, hour, inserted, asked)
         VALUES (:guild_id, :hour, :inserted, :asked)
         ON CONFLICT DO UPDATE SET inserted = inserted + excluded.inserted,
             asked = asked + excluded.asked",
    )?;
    let (inserted, asked) = match counted {
        Counted::Inserted => (1, 0),
        Counted::Asked => (0, 1),
    };
    update.execute(named_params! {
        ":guild_id": signed(guild_id.get()),
        ":hour": signed(at_ms / HOUR_MS),
        ":inserted": inserted,
        ":asked": asked,
    })?;
    Ok(())
}

/// The first hour that counts as the last day.
fn first_hour(at_ms: u64) -> i64 {
    signed((at_ms / HOUR_MS).saturating_sub(HOURS_COUNTED))
}

/// What was inserted and what was asked for in a guild in the last day.
pub(crate) fn day(
    connection: &Connection,
    guild_id: Id<GuildMarker>,
    at_ms: u64,
) -> rusqlite::Result<(u64, u64)> {
    let mut query = connection.prepare_cached(
        "SELECT coalesce(sum(inserted), 0), coalesce(sum(asked), 0) FROM hour
         WHERE guild_id = ?1 AND hour >= ?2",
    )?;
    let guild_id = signed(guild_id.get());
    query.query_row((guild_id, first_hour(at_ms)), |row| {
        Ok((unsigned(row, 0)?, unsigned(row, 1)?))
    })
}

fn horizon(connection: &Connection, entry: Entry) -> rusqlite::Result<Horizon> {
    let guild_id = signed(entry.guild_id.get());
    let read = |sql: &str| -> rusqlite::Result<Option<u64>> {
        let mut query = connection.prepare_cached(sql)?;
        let id = query.query_row([guild_id], |row| row.get::<_, i64>(0));
        Ok(id.optional()?.map(i64::cast_unsigned))
    };
    let read_to = read("SELECT read_to FROM audit_log WHERE guild_id = ?1")?;
    let youngest = read(
        "SELECT channel_id FROM channel
         WHERE channel_id IS NOT NULL AND evidence IS NOT NULL AND guild_id = ?1
         ORDER BY channel_id DESC LIMIT 1",
    )?;
    let (inserted, asked) = day(connection, entry.guild_id, entry.at_ms)?;
    Ok(Horizon {
        read_to: read_to.and_then(Id::new_checked),
        youngest: youngest.and_then(Id::new_checked),
        inserted,
        asked,
    })
}
