//! Alarms, what each target was told of them, and what has yet to be delivered.

mod delivery;

use cordboard_upkeep::{
    Failure,
    alerts::{
        Alarm, Claimed, Delivery, Kind, Noted, Outbox, Outcome, Overview, Owed, Standing, State,
        Target, Told,
        limits::{ALARMS_KEPT_MS, ALARMS_MAX, DELIVERIES_KEPT_MS, WAITING_MAX},
        owed,
    },
};
use rusqlite::{OptionalExtension as _, Row, Transaction, named_params, types::FromSqlError};

use crate::{
    Daybook, StoreError,
    record::{damaged, signed, unsigned},
};

/// An alarm on record, and its number.
type Numbered = (i64, Standing);

const COLUMNS: &str = "id, kind, subject, text, fix, begun_ms, said_ms, ended_ms, count";

impl Outbox for Daybook {
    async fn raise(
        &self,
        alarm: &Alarm,
        targets: &[Target],
        now_ms: u64,
    ) -> Result<Noted, Failure> {
        let (alarm, targets) = (alarm.clone(), targets.to_vec());
        let raised = self.call(move |transaction| {
            prune(transaction, now_ms)?;
            let former = find(transaction, alarm.kind, &alarm.subject)?;
            if former.is_none() && count(transaction)? >= ALARMS_MAX {
                return Ok(None);
            }
            let is_new = former.as_ref().is_none_or(|(_, former)| !former.is_open());
            let standing = match former {
                Some((_, former)) => former.said(&alarm, now_ms),
                None => Standing::begun(&alarm, now_ms),
            };
            let id = write(transaction, &standing)?;
            note(transaction, &(id, standing), &targets, is_new, now_ms).map(Some)
        });
        raised.await.map_err(failed)?.ok_or_else(|| {
            let source = "there are too many alarms in the daybook".into();
            Failure::NotDone { wait: None, source }
        })
    }

    async fn clear(
        &self,
        kind: Kind,
        subject: &str,
        targets: &[Target],
        now_ms: u64,
    ) -> Result<Noted, Failure> {
        let subject = Alarm::new(kind, subject, "", "").subject;
        let targets = targets.to_vec();
        let cleared = self.call(move |transaction| {
            let Some((id, standing)) = find(transaction, kind, &subject)? else {
                return Ok(Noted::default());
            };
            let is_new = standing.is_open();
            let standing = standing.ended(now_ms);
            if is_new {
                write(transaction, &standing)?;
            }
            note(transaction, &(id, standing), &targets, is_new, now_ms)
        });
        cleared.await.map_err(failed)
    }

    async fn claim(&self, targets: &[Target], now_ms: u64) -> Result<Claimed, Failure> {
        let targets = targets.to_vec();
        let claimed = self.call(move |transaction| {
            for alarm in all(transaction)? {
                note(transaction, &alarm, &targets, false, now_ms)?;
            }
            let given_up = delivery::give_up_old(transaction, now_ms)?;
            let mut deliveries = Vec::new();
            for target in &targets {
                deliveries.extend(delivery::claim(transaction, &target.name, now_ms)?);
            }
            Ok(Claimed {
                deliveries,
                given_up,
            })
        });
        claimed.await.map_err(failed)
    }

    async fn settle(
        &self,
        delivery: &Delivery,
        outcome: &Outcome,
        now_ms: u64,
    ) -> Result<(), Failure> {
        let (delivery, outcome) = (delivery.clone(), outcome.clone());
        let settled = self
            .call(move |transaction| delivery::settle(transaction, &delivery, &outcome, now_ms));
        settled.await.map_err(failed)
    }

    async fn overview(&self) -> Result<Overview, Failure> {
        let overview = self.call(|transaction| {
            let alarms = all(transaction)?.into_iter();
            let open = alarms.filter_map(|(_, alarm)| alarm.is_open().then_some(alarm));
            let mut alarms: Vec<_> = open.collect();
            alarms.sort_by(|a, b| (a.kind, &a.subject).cmp(&(b.kind, &b.subject)));
            Ok(Overview {
                alarms,
                deliveries: delivery::shown(transaction)?,
            })
        });
        overview.await.map_err(failed)
    }
}

/// A daybook's error says nothing of the next call. Whether what was asked is on record, nobody knows, and it
/// does not matter: each call may be repeated.
fn failed(error: StoreError) -> Failure {
    Failure::Unknown {
        source: error.into(),
    }
}

/// Forgets what nobody needs any more.
fn prune(transaction: &Transaction<'_>, now_ms: u64) -> rusqlite::Result<()> {
    let mut deliveries =
        transaction.prepare_cached("DELETE FROM delivery WHERE settled_ms < ?1")?;
    deliveries.execute([signed(now_ms.saturating_sub(DELIVERIES_KEPT_MS))])?;
    let mut alarms =
        transaction.prepare_cached("DELETE FROM alarm WHERE ifnull(ended_ms, said_ms) < ?1")?;
    alarms.execute([signed(now_ms.saturating_sub(ALARMS_KEPT_MS))])?;
    Ok(())
}

fn count(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    let mut query = transaction.prepare_cached("SELECT count(*) FROM alarm")?;
    query.query_row([], |row| unsigned(row, 0))
}

