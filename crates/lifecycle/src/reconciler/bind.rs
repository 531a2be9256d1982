//! Binding channels that the audit log names to the rows of their attempts.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};
use twilight_model::id::{Id, marker::ChannelMarker};

use super::AllMissing;
use crate::{
    AttemptId, ChannelApi, Clock, Creation, Event, Evidence, GuildApi, Owned, Presence, Registry,
    RegistryError, Stage, Stepped,
    core::Core,
    discord_time::created_ms,
    kp,
    limits::{CALL_TIMEOUT, LOOK_TRUSTED_AGE},
    opening::hand_over,
    reaper::Debt,
    sabotage::Sabotage,
};

/// Tells the rows of a page, all at once so that they share commits.
pub(super) async fn bind_all<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    missing: &mut AllMissing,
    page: &[Creation],
) -> Result<(), RegistryError> {
    let found = page.iter().filter_map(|creation| {
        let attempt = core.attempt_of(creation)?;
        let known = core.known(creation.channel_id) == Some(attempt);
        let is_settled = known && !core.is_quarantined(creation.channel_id);
        (!is_settled).then_some((attempt, creation))
    });
    let mut found: Vec<_> = found.collect();
    for (attempt, creation) in &found {
        yield_quarantine(core, *attempt, creation.channel_id).await?;
    }
    if core.settings.delete_after.is_none() {
        found = without_given_up(core, found).await?;
    }
    let steps = found.into_iter().map(async |(attempt, creation)| {
        let event = Event::Found(creation.channel_id);
        (
            attempt,
            creation,
            core.step(attempt, event, Duration::ZERO).await,
        )
    });
    let steps = join_all(steps).await;
    // What was lost meanwhile has to be known before its channel is given to somebody.
    while let Some(lost) = core.lost.take() {
        missing.insert(lost.row.attempt, lost);
    }
    let mut not_on_record = Vec::new();
    for (attempt, creation, stepped) in steps {
        match stepped {
            Ok(stepped) => bind(core, missing, stepped, creation.channel_id),
            // It may be one that was kept, by a life whose record is lost.
            Err(RegistryError::Missing { .. }) if core.settings.delete_after.is_none() => {
                tracing::debug!(channel.id = %creation.channel_id, "a channel of ours is not on record; it is kept");
            }
            Err(RegistryError::Missing { .. }) => not_on_record.push((attempt, creation)),
            Err(RegistryError::Illegal { .. }) => {
                let (kind, channel_id) = (creation.kind, creation.channel_id);
                core.take_on_second(attempt, kind, channel_id, Evidence::AuditLog)
                    .await?;
            }
            Err(error) => return Err(error),
        }
    }
    let began = Instant::now();
    let looks = not_on_record
        .iter()
        .map(|(_, creation)| is_long_gone(core, creation, began));
    let looks = join_all(looks).await;
    for ((attempt, creation), is_long_gone) in not_on_record.into_iter().zip(looks) {
        if !is_long_gone {
            let owned = Owned {
                channel_id: creation.channel_id,
                evidence: Evidence::AuditLog,
            };
            core.take_on(attempt, creation.kind, owned).await?;
        }
    }
    Ok(())
}

/// Where channels are kept, what was given up stays as well when the log names it after all: somebody
/// may have used it before it was on record (docs/decisions/0009). There is nothing to be proved of it
/// any more either.
async fn without_given_up<'a, A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    found: Vec<(AttemptId, &'a Creation)>,
) -> Result<Vec<(AttemptId, &'a Creation)>, RegistryError> {
    let mut others = Vec::new();
    for (attempt, creation) in found {
        let stage = match core.step(attempt, Event::Claimed, Duration::ZERO).await {
            Ok(claimed) => Some(claimed.row.stage),
            Err(RegistryError::Missing { .. }) => None,
            Err(error) => return Err(error),
        };
        match stage {
            Some(Stage::Abandoned) => {}
            Some(Stage::Quarantined(_)) => {
                core.step(attempt, Event::Vanished, Duration::ZERO).await?;
            }
            _ => {
                others.push((attempt, creation));
                continue;
            }
        }
        tracing::info!(
            channel.id = %creation.channel_id,
            "found a channel that was given up; it stays, as the settings say"
        );
    }
    Ok(others)
}

/// Frees a channel of the quarantine under another attempt: somebody has put the mark of one of our
/// channels on another of ours, and the evidence says which is which.
async fn yield_quarantine<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    attempt: AttemptId,
    channel_id: Id<ChannelMarker>,
) -> Result<(), RegistryError> {
    let holder = core.known(channel_id).filter(|holder| *holder != attempt);
    let Some(holder) = holder.filter(|_| core.is_quarantined(channel_id)) else {
        return Ok(());
    };
    core.step(holder, Event::Vanished, Duration::ZERO).await?;
    Ok(())
}

/// Whether a channel need not be taken on: it is not there, and not in the guild's list. After the
/// loss of a record the log names every channel of the last 45 days, and nearly all of them are gone;
/// it is not read again, so one answer is too little to forget a channel by.
async fn is_long_gone<A: ChannelApi + GuildApi, R, C: Clock>(
    core: &Core<A, R, C>,
    creation: &Creation,
    began: Instant,
) -> bool {
    let channel_id = creation.channel_id;
    let age_ms = core.time.floor_ms().saturating_sub(created_ms(channel_id));
    if Duration::from_millis(age_ms) <= LOOK_TRUSTED_AGE {
        return false;
    }
    let look = timeout(CALL_TIMEOUT, core.api.look(channel_id)).await;
    if !matches!(look, Ok(Ok(Presence::Absent))) {
        return false;
    }
    let (guild_id, channel) = (core.settings.guild_id, (creation.kind, channel_id));
    let shows = core.roll.shows(&core.api, guild_id, channel, began).await;
    matches!(shows, Ok(false))
}

/// Does what follows from a channel that was found.
fn bind<A, R, C>(
    core: &Core<A, R, C>,
    missing: &mut AllMissing,
    Stepped { before, row }: Stepped,
    channel_id: Id<ChannelMarker>,
) {
    let known = missing.remove(&row.attempt);
    match (before, row.stage) {
        (Stage::Unknown, Stage::Live(_)) => {
            kp!("lifecycle.scan.found");
            tracing::info!(channel.id = %channel_id, "found a channel whose creation was not answered");
            let answer = known.and_then(|known| known.answer);
            core.adopted.put(hand_over(row, answer.as_deref()));
        }
        (before, now @ Stage::Condemned(_)) if before != now => {
            if core.lacks(Sabotage::ForgetUnknown) {
                return;
            }
            tracing::info!(channel.id = %channel_id, "found a channel that was created late; it will be deleted");
            core.condemned.put(Debt::new(row, Instant::now()));
        }
        // Known before, or a planned row: its creation is still in flight, and will see what has
        // become of it.
        _ => {}
    }
}
