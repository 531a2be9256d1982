//! What is to be told, and what came of it.

use cordboard_upkeep::alerts::{
    Delivery, DeliveryStanding, Kind, Outcome, Settlement, Standing, State,
    limits::{CLAIM_HOLDS_MS, DAMPED_WITHIN_MS, DELIVERY_AGE_MAX_MS, PUT_OFF_MAX_MS, SHOWN_MAX},
};
use rusqlite::{Row, Transaction, named_params, types::FromSqlError};

use super::state_of;
use crate::record::{damaged, signed, unsigned};

/// Writes a new one down and gives its name.
pub(super) fn write(
    transaction: &Transaction<'_>,
    alarm: &Standing,
    target: &str,
    state: State,
    untold: u64,
    now_ms: u64,
) -> rusqlite::Result<String> {
    let id = Delivery::draw_id();
    let mut insert = transaction.prepare_cached(
        "INSERT INTO delivery (id, target, kind, subject, text, fix, state, at_ms, count, untold,
             attempts, next_at_ms, claimed_until_ms)
         VALUES (:id, :target, :kind, :subject, :text, :fix, :state, :at_ms, :count, :untold,
             0, :at_ms, 0)",
    )?;
    insert.execute(named_params! {
        ":id": id,
        ":target": target,
        ":kind": alarm.kind.name(),
        ":subject": alarm.subject,
        ":text": alarm.text,
        ":fix": alarm.fix,
        ":state": state.name(),
        ":at_ms": signed(now_ms),
        ":count": signed(alarm.count),
        ":untold": signed(untold),
    })?;
    Ok(id)
}

/// How many wait for a target.
pub(super) fn waiting(transaction: &Transaction<'_>, target: &str) -> rusqlite::Result<u64> {
    let mut query = transaction
        .prepare_cached("SELECT count(*) FROM delivery WHERE target = ?1 AND settled_ms IS NULL")?;
    query.query_row([target], |row| unsigned(row, 0))
}

/// How often a target was told anything of an alarm lately.
pub(super) fn lately(
    transaction: &Transaction<'_>,
    alarm: &Standing,
    target: &str,
    now_ms: u64,
) -> rusqlite::Result<u32> {
    let mut query = transaction.prepare_cached(
        "SELECT count(*) FROM delivery
         WHERE target = ?1 AND kind = ?2 AND subject = ?3 AND at_ms > ?4",
    )?;
    let since = signed(now_ms.saturating_sub(DAMPED_WITHIN_MS));
    let lately = (target, alarm.kind.name(), &alarm.subject, since);
    query.query_row(lately, |row| row.get(0))
}

/// Gives up what has waited for too long, whomever it is for.
pub(super) fn give_up_old(transaction: &Transaction<'_>, now_ms: u64) -> rusqlite::Result<u64> {
    let mut update = transaction.prepare_cached(
        "UPDATE delivery SET settled_ms = ?1, settlement = 'given_up'
         WHERE settled_ms IS NULL AND at_ms < ?2 AND claimed_until_ms <= ?1",
    )?;
    let oldest = signed(now_ms.saturating_sub(DELIVERY_AGE_MAX_MS));
    let given_up = update.execute((signed(now_ms), oldest))?;
    Ok(u64::try_from(given_up).unwrap_or(u64::MAX))
}

/// One that waits, and until when it has to.
struct Waiting {
    delivery: Delivery,
    next_at_ms: u64,
    claimed_until_ms: u64,
}

