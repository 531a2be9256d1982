//! One opening, from the request for a channel to the lease.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::{
    sync::oneshot,
    time::{Instant, error::Elapsed, sleep, sleep_until, timeout, timeout_at},
};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    AttemptId, ChannelApi, Clock, Event, Evidence, Failure, IllegalStep, Lease, Mark, OpenError,
    Opening, Place, Plan, Registry, RegistryError, Room, Row, Source, Stage,
    answer::Answer,
    channels::Command,
    core::Core,
    kp,
    limits::{ADOPTION_WAIT, ATTEMPTS_MAX, CREATE_GRACE, CREATE_TIMEOUT},
    name::channel_name,
    reconciler::Missing,
    sabotage::Sabotage,
    schedule,
};

/// A channel in use.
#[derive(Debug)]
pub(crate) struct Live {
    row: Row,
    held: Held,
}

/// Our end of a lease.
#[derive(Debug)]
struct Held {
    /// Resolves when the lease is dropped.
    released: oneshot::Receiver<Infallible>,
    /// When its time is up, whatever the wall clock says by then.
    expires_at: Instant,
}

/// What one attempt came to.
enum Outcome {
    Live(Live),
    NoRoom {
        room: Room,
        source: Source,
    },
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
/// same mark sent twice, or one mark could come to name two channels. Where there is no room, or no
/// creation is wanted for long, the opening waits in line again, or goes elsewhere.
pub(crate) async fn open<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    Command { opening, answer }: Command,
) -> Result<Option<Live>, RegistryError> {
    let answer = Arc::new(Answer::new(answer, schedule::after(opening.lifetime)));
    let ticket = core.capacity.ticket();
    let mut failure = None;
    let mut lost = false;
    let mut first = None;
    let mut attempts = 0;
    while attempts < ATTEMPTS_MAX {
        let berth = match core.capacity.berth(&opening, ticket, &answer).await {
            Ok(berth) => berth,
            // What an attempt came to says more.
            Err(OpenError::Deadline) if failure.is_some() => break,
            Err(OpenError::NotDone { .. }) if matches!(failure, Some(OpenError::Never { .. })) => {
                break;
            }
            Err(none) => {
                failure = Some(none);
                break;
            }
        };
        if !answer.is_wanted() {
            break;
        }
        let row = core.planned(&opening, &berth);
        let mark = mark(core, &row, *first.get_or_insert(row.attempt));
        match try_once(core, &opening, row, mark, berth.place, &answer).await? {
            Outcome::Live(live) => {
                core.capacity.passed(berth.place);
                return Ok(Some(live));
            }
            // Nothing can come of such an attempt: it does not count.
            Outcome::NoRoom { room, source } => {
                tracing::debug!(error = %source, %room, "no room for another channel");
                core.capacity.full(berth.place, room);
                core.sweep_soon.notify_one();
            }
            Outcome::NotDone { wait, .. } if core.capacity.closed(berth.place, wait) => {}
            Outcome::NotDone { wait, source } => {
                drop(berth);
                attempts += 1;
                let pause = pause(wait);
                failure = Some(OpenError::NotDone { wait, source });
                if attempts == ATTEMPTS_MAX || Instant::now() + pause >= opening.deadline {
                    break;
                }
                sleep(pause).await;
            }
            Outcome::Lost { source } => {
                lost = true;
                attempts += 1;
                failure = Some(OpenError::NotDone { wait: None, source });
            }
            // There may be another place. If there is none, this says more than that.
            Outcome::Never { source } => {
                core.capacity.refused(berth.place, &source);
                failure = Some(OpenError::Never { source });
            }
        }
    }
    if lost {
        // The reconciler may find a channel that was created all the same, and give it away.
        sleep_until(opening.deadline.min(Instant::now() + ADOPTION_WAIT)).await;
    }
    answer.give(Err(failure.unwrap_or(OpenError::Deadline)));
    Ok(None)
}

