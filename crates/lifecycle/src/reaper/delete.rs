//! Asking for the deletion of one channel.

use std::{collections::HashSet, error::Error, time::Duration};

use tokio::time::{Instant, timeout};

use super::{
    Debt,
    debt::{ACCEPTED, FIRST_LOOK, HIDDEN, Next},
    unanswered,
};
use crate::{
    ChannelApi, Clock, Condition, Deletion, Event, Failure, GuildApi, Registry, RegistryError,
    Stage,
    authorize::{Deletable, Refusal, authorize},
    core::Core,
    kp,
    limits::{BRAKE_PAUSE, CALL_TIMEOUT, LOOK_AFTER_ACCEPTED},
    sabotage::Sabotage,
    schedule::parked_wait,
    special,
    switches::Switches,
};

/// What the checks before a deletion came to.
enum Check {
    /// It may be deleted, and it is on record that it is about to be.
    Passed(Debt, Deletable),
    /// Not now: when to try again is in the debt, if it is still one.
    Stopped(Option<Debt>),
}

/// Why a channel is put aside that we may not see.
#[derive(Debug, thiserror::Error)]
#[error("{HIDDEN}")]
struct OutOfSight;

/// Deletes a channel, if it passes every check; `None` when the debt is settled.
pub(super) async fn delete<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    debt: Debt,
) -> Result<Option<Debt>, RegistryError> {
    let (mut debt, deletable) = match check(core, debt).await? {
        Check::Passed(debt, deletable) => (debt, deletable),
        Check::Stopped(debt) => return Ok(debt),
    };
    kp!("lifecycle.delete.authorized");
    let late = std::mem::take(&mut debt.late);
    match unanswered(timeout(CALL_TIMEOUT, core.api.delete(&deletable)).await) {
        Ok(Deletion::Accepted | Deletion::Absent) if core.lacks(Sabotage::NoVerify) => {
            let attempt = debt.row.attempt;
            core.step(attempt, Event::Absent, Duration::ZERO).await?;
            Ok(None)
        }
        Ok(Deletion::Hidden) => {
            debt.hidden = Some(Instant::now());
            park(core, debt, &OutOfSight).await
        }
        Ok(deletion @ (Deletion::Accepted | Deletion::Absent)) => {
            kp!("lifecycle.delete.answered");
            let is_accepted_now = deletion == Deletion::Accepted;
            if debt.was_parked && is_accepted_now {
                // What kept this one here keeps no other any more. Of one that somebody else deleted
                // that cannot be said.
                core.released.notify_one();
            }
            debt.was_parked = false;
            // If we die before this is on record, the next life deletes once more: harmless.
            let is_accepted = debt.is_accepted || is_accepted_now;
            let said = is_accepted.then(|| ACCEPTED.to_owned());
            // What was tried in vain is over once Discord has deleted it, and not before.
            let tries = if is_accepted { 0 } else { debt.row.tries };
            let event = Event::Deleted;
            debt.row = core
                .step_with(debt.row.attempt, event, Duration::ZERO, tries, said)
                .await?
                .row;
            kp!("lifecycle.delete.recorded");
            let wait = if is_accepted_now {
                // It was in our sight, or Discord would have refused.
                debt.hidden = None;
                debt.is_accepted = true;
                LOOK_AFTER_ACCEPTED
            } else {
                debt.looks_apart()
            };
            Ok(Some(debt.after(wait, FIRST_LOOK)))
        }
        Err(Failure::Never { source }) => park(core, debt, &*source).await,
        Err(failure @ Failure::NotDone { wait: None, .. }) if !deletable.is_still_allowed() => {
            Ok(Some(withdrawn(&core.switches, debt, late, &failure)))
        }
        Err(failure) => {
            kp!("lifecycle.delete.failed");
            let next = match failure {
                Failure::Unknown { .. } if core.lacks(Sabotage::DeleteUnknownDone) => {
                    let attempt = debt.row.attempt;
                    core.step(attempt, Event::Absent, Duration::ZERO).await?;
                    return Ok(None);
                }
                // Perhaps it was deleted: looking is cheaper than asking again.
                Failure::Unknown { .. } => Next::Look {
                    absences: 0,
                    still_here: 0,
                },
                _ => Next::Delete,
            };
            Ok(Some(debt.after_failure(&core.switches, &failure, next)))
        }
    }
}

/// It was not sent, and what allowed it is over: it is checked again. Once that may happen to any
/// that waits for its turn; again and again it is a failure, whatever kept it from being sent.
fn withdrawn(switches: &Switches, debt: Debt, late: u8, failure: &Failure) -> Debt {
    if *switches.deletions_held().borrow() {
        switches.refusals.count("held");
        return debt.after(Duration::ZERO, Next::Delete);
    }
    switches.refusals.count("too_late");
    let debt = Debt {
        late: late.saturating_add(1),
        ..debt
    };
    if late == 0 {
        debt.after(Duration::ZERO, Next::Delete)
    } else {
        debt.after_failure(switches, failure, Next::Delete)
    }
}

