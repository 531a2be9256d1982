//! Keeping bots alive: what was tried, and how each of them is.

use std::time::Duration;

use cordboard_lifecycle::Clock;
use cordboard_upkeep::{Attempt, Failure, Ledger, Outcome, Report, Tried};
use rusqlite::{Row, Transaction, named_params, types::FromSqlError};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker},
};

use super::{acts, diary::failed};
use crate::{
    Act, Daybook, StoreError,
    limits::{KEEPALIVES_KEPT_MS, KEEPALIVES_READ_MAX},
    record::{damaged, signed, unsigned},
};

/// The record of keeping bots alive, on behalf of one program.
#[derive(Clone, Debug)]
pub struct KeepAlives<C> {
    daybook: Daybook,
    clock: C,
    guild_id: Id<GuildMarker>,
    actor: String,
}

/// What came of keeping a bot alive once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAlive {
    /// When that was known, in milliseconds since 1970.
    pub at_ms: u64,
    /// The bot's name.
    pub bot: String,
    /// The job, or the command.
    pub job: String,
    /// Its due time.
    pub due_ms: u64,
    /// The channel that the outcome is from; `None`: there was none to be had.
    pub channel_id: Option<Id<ChannelMarker>>,
    /// What came of it.
    pub outcome: Outcome,
}

// === impl Daybook ===

impl Daybook {
    /// The record of keeping bots alive in a guild, on behalf of `actor`.
    pub fn keepalives<C: Clock>(
        &self,
        clock: C,
        guild_id: Id<GuildMarker>,
        actor: &str,
    ) -> KeepAlives<C> {
        KeepAlives {
            daybook: self.clone(),
            clock,
            guild_id,
            actor: actor.to_owned(),
        }
    }

    /// What came of keeping a bot alive lately, the newest first, at most `count` of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kept_alive(&self, bot: &str, count: u64) -> Result<Vec<KeptAlive>, StoreError> {
        let bot = bot.to_owned();
        self.call(move |transaction| {
            let mut query = transaction.prepare_cached(
                "SELECT outcome, latency_ms, why, at_ms, bot, job, due_ms, channel_id
                 FROM keepalive WHERE bot = ?1 ORDER BY id DESC LIMIT ?2",
            )?;
            let count = signed(count.min(KEEPALIVES_READ_MAX));
            query.query_map((bot, count), kept)?.collect()
        })
        .await
    }
}

impl<C: Clock> Ledger for KeepAlives<C> {
    async fn begin(&self, attempt: &Attempt) -> Result<(), Failure> {
        let (attempt, now_ms) = (attempt.clone(), self.clock.now_ms());
        let act = Act {
            at_ms: now_ms,
            actor: self.actor.clone(),
            action: "message.create".to_owned(),
            guild_id: self.guild_id,
            subject: attempt.channel_id.to_string(),
            reason: format!("keeps the bot {} alive", attempt.bot),
        };
        let begun = self.daybook.call(move |transaction| {
            let before = signed(now_ms.saturating_sub(KEEPALIVES_KEPT_MS));
            let mut fade =
                transaction.prepare_cached("DELETE FROM keepalive_try WHERE due_ms < ?1")?;
            fade.execute([before])?;
            let act = acts::begin(transaction, &act)?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO keepalive_try (job, due_ms, channel_id, bot, after_id, act)
                 VALUES (:job, :due_ms, :channel_id, :bot, :after_id, :act)",
            )?;
            insert.execute(named_params! {
                ":job": attempt.job, ":due_ms": signed(attempt.due_ms),
                ":channel_id": signed(attempt.channel_id.get()), ":bot": attempt.bot,
                ":after_id": signed(attempt.after.get()), ":act": act.number(),
            })
        });
        begun.await.map(drop).map_err(failed)
    }

    async fn posted(
        &self,
        attempt: &Attempt,
        message_id: Id<MessageMarker>,
    ) -> Result<(), Failure> {
        let attempt = attempt.clone();
        let posted = self.daybook.call(move |transaction| {
            let mut update = transaction.prepare_cached(
                "UPDATE keepalive_try SET message_id = :message_id
                 WHERE job = :job AND due_ms = :due_ms AND channel_id = :channel_id RETURNING act",
            )?;
            let act: i64 = update.query_row(
                named_params! {
                    ":message_id": signed(message_id.get()), ":job": attempt.job,
                    ":due_ms": signed(attempt.due_ms),
                    ":channel_id": signed(attempt.channel_id.get()),
                },
                |row| row.get(0),
            )?;
            acts::end(transaction, act.into(), &format!("message {message_id}"))
        });
        posted.await.map_err(failed)
    }

    async fn settle(&self, attempt: &Attempt, outcome: &Outcome) -> Result<(), Failure> {
        let (attempt, outcome) = (attempt.clone(), outcome.clone());
        let settled = self.daybook.call(move |transaction| {
            let mut update = transaction.prepare_cached(
                "UPDATE keepalive_try
                 SET outcome = :outcome, latency_ms = :latency_ms, why = :why
                 WHERE job = :job AND due_ms = :due_ms AND channel_id = :channel_id
                 RETURNING act, message_id IS NULL",
            )?;
            let (act, is_unposted): (i64, bool) = update.query_row(
                named_params! {
                    ":outcome": outcome.name(), ":latency_ms": latency_ms(&outcome),
                    ":why": why(&outcome), ":job": attempt.job,
                    ":due_ms": signed(attempt.due_ms),
                    ":channel_id": signed(attempt.channel_id.get()),
                },
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            if is_unposted {
                acts::end(transaction, act.into(), outcome.name())?;
            }
            Ok(())
        });
        settled.await.map_err(failed)
    }

    async fn tried(&self, job: &str, due_ms: u64) -> Result<Vec<Tried>, Failure> {
        let job = job.to_owned();
        let tried = self.daybook.call(move |transaction| {
            let mut query = transaction.prepare_cached(
                "SELECT outcome, latency_ms, why, bot, channel_id, after_id, message_id
                 FROM keepalive_try WHERE job = ?1 AND due_ms = ?2",
            )?;
            let tried = query.query_map((&job, signed(due_ms)), |row| tried(row, &job, due_ms))?;
            tried.collect()
        });
        tried.await.map_err(failed)
    }

    async fn conclude(&self, job: &str, due_ms: u64, report: &Report) -> Result<(), Failure> {
        let (job, report, now_ms) = (job.to_owned(), report.clone(), self.clock.now_ms());
        let concluded = self
            .daybook
            .call(move |transaction| conclude(transaction, &job, due_ms, &report, now_ms));
        concluded.await.map_err(failed)
    }
}

