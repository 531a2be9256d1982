//! Roles that are being removed: `cordboard_upkeep::roles::RoleJournal`.

use std::sync::Arc;

use cordboard_upkeep::roles::{JournalError, RoleJournal, RoleRow, RoleStage};
use parking_lot::Mutex;
use rusqlite::{OptionalExtension as _, Row, Transaction, named_params, types::FromSqlError};
use twilight_model::id::{Id, marker::GuildMarker};

use super::acts::{self, ActId};
#[cfg(feature = "sabotage")]
use crate::sabotage::{Upkeep, lacks};
use crate::{
    Act, Daybook, Lease, StoreError,
    limits::ACTS_KEPT_MS,
    record::{damaged, signed, text, unsigned},
};

macro_rules! columns {
    () => {
        "guild_id, role_id, plan, name, holders, must_be_empty, audit_reason, stage, since_ms, \
         asked_ms, asks, detail"
    };
}

/// A row that is settled is replaced; one that is open stands where it stood, by the plan of now. What an
/// assignment reads is the row as it was before all of them.
const BEGIN: &str = concat!(
    "INSERT INTO role_removal (",
    columns!(),
    ") VALUES (:guild_id, :role_id, :plan, :name, :holders, :must_be_empty, :audit_reason, :stage, \
     :since_ms, :asked_ms, :asks, :detail)
     ON CONFLICT DO UPDATE SET plan = excluded.plan, name = excluded.name,
        holders = excluded.holders, audit_reason = excluded.audit_reason,
        must_be_empty = excluded.must_be_empty
            OR (must_be_empty AND stage NOT IN ('gone', 'refused')),
        stage = iif(stage IN ('gone', 'refused'), excluded.stage, stage),
        since_ms = iif(stage IN ('gone', 'refused'), excluded.since_ms, since_ms),
        asked_ms = iif(stage IN ('gone', 'refused'), excluded.asked_ms, asked_ms),
        asks = iif(stage IN ('gone', 'refused'), excluded.asks, asks),
        detail = iif(stage IN ('gone', 'refused'), excluded.detail, detail),
        act_id = iif(stage IN ('gone', 'refused'), NULL, act_id)"
);

const STEP: &str = "UPDATE role_removal SET stage = :stage, since_ms = :since_ms,
        asked_ms = :asked_ms, asks = :asks, detail = :detail, act_id = :act_id
     WHERE guild_id = :guild_id AND role_id = :role_id
        AND stage IN ('planned', 'asked', 'unknown')";

const ROWS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM role_removal WHERE guild_id = ?1
        AND (stage IN ('planned', 'asked', 'unknown') OR since_ms >= ?2)
     ORDER BY role_id"
);

/// The daybook as the record of removals of roles. Whatever is asked of Discord has its line among the
/// acts, written with its row in one transaction.
#[derive(Debug)]
pub struct DaybookRoles {
    daybook: Daybook,
    actor: Arc<str>,
    /// The guild that is held through this one.
    held: Mutex<Option<(Id<GuildMarker>, Arc<Lease>)>>,
    /// The guild that this one has asked for; it stays here when whoever asked is dropped before the answer.
    asked: Mutex<Option<Id<GuildMarker>>>,
}

// === impl Daybook ===

impl Daybook {
    /// The record of removals of roles; `actor` is the program and what it was told.
    #[must_use]
    pub fn roles(&self, actor: &str) -> DaybookRoles {
        DaybookRoles {
            daybook: self.clone(),
            actor: actor.into(),
            held: Mutex::default(),
            asked: Mutex::default(),
        }
    }
}

// === impl DaybookRoles ===

impl RoleJournal for DaybookRoles {
    async fn begin(&self, rows: Vec<RoleRow>) -> Result<(), JournalError> {
        let done = self.daybook.call(move |transaction| {
            let newest_ms = rows.iter().map(|row| row.since_ms).max().unwrap_or(0);
            let mut fade = transaction.prepare_cached(
                "DELETE FROM role_removal WHERE since_ms < ?1 AND stage IN ('gone', 'refused')",
            )?;
            fade.execute([signed(newest_ms.saturating_sub(ACTS_KEPT_MS))])?;
            rows.iter().try_for_each(|row| begin(transaction, row))
        });
        done.await.map_err(failed)
    }

    async fn step(&self, rows: Vec<RoleRow>) -> Result<(), JournalError> {
        #[cfg(feature = "sabotage")]
        let rows = if lacks(Upkeep::RolesOnRecord) {
            let rows = rows.into_iter();
            rows.filter(|row| row.stage != RoleStage::Asked).collect()
        } else {
            rows
        };
        let actor = Arc::clone(&self.actor);
        let done = self.daybook.call(move |transaction| {
            rows.iter()
                .try_for_each(|row| step(transaction, row, &actor))
        });
        done.await.map_err(failed)
    }

