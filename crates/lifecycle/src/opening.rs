//! One opening, from the request for a channel to the lease.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::{
    sync::{SemaphorePermit, oneshot},
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};

use crate::{
    ChannelApi, Clock, Event, Evidence, Failure, Lease, OpenError, Opening, Plan, Registry,
    RegistryError, Row, Source, Stage,
    answer::Answer,
    channels::Command,
    core::Core,
    limits::{ADOPTION_WAIT, ATTEMPTS_MAX, CREATE_GRACE, CREATE_TIMEOUT},
    name::channel_name,
    reconciler::Missing,
    schedule,
};

/// A channel in use.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) row: Row,
    /// Resolves when the lease is dropped.
    pub(crate) released: oneshot::Receiver<Infallible>,
}

/// What one attempt came to.
enum Outcome {
    Live(Live),
    NotDone {
        wait: Option<Duration>,
        source: Source,
    },
    Lost {
        source: Source,
    },
    Never {
        source: Source,
    },
}

/// Tries to get a channel: one attempt, one mark. An attempt that did not happen and one whose
/// answer was lost are followed by another with a fresh mark, while there is time; never is the
/// same mark sent twice, or one mark could come to name two channels.
pub(crate) async fn open<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    Command { opening, answer }: Command,
) -> Result<Option<Live>, RegistryError> {
    let answer = Arc::new(Answer::new(answer));
    let mut failure = OpenError::Deadline;
    let mut lost = false;
    for attempt in 1..=ATTEMPTS_MAX {
        let Some(place) = place(core, &opening, &answer).await else {
            break;
        };
        let outcome = try_once(core, &opening, &answer).await?;
        drop(place);
        match outcome {
            Outcome::Live(live) => return Ok(Some(live)),
            Outcome::NotDone { wait, source } => {
                failure = OpenError::NotDone { wait, source };
                let dice = fastrand::f64();
                let pause = wait.map_or_else(
                    || schedule::retry_pause(dice),
                    |wait| schedule::told(wait, dice),
                );
                if attempt == ATTEMPTS_MAX || Instant::now() + pause >= opening.deadline {
                    break;
                }
                sleep(pause).await;
            }
            Outcome::Lost { source } => {
                lost = true;
                failure = OpenError::NotDone { wait: None, source };
            }
            Outcome::Never { source } => {
                failure = OpenError::Never { source };
                break;
            }
        }
    }
    if lost {
        // The reconciler may find a channel that was created all the same, and give it away.
        sleep_until(opening.deadline.min(Instant::now() + ADOPTION_WAIT)).await;
    }
    answer.give(Err(failure));
    Ok(None)
}

/// A place among the creations in flight; `None` when nobody waits for the channel any more.
async fn place<'core, A, R, C>(
    core: &'core Core<A, R, C>,
    opening: &Opening,
    answer: &Answer,
) -> Option<SemaphorePermit<'core>> {
    let place = timeout_at(opening.deadline, core.creates.acquire())
        .await
        .ok()?
        .ok()?;
    (answer.is_wanted() && Instant::now() < opening.deadline).then_some(place)
}

/// One attempt: on record, then in Discord, then on record again. If we die between the two
/// records, the next life finds the row planned and takes its answer for lost.
async fn try_once<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    opening: &Opening,
    answer: &Arc<Answer>,
) -> Result<Outcome, RegistryError> {
    let row = core.plan(opening).await?;
    let plan = Plan {
        guild_id: core.settings.guild_id,
        parent_id: core.settings.parent_id,
        name: channel_name(&core.settings.name_prefix, &opening.label, row.attempt),
        mark: core.marks.mark(row.attempt),
        bot_id: core.settings.bot_id,
        timeout: CREATE_TIMEOUT.min(opening.deadline.saturating_duration_since(Instant::now())),
    };
    let created = timeout(plan.timeout + CREATE_GRACE, core.api.create(&plan)).await;
    let (event, outcome) = match created {
        Ok(Ok(channel_id)) => return named(core, row, Event::Named(channel_id), answer).await,
        Ok(Err(Failure::NotDone { wait, source })) => {
            (Event::Refused, Outcome::NotDone { wait, source })
        }
        Ok(Err(Failure::Never { source })) => (Event::Refused, Outcome::Never { source }),
        Ok(Err(Failure::Unknown { source })) => (Event::Lost, Outcome::Lost { source }),
        Err(elapsed) => (
            Event::Lost,
            Outcome::Lost {
                source: elapsed.into(),
            },
        ),
    };
    let row = core.step(row.attempt, event, Duration::ZERO, 0).await?.row;
    if let Stage::Live(_) = row.stage {
        // The audit log named it before we had to give up on the answer.
        return Ok(Outcome::Live(hand_over(row, Some(answer))));
    }
    if let Outcome::Lost { source } = &outcome {
        tracing::warn!(
            attempt = %row.attempt,
            error = %source,
            "the answer to a channel creation was lost; asking the audit log for it"
        );
        core.lost.put(Missing::new(row, Arc::clone(answer)));
    }
    Ok(outcome)
}

/// Discord named the channel.
async fn named<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    row: Row,
    event: Event,
    answer: &Arc<Answer>,
) -> Result<Outcome, RegistryError> {
    let attempt = row.attempt;
    let row = match core.step(attempt, event, Duration::ZERO, 0).await {
        Ok(stepped) => stepped.row,
        // The audit log has named another channel for this very attempt: both are ours, the
        // conversation gets the one on record, the other is deleted.
        Err(RegistryError::Illegal(illegal)) => {
            if let Event::Named(channel_id) = illegal.event {
                core.take_on_second(channel_id, Evidence::Answer).await?;
            }
            core.registry
                .row(attempt)
                .await?
                .ok_or(RegistryError::Missing { attempt })?
        }
        Err(error) => return Err(error),
    };
    if let Some(owned) = row.stage.owned() {
        core.time.heard(owned.channel_id, core.clock.now_ms());
    }
    Ok(Outcome::Live(hand_over(row, Some(answer))))
}

/// Gives the channel to whoever asked for it. If they left, the lease is dropped with the answer.
pub(crate) fn hand_over(row: Row, answer: Option<&Answer>) -> Live {
    let owned = row.stage.owned().expect("a live row knows its channel");
    let (lease, released) = Lease::new(owned.channel_id);
    if let Some(answer) = answer {
        answer.give(Ok(lease));
    }
    Live { row, released }
}

/// Waits until the channel's user lets go of it or its time is up, and condemns it.
pub(crate) async fn keep<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    Live { row, released }: Live,
) -> Result<(), RegistryError> {
    let left = row.deadline_at_ms.saturating_sub(core.clock.now_ms());
    if timeout(Duration::from_millis(left), released)
        .await
        .is_err()
    {
        tracing::warn!(
            attempt = %row.attempt,
            request.id = row.request_id,
            "a channel outlived its time; it is deleted under whoever holds it"
        );
    }
    core.release(&row).await
}
