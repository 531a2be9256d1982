//! The part of the driver that deletes channels and proves them gone.

use std::{collections::BTreeMap, convert::Infallible, error::Error as _, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, error::Elapsed, sleep_until, timeout};

use crate::{
    AttemptId, ChannelApi, Clock, Deletion, Event, Failure, Presence, Registry, RegistryError, Row,
    Stage,
    authorize::{Refusal, authorize},
    core::Core,
    limits::{
        ABSENCES_NEEDED, CALL_TIMEOUT, LOOK_AFTER_ACCEPTED, LOOK_APART, LOOKS_STILL_HERE_MAX,
        OVERDUE_AFTER, REAPS_MAX,
    },
    schedule::{back_off, parked_wait, told},
};

/// A condemned or parked channel, and what is to be done about it next.
#[derive(Debug)]
pub(crate) struct Debt {
    row: Row,
    due: Instant,
    since: Instant,
    failures: u32,
    next: Next,
}

/// What is to be done next. Only that Discord said it is gone is on record ([`Stage::Verifying`]):
/// a new life looks then, and otherwise deletes again, which is harmless.
#[derive(Clone, Copy, Debug)]
enum Next {
    Delete,
    Look { absences: u8, still_here: u8 },
}

/// The look that confirms what Discord said.
const FIRST_LOOK: Next = Next::Look {
    absences: 1,
    still_here: 0,
};

// === impl Debt ===

impl Debt {
    pub(crate) fn new(row: Row, due: Instant) -> Self {
        Self {
            row,
            due,
            since: due,
            failures: 0,
            next: Next::Delete,
        }
    }

    /// A channel of which Discord said in a former life that it is gone.
    pub(crate) fn deleted(row: Row) -> Self {
        let debt = Self::new(row, Instant::now());
        debt.after(LOOK_APART, FIRST_LOOK)
    }

    fn after(self, wait: Duration, next: Next) -> Self {
        Self {
            due: Instant::now() + wait,
            next,
            ..self
        }
    }

    /// After a failure, less and less often, for ever.
    fn again(mut self, next: Next) -> Self {
        let wait = back_off(self.failures, self.since.elapsed(), fastrand::f64());
        self.failures = self.failures.saturating_add(1);
        self.after(wait, next)
    }

    /// After a call that came to nothing. Says so, loudly once the channel should long be gone: the
    /// waits between two tries grow, so that the log does not.
    fn after_failure(self, failure: &Failure, next: Next) -> Self {
        let channel_id = self.row.stage.owned().map(|owned| owned.channel_id.get());
        let cause = failure.source().map(tracing::field::display);
        let overdue = self.since.elapsed();
        if overdue < OVERDUE_AFTER {
            tracing::debug!(channel.id = channel_id, error = %failure, cause, "not deleted yet");
        } else {
            tracing::warn!(
                channel.id = channel_id,
                error = %failure,
                cause,
                overdue_s = overdue.as_secs(),
                "a channel of ours is not deleted yet; it is tried again for ever"
            );
        }
        match failure {
            Failure::NotDone {
                wait: Some(wait), ..
            } => self.after(told(*wait, fastrand::f64()), next),
            _ => self.again(next),
        }
    }
}

/// A call that took longer than its own bound: Discord may have acted.
fn unanswered<T>(outcome: Result<Result<T, Failure>, Elapsed>) -> Result<T, Failure> {
    outcome.unwrap_or_else(|elapsed| {
        Err(Failure::Unknown {
            source: elapsed.into(),
        })
    })
}

/// Deletes what is condemned until the registry fails.
pub(crate) async fn run<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
) -> Result<Infallible, RegistryError> {
    let mut waiting: BTreeMap<(Instant, AttemptId), Debt> = BTreeMap::new();
    let mut calls = FuturesUnordered::new();
    loop {
        while calls.len() < REAPS_MAX
            && let Some(first) = waiting.first_entry()
            && first.key().0 <= Instant::now()
        {
            calls.push(reap(core, first.remove()));
        }
        let due = waiting.first_key_value().map(|((due, _), _)| *due);
        let debt = tokio::select! {
            debt = core.condemned.next() => Some(debt),
            Some(done) = calls.next() => done?,
            () = sleep_until(due.unwrap_or_else(Instant::now)),
                if due.is_some() && calls.len() < REAPS_MAX => None,
        };
        if let Some(debt) = debt {
            waiting.insert((debt.due, debt.row.attempt), debt);
        }
    }
}

/// Does the next thing about a debt; `None` when it is settled.
async fn reap<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    debt: Debt,
) -> Result<Option<Debt>, RegistryError> {
    match debt.next {
        Next::Delete => delete(core, debt).await,
        Next::Look {
            absences,
            still_here,
        } => look(core, debt, absences, still_here).await,
    }
}