fn find(
    transaction: &Transaction<'_>,
    kind: Kind,
    subject: &str,
) -> rusqlite::Result<Option<Numbered>> {
    let mut query = transaction.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM alarm WHERE kind = ?1 AND subject = ?2"
    ))?;
    let found = query.query_row((kind.name(), subject), read).optional()?;
    Ok(found.flatten())
}

/// All that are remembered, but for kinds that only a newer program knows.
fn all(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<Numbered>> {
    let mut query =
        transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM alarm ORDER BY id"))?;
    query
        .query_map([], read)?
        .filter_map(Result::transpose)
        .collect()
}

/// A row of `alarm`; `None` when its kind is one that only a newer program knows.
fn read(row: &Row<'_>) -> rusqlite::Result<Option<Numbered>> {
    let Some(kind) = Kind::named(row.get_ref(1)?.as_str()?) else {
        return Ok(None);
    };
    let ended_ms: Option<i64> = row.get(7)?;
    let standing = Standing {
        kind,
        subject: row.get(2)?,
        text: row.get(3)?,
        fix: row.get(4)?,
        begun_ms: unsigned(row, 5)?,
        said_ms: unsigned(row, 6)?,
        ended_ms: ended_ms.map(i64::cast_unsigned),
        count: unsigned(row, 8)?,
    };
    Ok(Some((row.get(0)?, standing)))
}

fn write(transaction: &Transaction<'_>, standing: &Standing) -> rusqlite::Result<i64> {
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO alarm (kind, subject, text, fix, begun_ms, said_ms, ended_ms, count)
         VALUES (:kind, :subject, :text, :fix, :begun_ms, :said_ms, :ended_ms, :count)
         ON CONFLICT (kind, subject) DO UPDATE SET text = excluded.text, fix = excluded.fix,
             begun_ms = excluded.begun_ms, said_ms = excluded.said_ms,
             ended_ms = excluded.ended_ms, count = excluded.count
         RETURNING id",
    )?;
    let row = named_params! {
        ":kind": standing.kind.name(),
        ":subject": standing.subject,
        ":text": standing.text,
        ":fix": standing.fix,
        ":begun_ms": signed(standing.begun_ms),
        ":said_ms": signed(standing.said_ms),
        ":ended_ms": standing.ended_ms.map(signed),
        ":count": signed(standing.count),
    };
    upsert.query_row(row, |row| row.get(0))
}

/// Writes down what is owed to these targets of one alarm. `is_new`: it has just begun, or ended.
fn note(
    transaction: &Transaction<'_>,
    alarm: &Numbered,
    targets: &[Target],
    is_new: bool,
    now_ms: u64,
) -> rusqlite::Result<Noted> {
    let mut deliveries = Vec::new();
    let standing = &alarm.1;
    for target in targets {
        if target.wants(standing.kind, &standing.subject) {
            deliveries.extend(tell(transaction, alarm, target, is_new, now_ms)?);
        }
    }
    Ok(Noted { deliveries, is_new })
}

fn tell(
    transaction: &Transaction<'_>,
    (id, alarm): &Numbered,
    target: &Target,
    is_new: bool,
    now_ms: u64,
) -> rusqlite::Result<Option<String>> {
    let last = told(transaction, *id, alarm, &target.name, now_ms)?;
    let (told, untold) = last.unzip();
    let mut owed = owed(alarm, told, target.remind_after_ms(), now_ms);
    if matches!(owed, Owed::Tell(_)) && delivery::waiting(transaction, &target.name)? >= WAITING_MAX
    {
        owed = Owed::Later;
    }
    match owed {
        Owed::Nothing => Ok(None),
        Owed::Later => {
            if is_new {
                let mut update = transaction.prepare_cached(
                    "UPDATE telling SET untold = untold + 1 WHERE alarm_id = ?1 AND target = ?2",
                )?;
                update.execute((id, &target.name))?;
            }
            Ok(None)
        }
        Owed::Tell(state) => {
            let mut replace = transaction.prepare_cached(
                "REPLACE INTO telling (alarm_id, target, state, at_ms, untold)
                 VALUES (?1, ?2, ?3, ?4, 0)",
            )?;
            replace.execute((id, &target.name, state.name(), signed(now_ms)))?;
            let untold = untold.unwrap_or(0);
            delivery::write(transaction, alarm, &target.name, state, untold, now_ms).map(Some)
        }
    }
}

/// What a target was told last of an alarm, and how much it was not told since.
fn told(
    transaction: &Transaction<'_>,
    id: i64,
    alarm: &Standing,
    target: &str,
    now_ms: u64,
) -> rusqlite::Result<Option<(Told, u64)>> {
    let mut query = transaction.prepare_cached(
        "SELECT state, at_ms, untold FROM telling WHERE alarm_id = ?1 AND target = ?2",
    )?;
    let last = query.query_row((id, target), |row| {
        Ok((state_of(row, 0)?, unsigned(row, 1)?, unsigned(row, 2)?))
    });
    let Some((state, at_ms, untold)) = last.optional()? else {
        return Ok(None);
    };
    let told = Told {
        state,
        at_ms,
        lately: delivery::lately(transaction, alarm, target, now_ms)?,
    };
    Ok(Some((told, untold)))
}

fn state_of(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let state = State::named(row.get_ref(column)?.as_str()?);
    state.ok_or_else(|| damaged(column, FromSqlError::InvalidType))
}