/// Everything that is asked before a deletion. The last thing is the record: that the deletion is
/// about to be sent is durable before it is, and the row is read anew with it.
async fn check<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    mut debt: Debt,
) -> Result<Check, RegistryError> {
    let attempt = debt.row.attempt;
    let Some(owned) = debt.row.stage.owned() else {
        return Ok(Check::Stopped(None));
    };
    if !may_ask(core, &mut debt) {
        return Ok(Check::Stopped(Some(debt.after(BRAKE_PAUSE, Next::Delete))));
    }
    if let Stage::Parked(_) | Stage::Verifying(_) = debt.row.stage {
        let tries = debt.row.tries;
        debt.row = core
            .step_with(attempt, Event::Rearmed, Duration::ZERO, tries, None)
            .await?
            .row;
    }
    let special = core
        .special
        .channels(&core.api, core.settings.guild_id)
        .await;
    let special = match special {
        Ok(special) => special,
        Err(Failure::Never { source }) => {
            return Ok(Check::Stopped(park(core, debt, &*source).await?));
        }
        Err(failure) => {
            let debt = debt.after_failure(&core.switches, &failure, Next::Delete);
            return Ok(Check::Stopped(Some(debt)));
        }
    };
    kp!("lifecycle.delete.checked");
    if !core.lacks(Sabotage::NoJournal) {
        match core.step(attempt, Event::Asked, Duration::ZERO).await {
            Ok(asked) => debt.row = asked.row,
            Err(RegistryError::Illegal { row, .. }) => debt.row = *row,
            Err(error) => return Err(error),
        }
    }
    // From here to the request only the sender waits, and asks once more when it has.
    if *core.switches.deletions_held().borrow() {
        core.switches.refusals.count("held");
        return Ok(Check::Stopped(Some(
            debt.after(Duration::ZERO, Next::Delete),
        )));
    }
    let mut special = &*special;
    let none = special::Channels {
        read_at: special.read_at,
        ids: HashSet::new(),
    };
    if core.lacks(Sabotage::NoProtectedCheck) {
        special = &none;
    }
    match authorize(
        owned.channel_id,
        &debt.row,
        &core.settings,
        special,
        &core.marks,
        &core.switches,
    ) {
        Ok(deletable) => Ok(Check::Passed(debt, deletable)),
        Err(refusal) => {
            core.switches.refusals.count(refusal.name());
            if let Refusal::NotCondemned(_) = refusal {
                tracing::error!(channel.id = %owned.channel_id, error = %refusal, "not deleted");
                return Ok(Check::Stopped(None));
            }
            Ok(Check::Stopped(park(core, debt, &refusal).await?))
        }
    }
}

/// Whether the runaway brake lets this one through. A debt is counted once.
fn may_ask<A, R, C: Clock>(core: &Core<A, R, C>, debt: &mut Debt) -> bool {
    if debt.is_counted {
        return true;
    }
    debt.is_counted = core.brake.ask(core.clock.now_ms());
    if debt.is_counted {
        core.switches.conditions.end(Condition::Runaway);
    } else {
        core.switches.refusals.count("runaway");
        core.switches.conditions.begin(
            Condition::Runaway,
            "more deletions in a day than there can be reasons for; look at the journal, then start again",
        );
    }
    debt.is_counted
}

/// Puts a channel aside that cannot be deleted as things stand. It is not forgotten: it is tried
/// again for ever, counted, and named in the log each time.
pub(super) async fn park<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    debt: Debt,
    reason: &(dyn Error + Send + Sync),
) -> Result<Option<Debt>, RegistryError> {
    let tries = debt.row.tries;
    let wait = parked_wait(tries);
    let why = match reason.source() {
        Some(cause) => format!("{reason}: {cause}"),
        None => reason.to_string(),
    };
    let event = Event::Barred;
    let row = core
        .step_with(
            debt.row.attempt,
            event,
            wait,
            tries.saturating_add(1),
            Some(why.clone()),
        )
        .await?
        .row;
    kp!("lifecycle.delete.parked");
    tracing::warn!(
        channel.id = ?row.stage.channel_id(),
        reason = why,
        retry_in_s = wait.as_secs(),
        "a channel of ours cannot be deleted; it stays on record as parked"
    );
    core.switches.troubled(row.attempt, why);
    if core.lacks(Sabotage::ForgetParked) {
        return Ok(None);
    }
    Ok(Some(Debt {
        row,
        failed: Some(Instant::now()),
        was_parked: true,
        ..debt.after(wait, Next::Delete)
    }))
}