/// The pause before a second attempt.
fn pause(wait: Option<Duration>) -> Duration {
    let dice = fastrand::f64();
    wait.map_or_else(
        || schedule::retry_pause(dice),
        |wait| schedule::told(wait, dice),
    )
}

/// One attempt: on record, then in Discord, then on record again. If we die between the two
/// records, the next life finds the row planned and takes its answer for lost.
async fn try_once<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    opening: &Opening,
    row: Row,
    mark: Mark,
    place: Place,
    answer: &Arc<Answer>,
) -> Result<Outcome, RegistryError> {
    let is_written_late = core.lacks(Sabotage::NoIntent);
    if !is_written_late {
        put_on_record(core, &row).await?;
    }
    kp!("lifecycle.create.planned");
    let created = create(core, opening, row.attempt, mark, place).await;
    kp!("lifecycle.create.answered");
    if is_written_late {
        put_on_record(core, &row).await?;
    }
    let (event, outcome) = match created {
        Ok(Ok(channel_id)) => return named(core, row, channel_id, answer).await,
        Ok(Err(Failure::NotDone { wait, source })) => {
            (Event::Refused, Outcome::NotDone { wait, source })
        }
        Ok(Err(Failure::NoRoom { room, source })) => {
            (Event::Refused, Outcome::NoRoom { room, source })
        }
        // A name without a label is the same for all of them.
        Ok(Err(Failure::Never { source } | Failure::NameRefused { source })) => {
            (Event::Refused, Outcome::Never { source })
        }
        Ok(Err(Failure::Unknown { source })) if core.lacks(Sabotage::ForgetUnknown) => {
            (Event::Refused, Outcome::NotDone { wait: None, source })
        }
        Ok(Err(Failure::Unknown { source })) => (Event::Lost, Outcome::Lost { source }),
        Err(elapsed) => (
            Event::Lost,
            Outcome::Lost {
                source: elapsed.into(),
            },
        ),
    };
    let row = core.step(row.attempt, event, Duration::ZERO).await?.row;
    kp!("lifecycle.create.unnamed");
    if let Stage::Live(_) = row.stage {
        // The audit log named it before we had to give up on the answer.
        return Ok(Outcome::Live(hand_over(row, Some(answer))));
    }
    if let Outcome::Lost { source } = &outcome {
        kp!("lifecycle.create.lost");
        tracing::warn!(
            attempt = %row.attempt,
            error = %source,
            "the answer to a channel creation was lost; asking the audit log for it"
        );
        core.lost.put(Missing::new(row, Arc::clone(answer)));
    }
    Ok(outcome)
}

/// Asks for the channel, and once more without the label if Discord does not allow that in a name:
/// it has not acted then, so the same mark may go again. No place is shut for a bot's name.
async fn create<A: ChannelApi, R, C: Clock>(
    core: &Core<A, R, C>,
    opening: &Opening,
    attempt: AttemptId,
    mark: Mark,
    place: Place,
) -> Result<Result<Id<ChannelMarker>, Failure>, Elapsed> {
    let settings = &core.settings;
    let name = |label| channel_name(&settings.name_prefix, label, attempt);
    let send = async |name| {
        let left = opening.deadline.saturating_duration_since(Instant::now());
        let plan = Plan {
            guild_id: settings.guild_id,
            place,
            name,
            mark,
            bot_id: settings.bot_id,
            timeout: CREATE_TIMEOUT.min(left),
        };
        timeout(plan.timeout + CREATE_GRACE, core.api.create(&plan)).await
    };
    let (wanted, plain) = (name(core.refused_labels.pass(&opening.label)), name(""));
    let is_plain = wanted == plain;
    let created = send(wanted).await;
    match &created {
        Ok(Err(Failure::NameRefused { source })) if !is_plain => {
            tracing::warn!(
                label = opening.label,
                error = %source,
                "discord does not allow this in the name of a channel; such channels go without it"
            );
            core.refused_labels.add(&opening.label);
            send(plain).await
        }
        _ => created,
    }
}