/// Claims the first that waits for a target, if it is due and nobody has claimed it.
pub(super) fn claim(
    transaction: &Transaction<'_>,
    target: &str,
    now_ms: u64,
) -> rusqlite::Result<Option<Delivery>> {
    let mut query = transaction.prepare_cached(
        "SELECT id, target, kind, subject, text, fix, state, at_ms, count, untold, attempts,
             next_at_ms, claimed_until_ms
         FROM delivery WHERE target = ?1 AND settled_ms IS NULL ORDER BY seq",
    )?;
    // Of kinds that only a newer program knows, that one tells.
    let mut known = query
        .query_map([target], read)?
        .filter_map(Result::transpose);
    let Some(first) = known.next().transpose()? else {
        return Ok(None);
    };
    // What lies further ahead than anything is put there was put by a clock that was wrong.
    let may =
        |at_ms: u64, longest_ms: u64| at_ms <= now_ms || at_ms > now_ms.saturating_add(longest_ms);
    let is_free = may(first.claimed_until_ms, CLAIM_HOLDS_MS);
    if !is_free || !may(first.next_at_ms, PUT_OFF_MAX_MS) {
        return Ok(None);
    }
    let mut update = transaction.prepare_cached(
        "UPDATE delivery SET attempts = attempts + 1, claimed_until_ms = ?2 WHERE id = ?1",
    )?;
    let until_ms = now_ms.saturating_add(CLAIM_HOLDS_MS);
    update.execute((&first.delivery.id, signed(until_ms)))?;
    Ok(Some(Delivery {
        attempt: first.delivery.attempt.saturating_add(1),
        ..first.delivery
    }))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<Waiting>> {
    let Some(kind) = Kind::named(row.get_ref(2)?.as_str()?) else {
        return Ok(None);
    };
    let delivery = Delivery {
        id: row.get(0)?,
        target: row.get(1)?,
        kind,
        subject: row.get(3)?,
        text: row.get(4)?,
        fix: row.get(5)?,
        state: state_of(row, 6)?,
        at_ms: unsigned(row, 7)?,
        count: unsigned(row, 8)?,
        untold: unsigned(row, 9)?,
        attempt: row.get(10)?,
    };
    Ok(Some(Waiting {
        delivery,
        next_at_ms: unsigned(row, 11)?,
        claimed_until_ms: unsigned(row, 12)?,
    }))
}

/// Writes down what came of an attempt.
pub(super) fn settle(
    transaction: &Transaction<'_>,
    delivery: &Delivery,
    outcome: &Outcome,
    now_ms: u64,
) -> rusqlite::Result<()> {
    let (id, attempt, now) = (&delivery.id, delivery.attempt, signed(now_ms));
    match outcome {
        Outcome::Delivered => transaction
            .prepare_cached(
                "UPDATE delivery SET settled_ms = ?2, settlement = 'delivered'
                 WHERE id = ?1 AND settled_ms IS NULL",
            )?
            .execute((id, now)),
        // The number of the attempt tells our claim from a later one.
        Outcome::Failed { next_at_ms, why } => transaction
            .prepare_cached(
                "UPDATE delivery SET next_at_ms = ?3, claimed_until_ms = 0, trouble = ?4
                 WHERE id = ?1 AND attempts = ?2 AND settled_ms IS NULL",
            )?
            .execute((id, attempt, signed(*next_at_ms), why)),
        Outcome::GivenUp { why } => transaction
            .prepare_cached(
                "UPDATE delivery SET settled_ms = ?3, settlement = 'given_up', trouble = ?4
                 WHERE id = ?1 AND attempts = ?2 AND settled_ms IS NULL",
            )?
            .execute((id, attempt, now, why)),
    }
    .map(drop)
}

/// What waits, then the rest, the newest first.
pub(super) fn shown(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<DeliveryStanding>> {
    let mut query = transaction.prepare_cached(
        "SELECT id, target, kind, subject, state, at_ms, attempts, next_at_ms, trouble, settlement
         FROM delivery ORDER BY settled_ms IS NOT NULL, seq DESC LIMIT ?1",
    )?;
    let rows = query.query_map([signed(SHOWN_MAX)], standing)?;
    rows.filter_map(Result::transpose).collect()
}

fn standing(row: &Row<'_>) -> rusqlite::Result<Option<DeliveryStanding>> {
    let Some(kind) = Kind::named(row.get_ref(2)?.as_str()?) else {
        return Ok(None);
    };
    let settlement: Option<String> = row.get(9)?;
    let settled = settlement
        .map(|name| Settlement::named(&name).ok_or_else(|| damaged(9, FromSqlError::InvalidType)));
    Ok(Some(DeliveryStanding {
        id: row.get(0)?,
        target: row.get(1)?,
        kind,
        subject: row.get(3)?,
        state: state_of(row, 4)?,
        at_ms: unsigned(row, 5)?,
        attempts: row.get(6)?,
        next_at_ms: unsigned(row, 7)?,
        trouble: row.get(8)?,
        settled: settled.transpose()?,
    }))
}
