//! Comparing the guild with the record: what carries our mark, and what became of it.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::{Instant, timeout};
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{AllMissing, bind::bind_all};
use crate::{
    AttemptId, ChannelApi, Clock, Event, Evidence, Failure, GuildApi, Kind, Listed, Owned,
    Presence, Registry, RegistryError, Row, Stage,
    core::Core,
    discord_time::{created_ms, id_at},
    limits::{
        CALL_TIMEOUT, GHOST_RECHECK, GHOSTS_MAX, ID_CLOCK_SPREAD, SWEEP_GRACE, SWEEP_LOOKS_MAX,
    },
    reaper::Debt,
    sabotage::Sabotage,
};

/// What former sweeps have seen and need not say again.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Channels that carry a copy of the mark of another channel.
    copies: HashSet<Id<ChannelMarker>>,
    /// Channels that stay, because the settings say so.
    kept: HashSet<Id<ChannelMarker>>,
    /// Channels that the list shows and that are gone all the same (discord-api-docs #1304), and
    /// when to look again.
    ghosts: HashMap<Id<ChannelMarker>, Instant>,
    /// Looks that this sweep may still make.
    looks_left: usize,
}

// === impl Seen ===

impl Seen {
    fn may_look(&mut self) -> bool {
        let may = self.looks_left > 0;
        self.looks_left = self.looks_left.saturating_sub(1);
        may
    }
}

/// Reads the guild's channels.
pub(super) async fn list<A: GuildApi, R, C>(core: &Core<A, R, C>) -> Result<Vec<Listed>, Failure> {
    let channels = core.api.channels(core.settings.guild_id);
    timeout(CALL_TIMEOUT, channels)
        .await
        .unwrap_or_else(|elapsed| {
            Err(Failure::NotDone {
                wait: None,
                source: elapsed.into(),
            })
        })
}

/// Goes through a list of the guild's channels that was read before the audit log was: a channel
/// with our mark that the log has not proven ours by now goes into quarantine, unless channels are kept.
pub(super) async fn judge<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    missing: &mut AllMissing,
    seen: &mut Seen,
    listed: &[Listed],
) -> Result<(), RegistryError> {
    for channel in listed {
        core.time.heard(channel.channel_id);
    }
    let now_ms = core.time.floor_ms();
    seen.looks_left = SWEEP_LOOKS_MAX;
    for channel in listed {
        let channel_id = channel.channel_id;
        if let Some(attempt) = core.buried(channel_id) {
            exhume(core, seen, attempt).await?;
            continue;
        }
        let mark = channel.topic.as_deref();
        let Some(attempt) = mark.and_then(|topic| core.marks.recognise(topic)) else {
            continue;
        };
        let age_ms = now_ms.saturating_sub(created_ms(channel_id));
        let is_settled = core.known(channel_id).is_some() && !core.is_quarantined(channel_id);
        if is_settled
            || core.is_in_flight(attempt)
            || Duration::from_millis(age_ms) < SWEEP_GRACE
            || seen.copies.contains(&channel_id)
            || seen.kept.contains(&channel_id)
        {
            continue;
        }
        if core.lacks(Sabotage::TagOnly) {
            let owned = Owned {
                channel_id,
                evidence: Evidence::AuditLog,
            };
            core.take_on(AttemptId::fresh(), Kind::Text, owned).await?;
            continue;
        }
        prove(core, missing, seen, channel_id).await?;
        if core.known(channel_id).is_none() {
            sighted(core, seen, attempt, channel_id).await?;
        }
    }
    let listed: HashSet<_> = listed.iter().map(|channel| channel.channel_id).collect();
    leave_quarantine(core, seen, &listed).await?;
    if core.lacks(Sabotage::ListAbsenceIsGone) {
        for (channel_id, attempt) in core.open_channels() {
            if !listed.contains(&channel_id) {
                drop(core.step(attempt, Event::Absent, Duration::ZERO).await);
            }
        }
    }
    Ok(())
}

/// Reads what the audit log says of the moment in which a channel was created: its entry may have
/// become visible only after that part of the log had been read.
async fn prove<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    missing: &mut AllMissing,
    seen: &mut Seen,
    channel_id: Id<ChannelMarker>,
) -> Result<(), RegistryError> {
    if !seen.may_look() || core.lacks(Sabotage::NoAuditSweep) {
        return Ok(());
    }
    let just_before = id_at(created_ms(channel_id), ID_CLOCK_SPREAD);
    let page = core.api.log(
        core.settings.guild_id,
        core.settings.bot_id,
        Some(just_before),
    );
    match timeout(CALL_TIMEOUT, page).await {
        Ok(Ok(page)) => bind_all(core, missing, &page.creations).await,
        // The next sweep asks again.
        Ok(Err(_)) | Err(_) => Ok(()),
    }
}