/// Puts a fresh attempt on record. If we die after this, the next life asks the audit log what came
/// of it; without it, a channel could exist that nobody looks for.
async fn put_on_record<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    row: &Row,
) -> Result<(), RegistryError> {
    if core.insert(row).await? {
        return Ok(());
    }
    // 128 random bits do not repeat: without a row of its own nothing may be created.
    let source = "a fresh attempt is on record already".into();
    Err(RegistryError::Failed { source })
}

/// The mark of an attempt. `first` is the opening's first attempt, whose mark is never sent again.
fn mark<A, R, C>(core: &Core<A, R, C>, row: &Row, first: AttemptId) -> Mark {
    core.marks.mark(if core.lacks(Sabotage::NoMark) {
        AttemptId::fresh()
    } else if core.lacks(Sabotage::SameMarkRetry) {
        first
    } else {
        row.attempt
    })
}

/// Discord named the channel. Whoever waits for it gets it while that is put on record: if we die
/// before it is, the row is planned still, and the next life finds the channel as it finds one whose
/// answer was lost. The channel is deleted by what is on record only.
async fn named<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    row: Row,
    channel_id: Id<ChannelMarker>,
    answer: &Answer,
) -> Result<Outcome, RegistryError> {
    let attempt = row.attempt;
    // The audit log may have been faster, and have named another.
    let is_first = core.is_in_flight(attempt);
    let held = is_first.then(|| Held::new(channel_id, Some(answer)));
    let event = Event::Named(channel_id);
    let row = match core.step(attempt, event, Duration::ZERO).await {
        Ok(stepped) => stepped.row,
        // The audit log has named another channel for this very attempt: both are ours, the
        // conversation gets the one on record if it has none yet, the other is deleted.
        Err(RegistryError::Illegal { row, source }) if source.event == event => {
            core.take_on_second(attempt, row.kind, channel_id, Evidence::Answer)
                .await?;
            *row
        }
        Err(error) => return Err(error),
    };
    let Stage::Live(owned) = row.stage else {
        // Nobody of this life settles a row whose creation is in flight. The next life goes by what is
        // on record, and not by the lease that was given.
        let stage = row.stage;
        return Err(RegistryError::Illegal {
            row: Box::new(row),
            source: IllegalStep { stage, event },
        });
    };
    kp!("lifecycle.create.named");
    core.time.heard(owned.channel_id);
    Ok(Outcome::Live(match held {
        Some(held) => Live { row, held },
        None => hand_over(row, Some(answer)),
    }))
}

/// Gives the channel to whoever asked for it.
pub(crate) fn hand_over(row: Row, answer: Option<&Answer>) -> Live {
    let owned = row.stage.owned().expect("a live row knows its channel");
    let held = Held::new(owned.channel_id, answer);
    Live { row, held }
}

/// Waits until the channel's user lets go of it or its time is up, and condemns it.
pub(crate) async fn keep<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    Live { row, held }: Live,
) -> Result<(), RegistryError> {
    if timeout_at(held.expires_at, held.released).await.is_err() {
        tracing::warn!(
            attempt = %row.attempt,
            request.id = row.request_id,
            "a channel outlived its time; it is deleted under whoever holds it"
        );
    }
    kp!("lifecycle.lease.dropped");
    if core.lacks(Sabotage::LeaseWithoutRelease) {
        return Ok(());
    }
    core.release(&row).await
}

// === impl Held ===

impl Held {
    /// Gives the channel to whoever waits for it. If they left, the lease is dropped with the answer.
    fn new(channel_id: Id<ChannelMarker>, answer: Option<&Answer>) -> Self {
        let (lease, released) = Lease::new(channel_id);
        if let Some(answer) = answer {
            answer.give(Ok(lease));
            kp!("lifecycle.lease.given");
        }
        Self {
            released,
            expires_at: answer.map_or_else(Instant::now, Answer::expires_at),
        }
    }
}