async fn delete<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    mut debt: Debt,
) -> Result<Option<Debt>, RegistryError> {
    let attempt = debt.row.attempt;
    if let Stage::Parked(_) | Stage::Verifying(_) = debt.row.stage {
        core.step(attempt, Event::Rearmed, Duration::ZERO, debt.row.tries)
            .await?;
    }
    let row = core
        .registry
        .row(attempt)
        .await?
        .ok_or(RegistryError::Missing { attempt })?;
    let Some(owned) = debt.row.stage.owned() else {
        return Ok(None);
    };
    let special = match core
        .special
        .channels(&core.api, core.settings.guild_id)
        .await
    {
        Ok(special) => special,
        Err(Failure::Never { source }) => return park(core, debt, &*source).await,
        Err(failure) => return Ok(Some(debt.after_failure(&failure, Next::Delete))),
    };
    let authorized = authorize(
        owned.channel_id,
        &row,
        &core.settings,
        &special,
        &core.marks,
    );
    debt.row = row;
    let deletable = match authorized {
        Ok(deletable) => deletable,
        Err(refusal @ Refusal::NotCondemned(_)) => {
            tracing::error!(channel.id = %owned.channel_id, error = %refusal, "not deleted");
            return Ok(None);
        }
        Err(refusal) => return park(core, debt, &refusal).await,
    };
    match unanswered(timeout(CALL_TIMEOUT, core.api.delete(&deletable)).await) {
        Ok(deletion) => {
            // If we die before this is on record, the next life deletes once more: harmless.
            debt.row = core
                .step(attempt, Event::Deleted, Duration::ZERO, 0)
                .await?
                .row;
            let wait = match deletion {
                Deletion::Accepted => LOOK_AFTER_ACCEPTED,
                Deletion::Absent => LOOK_APART,
            };
            Ok(Some(debt.after(wait, FIRST_LOOK)))
        }
        Err(Failure::Never { source }) => park(core, debt, &*source).await,
        Err(failure) => {
            let next = match failure {
                // Perhaps it was deleted: looking is cheaper than asking again.
                Failure::Unknown { .. } => Next::Look {
                    absences: 0,
                    still_here: 0,
                },
                _ => Next::Delete,
            };
            Ok(Some(debt.after_failure(&failure, next)))
        }
    }
}

async fn look<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    debt: Debt,
    absences: u8,
    still_here: u8,
) -> Result<Option<Debt>, RegistryError> {
    let Some(owned) = debt.row.stage.owned() else {
        return Ok(None);
    };
    let seen = unanswered(timeout(CALL_TIMEOUT, core.api.look(owned.channel_id)).await);
    let debt = match seen {
        Ok(Presence::Absent) if absences + 1 >= ABSENCES_NEEDED => {
            core.step(debt.row.attempt, Event::Absent, Duration::ZERO, 0)
                .await?;
            tracing::debug!(channel.id = %owned.channel_id, "a channel is gone");
            return Ok(None);
        }
        Ok(Presence::Absent) => debt.after(
            LOOK_APART,
            Next::Look {
                absences: absences + 1,
                still_here,
            },
        ),
        // An accepted deletion takes a moment to show; one whose answer was lost may not have
        // happened.
        Ok(Presence::Here) if absences > 0 && still_here + 1 < LOOKS_STILL_HERE_MAX => {
            let next = Next::Look {
                absences,
                still_here: still_here + 1,
            };
            debt.after(LOOK_AFTER_ACCEPTED, next)
        }
        Ok(Presence::Here) => debt.again(Next::Delete),
        Err(failure) => debt.after_failure(
            &failure,
            Next::Look {
                absences,
                still_here,
            },
        ),
    };
    Ok(Some(debt))
}

/// Puts a channel aside that cannot be deleted as things stand. It is not forgotten: it is tried
/// again for ever, counted, and named in the log each time.
async fn park<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    debt: Debt,
    reason: &(dyn std::error::Error + Send + Sync),
) -> Result<Option<Debt>, RegistryError> {
    let tries = debt.row.tries;
    let wait = parked_wait(tries);
    let event = Event::Barred;
    let row = core
        .step(debt.row.attempt, event, wait, tries.saturating_add(1))
        .await?
        .row;
    tracing::warn!(
        channel.id = row.stage.owned().map(|owned| owned.channel_id.get()),
        error = %reason,
        cause = reason.source().map(tracing::field::display),
        retry_in_s = wait.as_secs(),
        "a channel of ours cannot be deleted; it stays on record as parked"
    );
    Ok(Some(Debt {
        row,
        ..debt.after(wait, Next::Delete)
    }))
}