/// What is older than [`KEEPALIVES_KEPT_MS`] is forgotten. Whoever died before the job was done as well had
/// come to the same: it is put in its place.
fn conclude(
    transaction: &Transaction<'_>,
    job: &str,
    due_ms: u64,
    report: &Report,
    now_ms: u64,
) -> rusqlite::Result<()> {
    let mut fade = transaction.prepare_cached("DELETE FROM keepalive WHERE at_ms < ?1")?;
    fade.execute([signed(now_ms.saturating_sub(KEEPALIVES_KEPT_MS))])?;
    let mut replace = transaction
        .prepare_cached("DELETE FROM keepalive WHERE bot = ?1 AND job = ?2 AND due_ms = ?3")?;
    replace.execute((&report.bot, job, signed(due_ms)))?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO keepalive (at_ms, bot, job, due_ms, channel_id, outcome, latency_ms, why)
         VALUES (:at_ms, :bot, :job, :due_ms, :channel_id, :outcome, :latency_ms, :why)",
    )?;
    insert.execute(named_params! {
        ":at_ms": signed(now_ms), ":bot": report.bot, ":job": job, ":due_ms": signed(due_ms),
        ":channel_id": report.channel_id().map(|id| signed(id.get())),
        ":outcome": report.outcome.name(), ":latency_ms": latency_ms(&report.outcome),
        ":why": why(&report.outcome),
    })?;
    Ok(())
}

fn latency_ms(outcome: &Outcome) -> Option<i64> {
    match outcome {
        Outcome::Answered { latency } => {
            Some(i64::try_from(latency.as_millis()).unwrap_or(i64::MAX))
        }
        _ => None,
    }
}

fn why(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Upstream { why } | Outcome::NoChannel { why } => Some(why),
        _ => None,
    }
}

/// The outcome in the first three columns; `None`: nothing yet.
fn outcome(row: &Row<'_>) -> rusqlite::Result<Option<Outcome>> {
    let name: Option<String> = row.get(0)?;
    let why = row.get::<_, Option<String>>(2)?.unwrap_or_default();
    let outcome = match name.as_deref() {
        None => return Ok(None),
        Some("answered") => Outcome::Answered {
            latency: Duration::from_millis(unsigned(row, 1)?),
        },
        Some("limit_reached") => Outcome::LimitReached,
        Some("wrong_answer") => Outcome::WrongAnswer,
        Some("silent") => Outcome::Silent,
        Some("upstream") => Outcome::Upstream { why },
        Some("forbidden") => Outcome::Forbidden,
        Some("no_channel") => Outcome::NoChannel { why },
        Some(_) => return Err(damaged(0, FromSqlError::InvalidType)),
    };
    Ok(Some(outcome))
}

fn id<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Id<T>> {
    let id = Id::new_checked(unsigned(row, column)?);
    id.ok_or_else(|| damaged(column, FromSqlError::OutOfRange(0)))
}

fn optional_id<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Id<T>>> {
    let is_there = row.get::<_, Option<i64>>(column)?.is_some();
    is_there.then(|| id(row, column)).transpose()
}

fn tried(row: &Row<'_>, job: &str, due_ms: u64) -> rusqlite::Result<Tried> {
    Ok(Tried {
        attempt: Attempt {
            job: job.to_owned(),
            due_ms,
            bot: row.get(3)?,
            channel_id: id(row, 4)?,
            after: id(row, 5)?,
        },
        message_id: optional_id(row, 6)?,
        outcome: outcome(row)?,
    })
}

fn kept(row: &Row<'_>) -> rusqlite::Result<KeptAlive> {
    let outcome = outcome(row)?;
    Ok(KeptAlive {
        at_ms: unsigned(row, 3)?,
        bot: row.get(4)?,
        job: row.get(5)?,
        due_ms: unsigned(row, 6)?,
        channel_id: optional_id(row, 7)?,
        outcome: outcome.ok_or_else(|| damaged(0, FromSqlError::InvalidType))?,
    })
}
