//! What was written to Discord, by whom and why.

use rusqlite::{Row, Transaction, named_params, types::FromSqlError};
use twilight_model::id::{Id, marker::GuildMarker};

use crate::{
    Daybook, StoreError,
    limits::{ACTS_FADE_MAX, ACTS_KEPT_MS, ACTS_READ_MAX},
    record::{damaged, signed, unsigned},
};

/// Something that is about to be written to Discord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Now, in milliseconds since 1970.
    pub at_ms: u64,
    /// The program and what it was told, such as `cordboard-maintenance roles remove`.
    pub actor: String,
    /// What is done, such as `role.delete`.
    pub action: String,
    /// Where.
    pub guild_id: Id<GuildMarker>,
    /// The id of what it is done to.
    pub subject: String,
    /// Why, as it stands in Discord's audit log.
    pub reason: String,
}

/// The number of an act that is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActId(pub(super) i64);

/// An act on record, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// Its number.
    pub id: ActId,
    /// What it was.
    pub act: Act,
    /// What came of it; `None`: not known, because its answer was lost or its process died.
    pub outcome: Option<String>,
}

// === impl ActId ===

impl ActId {
    pub(super) const fn number(self) -> i64 {
        self.0
    }
}

impl From<i64> for ActId {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

// === impl Daybook ===

impl Daybook {
    /// Writes down what is about to be done. What is older than [`ACTS_KEPT_MS`] is forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn intend(&self, act: Act) -> Result<ActId, StoreError> {
        self.call(move |transaction| begin(transaction, &act)).await
    }

    /// Writes down what came of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acted(&self, id: ActId, outcome: String) -> Result<(), StoreError> {
        self.call(move |transaction| end(transaction, id, &outcome))
            .await
    }

    /// What was done lately, the newest first, at most [`ACTS_READ_MAX`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acts(&self) -> Result<Vec<Acted>, StoreError> {
        self.call(|transaction| {
            let mut query = transaction.prepare_cached(
                "SELECT id, at_ms, actor, action, guild_id, subject, reason, outcome FROM act
                 ORDER BY id DESC LIMIT ?1",
            )?;
            query.query_map([signed(ACTS_READ_MAX)], read)?.collect()
        })
        .await
    }
}

/// Whoever writes one down forgets some old ones: there is nobody else who would.
pub(super) fn begin(transaction: &Transaction<'_>, act: &Act) -> rusqlite::Result<ActId> {
    let mut fade = transaction.prepare_cached(
        "DELETE FROM act WHERE id IN (SELECT id FROM act WHERE at_ms < ?1 LIMIT ?2)",
    )?;
    let kept_from = act.at_ms.saturating_sub(ACTS_KEPT_MS);
    fade.execute([signed(kept_from), signed(ACTS_FADE_MAX)])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO act (at_ms, actor, action, guild_id, subject, reason)
         VALUES (:at_ms, :actor, :action, :guild_id, :subject, :reason)",
    )?;
    let id = insert.insert(named_params! {
        ":at_ms": signed(act.at_ms),
        ":actor": act.actor,
        ":action": act.action,
        ":guild_id": signed(act.guild_id.get()),
        ":subject": act.subject,
        ":reason": act.reason,
    })?;
    Ok(ActId(id))
}

pub(super) fn end(
    transaction: &Transaction<'_>,
    ActId(id): ActId,
    outcome: &str,
) -> rusqlite::Result<()> {
    let mut update = transaction.prepare_cached("UPDATE act SET outcome = ?2 WHERE id = ?1")?;
    update.execute((id, outcome)).map(drop)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Acted> {
    let guild_id = Id::new_checked(unsigned(row, 4)?);
    let guild_id = guild_id.ok_or_else(|| damaged(4, FromSqlError::OutOfRange(0)))?;
    Ok(Acted {
        id: ActId(row.get(0)?),
        act: Act {
            at_ms: unsigned(row, 1)?,
            actor: row.get(2)?,
            action: row.get(3)?,
            guild_id,
            subject: row.get(5)?,
            reason: row.get(6)?,
        },
        outcome: row.get(7)?,
    })
}