/// The list shows a channel that was proved gone in this life.
async fn exhume<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    seen: &mut Seen,
    attempt: AttemptId,
) -> Result<(), RegistryError> {
    match core.step(attempt, Event::Claimed, Duration::ZERO).await {
        Ok(claimed) => ghost(core, seen, claimed.row).await,
        // So long ago that nobody remembers.
        Err(RegistryError::Missing { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A channel carries the mark of an attempt, and no open row has it.
async fn sighted<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    seen: &mut Seen,
    attempt: AttemptId,
    channel_id: Id<ChannelMarker>,
) -> Result<(), RegistryError> {
    let keeps = core.settings.delete_after.is_none();
    // What is not to be deleted needs no proof.
    let event = if keeps {
        Event::Claimed
    } else {
        Event::Sighted(channel_id)
    };
    match core.step(attempt, event, Duration::ZERO).await {
        Ok(stepped) => match stepped.row.stage {
            Stage::Quarantined(id) if id == channel_id => quarantined(channel_id),
            Stage::Gone(owned) if owned.channel_id == channel_id => {
                ghost(core, seen, stepped.row).await?;
            }
            Stage::Kept(owned) if owned.channel_id == channel_id => kept(seen, channel_id),
            // An operator has looked at it: nothing is to be said of it any more.
            Stage::Disowned(id) if id == channel_id => drop(seen.copies.insert(channel_id)),
            Stage::Abandoned | Stage::Unknown | Stage::NotCreated if keeps => {
                kept(seen, channel_id);
            }
            _ => copied(seen, channel_id),
        },
        // It may be one that was kept, by a life whose record is lost.
        Err(RegistryError::Missing { .. }) if keeps => kept(seen, channel_id),
        Err(RegistryError::Missing { .. }) => {
            let row = Row {
                attempt,
                // Nobody knows when it was planned, and this channel may be a copy of a later day.
                not_before_ms: 0,
                reason: Some("it carries our mark, and the record of it was lost".to_owned()),
                ..core.fresh_row(Stage::Quarantined(channel_id))
            };
            if core.insert(&row).await? {
                quarantined(channel_id);
            }
        }
        // The channel has a settled row of its own: somebody gave it another mark.
        Err(RegistryError::Illegal { .. }) => copied(seen, channel_id),
        Err(error) => return Err(error),
    }
    Ok(())
}

fn quarantined(channel_id: Id<ChannelMarker>) {
    tracing::error!(
        channel.id = %channel_id,
        "a channel carries our mark and nothing proves that we created it; it is left alone until \
         somebody looks at it"
    );
}

fn kept(seen: &mut Seen, channel_id: Id<ChannelMarker>) {
    if seen.kept.len() < GHOSTS_MAX && seen.kept.insert(channel_id) {
        tracing::info!(channel.id = %channel_id, "a channel of ours stays, as the settings say");
    }
}

fn copied(seen: &mut Seen, channel_id: Id<ChannelMarker>) {
    if seen.copies.len() < GHOSTS_MAX && seen.copies.insert(channel_id) {
        tracing::warn!(channel.id = %channel_id, "a channel carries a copy of a mark; it is not ours");
    }
}

/// The list shows a channel that was proved gone: either the proof was a replica's lag, or the list
/// shows what is not there.
async fn ghost<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    seen: &mut Seen,
    row: Row,
) -> Result<(), RegistryError> {
    let Stage::Gone(Owned { channel_id, .. }) = row.stage else {
        return Ok(());
    };
    let now = Instant::now();
    if seen.ghosts.get(&channel_id).is_some_and(|due| now < *due) || !seen.may_look() {
        return Ok(());
    }
    match timeout(CALL_TIMEOUT, core.api.look(channel_id)).await {
        Ok(Ok(Presence::Here | Presence::Hidden)) => {
            tracing::warn!(channel.id = %channel_id, "a channel that was proved gone is there; it will be deleted");
            let row = core
                .step(row.attempt, Event::Rearmed, Duration::ZERO)
                .await?
                .row;
            core.condemned.put(Debt::new(row, now));
        }
        Ok(Ok(Presence::Absent)) => {
            if seen.ghosts.len() >= GHOSTS_MAX {
                seen.ghosts.retain(|_, due| now < *due);
            }
            seen.ghosts.insert(channel_id, now + GHOST_RECHECK);
        }
        // The next sweep looks again.
        _ => {}
    }
    Ok(())
}

/// A channel in quarantine that is not in the list may be gone; only a look can tell.
async fn leave_quarantine<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    seen: &mut Seen,
    listed: &HashSet<Id<ChannelMarker>>,
) -> Result<(), RegistryError> {
    for (channel_id, attempt) in core.quarantined() {
        if listed.contains(&channel_id) || !seen.may_look() {
            continue;
        }
        let look = timeout(CALL_TIMEOUT, core.api.look(channel_id)).await;
        if let Ok(Ok(Presence::Absent)) = look {
            core.step(attempt, Event::Vanished, Duration::ZERO).await?;
            tracing::info!(channel.id = %channel_id, "a channel in quarantine is gone");
        }
    }
    Ok(())
}
