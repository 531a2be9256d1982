//! The diary: which process does what is due.

use cordboard_upkeep::{Claim, Diary, Failure, Open, Standing, limits::DIARY_KEPT_MS};
use rusqlite::{OptionalExtension as _, Transaction, named_params};

use crate::{
    Daybook, StoreError,
    record::{signed, unsigned},
};

impl Diary for Daybook {
    async fn keep_to(&self, job: &str, schedule: &str, now_ms: u64) -> Result<(), Failure> {
        let (job, schedule) = (job.to_owned(), schedule.to_owned());
        let kept = self.call(move |transaction| {
            let mut keep = transaction.prepare_cached(
                "INSERT INTO diary_job (name, began_ms, schedule) VALUES (:job, :now_ms, :schedule)
                 ON CONFLICT DO UPDATE SET schedule = :schedule,
                     changed_ms = iif(schedule IS NULL, changed_ms, :now_ms)
                 WHERE schedule IS NOT :schedule",
            )?;
            keep.execute(named_params! {
                ":job": job, ":now_ms": signed(now_ms), ":schedule": schedule,
            })
        });
        kept.await.map(drop).map_err(failed)
    }

    async fn standing(&self, job: &str, now_ms: u64) -> Result<Standing, Failure> {
        let job = job.to_owned();
        let standing = self.call(move |transaction| standing(transaction, &job, now_ms));
        standing.await.map_err(failed)
    }

    async fn claim(
        &self,
        job: &str,
        due_ms: u64,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<Claim, Failure> {
        let job = job.to_owned();
        let claimed = self.call(move |transaction| {
            let mut fade =
                transaction.prepare_cached("DELETE FROM diary WHERE job = ?1 AND due_ms < ?2")?;
            let kept_from = now_ms.saturating_sub(DIARY_KEPT_MS).min(due_ms);
            fade.execute((&job, signed(kept_from)))?;
            claim(transaction, &job, due_ms, now_ms, until_ms)
        });
        claimed.await.map_err(failed)
    }

    async fn renew(
        &self,
        job: &str,
        due_ms: u64,
        holder: u64,
        until_ms: u64,
    ) -> Result<bool, Failure> {
        let job = job.to_owned();
        let renewed = self.call(move |transaction| {
            let mut update = transaction.prepare_cached(
                "UPDATE diary SET until_ms = :until_ms
                 WHERE job = :job AND due_ms = :due_ms AND holder = :holder AND outcome IS NULL",
            )?;
            update.execute(named_params! {
                ":until_ms": signed(until_ms), ":job": job, ":due_ms": signed(due_ms),
                ":holder": signed(holder),
            })
        });
        Ok(renewed.await.map_err(failed)? == 1)
    }

    async fn finish(
        &self,
        job: &str,
        due_ms: u64,
        holder: u64,
        outcome: &str,
        now_ms: u64,
    ) -> Result<bool, Failure> {
        let (job, outcome) = (job.to_owned(), outcome.to_owned());
        let finished = self.call(move |transaction| {
            let mut update = transaction.prepare_cached(
                "UPDATE diary SET outcome = :outcome, done_ms = :now_ms
                 WHERE job = :job AND due_ms = :due_ms AND holder = :holder AND outcome IS NULL",
            )?;
            update.execute(named_params! {
                ":outcome": outcome, ":now_ms": signed(now_ms), ":job": job,
                ":due_ms": signed(due_ms), ":holder": signed(holder),
            })
        });
        Ok(finished.await.map_err(failed)? == 1)
    }
}

impl Daybook {
    /// How a job stands at `now_ms`, without giving it a beginning: `None` when it has none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_of(
        &self,
        job: &str,
        now_ms: u64,
    ) -> Result<Option<Standing>, StoreError> {
        let job = job.to_owned();
        self.call(move |transaction| {
            let mut query =
                transaction.prepare_cached("SELECT 1 FROM diary_job WHERE name = ?1")?;
            if query.exists([&job])? {
                return standing(transaction, &job, now_ms).map(Some);
            }
            Ok(None)
        })
        .await
    }
}

fn standing(transaction: &Transaction<'_>, job: &str, now_ms: u64) -> rusqlite::Result<Standing> {
    // One that is ahead is a clock's that was wrong: it is now.
    let mut begin = transaction.prepare_cached(
        "INSERT INTO diary_job (name, began_ms) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET began_ms = min(began_ms, ?2), changed_ms = min(changed_ms, ?2)
         WHERE max(began_ms, ifnull(changed_ms, 0)) > ?2",
    )?;
    begin.execute((job, signed(now_ms)))?;
    let mut query = transaction
        .prepare_cached("SELECT began_ms, ifnull(changed_ms, 0) FROM diary_job WHERE name = ?1")?;
    let (began_ms, changed_ms) =
        query.query_row([job], |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)))?;
    let mut query = transaction.prepare_cached(
        "SELECT due_ms, until_ms, outcome IS NULL FROM diary WHERE job = ?1 AND due_ms <= ?2
         ORDER BY due_ms DESC LIMIT 1",
    )?;
    let last = query.query_row((job, signed(now_ms)), |row| {
        let open = Open {
            due_ms: unsigned(row, 0)?,
            until_ms: unsigned(row, 1)?,
        };
        Ok((open, row.get(2)?))
    });
    if let Some((last, is_open)) = last.optional()? {
        return Ok(Standing {
            since_ms: last.due_ms.max(changed_ms),
            open: Some(last).filter(|_| is_open),
        });
    }
    Ok(Standing {
        since_ms: began_ms.max(changed_ms),
        open: None,
    })
}

fn claim(
    transaction: &Transaction<'_>,
    job: &str,
    due_ms: u64,
    now_ms: u64,
    until_ms: u64,
) -> rusqlite::Result<Claim> {
    let mut query = transaction.prepare_cached(
        "SELECT holder, until_ms, outcome IS NULL FROM diary WHERE job = ?1 AND due_ms = ?2",
    )?;
    let found = query.query_row((job, signed(due_ms)), |row| {
        Ok((unsigned(row, 0)?, unsigned(row, 1)?, row.get(2)?))
    });
    let holder = match found.optional()? {
        None => 1,
        Some((_, _, false)) => return Ok(Claim::Done),
        Some((_, held_ms, true)) if held_ms > now_ms => {
            if held_ms > until_ms {
                let mut cap = transaction.prepare_cached(
                    "UPDATE diary SET until_ms = ?3 WHERE job = ?1 AND due_ms = ?2",
                )?;
                cap.execute((job, signed(due_ms), signed(until_ms)))?;
            }
            let until_ms = held_ms.min(until_ms);
            return Ok(Claim::Held { until_ms });
        }
        Some((holder, _, true)) => holder + 1,
    };
    let mut replace = transaction.prepare_cached(
        "REPLACE INTO diary (job, due_ms, holder, until_ms) VALUES (?1, ?2, ?3, ?4)",
    )?;
    replace.execute((job, signed(due_ms), signed(holder), signed(until_ms)))?;
    Ok(Claim::Ours {
        holder,
        again: holder > 1,
    })
}

/// What a failure of the daybook is to upkeep. One transaction is done or not done; one that did not
/// answer in time may be done all the same.
pub(super) fn failed(error: StoreError) -> Failure {
    match error {
        StoreError::Stuck { .. } => Failure::Unknown {
            source: error.into(),
        },
        _ => Failure::NotDone {
            wait: None,
            source: error.into(),
        },
    }
}