    async fn rows(
        &self,
        guild_id: Id<GuildMarker>,
        settled_since_ms: u64,
    ) -> Result<Vec<RoleRow>, JournalError> {
        let read = self.daybook.call(move |transaction| {
            let mut query = transaction.prepare_cached(ROWS)?;
            let of = [signed(guild_id.get()), signed(settled_since_ms)];
            query.query_map(of, read)?.collect()
        });
        #[cfg(feature = "sabotage")]
        if lacks(Upkeep::RolesInDoubt) {
            let mut rows: Vec<RoleRow> = read.await.map_err(failed)?;
            let doubtful = rows.iter_mut().filter(|row| row.stage.is_in_doubt());
            doubtful.for_each(|row| row.stage = RoleStage::Planned);
            return Ok(rows);
        }
        read.await.map_err(failed)
    }

    async fn hold(
        &self,
        guild_id: Id<GuildMarker>,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<bool, JournalError> {
        let held = self.held.lock().clone();
        if let Some((_, lease)) = held.filter(|(of, _)| *of == guild_id) {
            if lease.renew(until_ms).await.map_err(failed)? {
                return Ok(true);
            }
            self.held.lock().take();
            return Ok(false);
        }
        *self.asked.lock() = Some(guild_id);
        let name = name(guild_id);
        let taken = self.daybook.lease(&name, now_ms, until_ms).await;
        let lease = taken.map_err(failed)?;
        let is_ours = lease.is_some();
        *self.held.lock() = lease.map(|lease| (guild_id, Arc::new(lease)));
        self.asked.lock().take();
        Ok(is_ours)
    }

    async fn release(&self, guild_id: Id<GuildMarker>) -> Result<(), JournalError> {
        let is_held = (self.held.lock().as_ref()).is_some_and(|(of, _)| *of == guild_id);
        if !is_held && *self.asked.lock() != Some(guild_id) {
            return Ok(());
        }
        let lease = self.daybook.lease_of_ours(&name(guild_id));
        lease.give_back().await.map_err(failed)?;
        self.asked.lock().take();
        if is_held {
            self.held.lock().take();
        }
        Ok(())
    }
}

/// What the lease of a guild is called.
fn name(guild_id: Id<GuildMarker>) -> String {
    format!("roles.remove {guild_id}")
}

fn begin(transaction: &Transaction<'_>, row: &RoleRow) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(BEGIN)?;
    insert.execute(named_params! {
        ":guild_id": signed(row.guild_id.get()),
        ":role_id": signed(row.role_id.get()),
        ":plan": row.plan,
        ":name": row.name,
        ":holders": row.holders.map(signed),
        ":must_be_empty": row.must_be_empty,
        ":audit_reason": row.audit_reason,
        ":stage": row.stage.name(),
        ":since_ms": signed(row.since_ms),
        ":asked_ms": row.asked_ms.map(signed),
        ":asks": row.asks,
        ":detail": row.detail,
    })?;
    Ok(())
}

fn step(transaction: &Transaction<'_>, row: &RoleRow, actor: &str) -> rusqlite::Result<()> {
    let mut query = transaction
        .prepare_cached("SELECT act_id FROM role_removal WHERE guild_id = ?1 AND role_id = ?2")?;
    let key = [signed(row.guild_id.get()), signed(row.role_id.get())];
    let act: Option<Option<i64>> = query.query_row(key, |row| row.get(0)).optional()?;
    let act = match (row.stage, act.flatten().map(ActId)) {
        (RoleStage::Asked, _) => Some(acts::begin(transaction, &deletion(row, actor))?),
        (RoleStage::Planned, Some(act)) => {
            acts::end(transaction, act, "not done")?;
            None
        }
        (RoleStage::Gone | RoleStage::Refused, Some(act)) => {
            let why = row.detail.as_deref().unwrap_or_default();
            acts::end(transaction, act, &format!("{}: {why}", row.stage.name()))?;
            Some(act)
        }
        (_, act) => act,
    };
    let mut update = transaction.prepare_cached(STEP)?;
    let updated = update.execute(named_params! {
        ":guild_id": key[0],
        ":role_id": key[1],
        ":stage": row.stage.name(),
        ":since_ms": signed(row.since_ms),
        ":asked_ms": row.asked_ms.map(signed),
        ":asks": row.asks,
        ":detail": row.detail,
        ":act_id": act.map(|ActId(id)| id),
    })?;
    if updated == 0 && row.stage == RoleStage::Asked {
        // Somebody else has settled it: it must not be asked for once more, and no act be on record.
        return Err(rusqlite::Error::StatementChangedRows(0));
    }
    Ok(())
}

fn deletion(row: &RoleRow, actor: &str) -> Act {
    Act {
        at_ms: row.since_ms,
        actor: actor.to_owned(),
        action: "role.delete".to_owned(),
        guild_id: row.guild_id,
        subject: row.role_id.to_string(),
        reason: row.audit_reason.clone(),
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<RoleRow> {
    let optional = |column: usize| -> rusqlite::Result<Option<u64>> {
        let value: Option<i64> = row.get(column)?;
        Ok(value.map(i64::cast_unsigned))
    };
    Ok(RoleRow {
        guild_id: id(row, 0)?,
        role_id: id(row, 1)?,
        plan: row.get(2)?,
        name: row.get(3)?,
        holders: optional(4)?,
        must_be_empty: row.get(5)?,
        audit_reason: row.get(6)?,
        stage: text(row, 7, |value| {
            RoleStage::from_name(value.as_str()?).ok_or(FromSqlError::InvalidType)
        })?,
        since_ms: unsigned(row, 8)?,
        asked_ms: optional(9)?,
        asks: row.get(10)?,
        detail: row.get(11)?,
    })
}

fn id<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Id<T>> {
    let id = Id::new_checked(unsigned(row, column)?);
    id.ok_or_else(|| damaged(column, FromSqlError::OutOfRange(0)))
}

fn failed(error: StoreError) -> JournalError {
    let source: cordboard_upkeep::roles::Source = error.into();
    source.into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Location, Settings};

    async fn open(path: &std::path::Path) -> DaybookRoles {
        let location = Location::Path(path.to_owned());
        let daybook = Daybook::open(&location, Settings::default()).await;
        daybook.unwrap().roles("a test")
    }

    #[tokio::test]
    async fn the_daybook_conforms() {
        let folder = tempfile::tempdir().unwrap();
        let path = |number: u32| folder.path().join(format!("{number}.db"));
        let made = std::cell::Cell::new(0);
        cordboard_upkeep::roles::conformance::suite(
            async || {
                made.set(made.get() + 1);
                open(&path(made.get())).await
            },
            async |_| open(&path(made.get())).await,
        )
        .await;
    }

    #[tokio::test]
    async fn a_guild_is_let_go_of_though_whoever_took_it_was_dropped_before_the_answer() {
        const GUILD: Id<GuildMarker> = Id::new(7);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (one, other) = (open(&path).await, open(&path).await);
        // While somebody else writes, nothing can be answered.
        let file = Daybook::path(&Location::Path(path)).unwrap();
        let writer = rusqlite::Connection::open(file).unwrap();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        let cut = tokio::time::timeout(Duration::ZERO, one.hold(GUILD, 0, 10)).await;
        assert!(cut.is_err(), "it was answered beside a writer");
        writer.execute_batch("ROLLBACK").unwrap();
        let is_written = async || {
            let counted = other.daybook.ask(|connection| {
                connection.query_row("SELECT count(*) FROM lease", [], |row| row.get::<_, i64>(0))
            });
            counted.await.unwrap() == 1
        };
        while !is_written().await {}
        one.release(GUILD).await.unwrap();
        assert!(other.hold(GUILD, 1, 10).await.unwrap());
        // That one is not ours to let go of.
        one.release(GUILD).await.unwrap();
        assert!(!one.hold(GUILD, 2, 10).await.unwrap());
    }

    #[tokio::test]
    async fn each_deletion_has_its_line_among_the_acts_before_it_is_sent() {
        use cordboard_upkeep::roles::RoleEvent;
        let folder = tempfile::tempdir().unwrap();
        let roles = open(&folder.path().join("store.db")).await;
        let row = RoleRow {
            guild_id: Id::new(7),
            role_id: Id::new(8),
            plan: String::new(),
            name: "role".to_owned(),
            holders: None,
            must_be_empty: false,
            audit_reason: "nobody needs it".to_owned(),
            stage: RoleStage::Planned,
            since_ms: 1,
            asked_ms: None,
            asks: 0,
            detail: None,
        };
        roles.begin(vec![row.clone()]).await.unwrap();
        let outcomes = async || -> Vec<Option<String>> {
            let acts = roles.daybook.acts().await.unwrap();
            acts.into_iter().map(|acted| acted.outcome).collect()
        };
        assert!(outcomes().await.is_empty());
        let asked = row.after(RoleEvent::Asked, 2).unwrap();
        roles.step(vec![asked.clone()]).await.unwrap();
        assert_eq!(outcomes().await, [None]);
        let lost = asked.after(RoleEvent::Lost, 3).unwrap();
        roles.step(vec![lost.clone()]).await.unwrap();
        assert_eq!(outcomes().await, [None], "nobody knows");
        let gone = lost.after(RoleEvent::Gone("it left".to_owned()), 4);
        roles.step(vec![gone.unwrap()]).await.unwrap();
        assert_eq!(outcomes().await, [Some("gone: it left".to_owned())]);
    }
}
