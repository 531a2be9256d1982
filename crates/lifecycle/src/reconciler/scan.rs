//! One reading of the audit log.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker},
};

use super::AllMissing;
use crate::{
    AttemptId, ChannelApi, Clock, Creation, Event, Evidence, Failure, Owned, Presence, Registry,
    RegistryError, Stage, Stepped,
    core::Core,
    discord_time::{created_ms, id_at},
    limits::{CALL_TIMEOUT, LOOK_TRUSTED_AGE, SCAN_OVERLAP, SCAN_PAGE, SCAN_PAGES_MAX},
    opening::hand_over,
    reaper::Debt,
};

/// What a scan came to.
pub(super) enum Scan {
    /// The log was read to its end.
    Complete,
    /// There is more to read.
    Partial,
    /// The log could not be read.
    Failed(Failure),
}

/// Reads the audit log from where it was left, and binds each creation with a mark of ours to the
/// row of its attempt. Nothing is passed over: not by a restart, not by an outage of days.
pub(super) async fn scan<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    missing: &mut AllMissing,
) -> Result<Scan, RegistryError> {
    let guild_id = core.settings.guild_id;
    let start = core
        .registry
        .horizon(guild_id, None)
        .await?
        .read_to
        .unwrap_or(Id::new(1));
    let began_ms = core.time.floor_ms(core.clock.now_ms());
    let mut read_to = start;
    let mut end = Scan::Partial;
    for _ in 0..SCAN_PAGES_MAX {
        let page = core
            .api
            .creations(guild_id, core.settings.bot_id, Some(read_to));
        let page = match timeout(CALL_TIMEOUT, page).await {
            Ok(Ok(page)) => page,
            Ok(Err(failure)) => {
                end = Scan::Failed(failure);
                break;
            }
            Err(elapsed) => {
                end = Scan::Failed(Failure::NotDone {
                    wait: None,
                    source: elapsed.into(),
                });
                break;
            }
        };
        if let Some(last) = page.iter().map(|creation| creation.entry_id).max() {
            core.time.heard(last, core.clock.now_ms());
            read_to = read_to.max(last);
        }
        bind_all(core, missing, &page).await?;
        if page.len() < SCAN_PAGE {
            end = Scan::Complete;
            break;
        }
    }
    let read_to = settled(read_to, began_ms, &end);
    if read_to > start {
        // If we die before this is on record, the same entries are read again: harmless.
        core.registry.horizon(guild_id, Some(read_to)).await?;
    }
    Ok(end)
}

/// How far the log is done with: never as far as its newest part, where entries may still appear.
fn settled(read_to: Id<AuditLogEntryMarker>, began_ms: u64, end: &Scan) -> Id<AuditLogEntryMarker> {
    let sure = id_at(began_ms, SCAN_OVERLAP);
    match end {
        Scan::Complete => sure,
        Scan::Partial | Scan::Failed(_) => read_to.min(sure),
    }
}

/// The attempt, if the log says that our own bot created the channel with a mark of ours
/// (evidence E2). Only our bot can write a reason under its name, and only we can make the mark.
fn ours<A, R, C>(core: &Core<A, R, C>, creation: &Creation) -> Option<AttemptId> {
    let reason = creation.reason.as_deref()?;
    (creation.creator_id == core.settings.bot_id).then_some(())?;
    core.marks.recognise(reason)
}

/// Tells the rows of a page, all at once so that they share commits.
async fn bind_all<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    missing: &mut AllMissing,
    page: &[Creation],
) -> Result<(), RegistryError> {
    let found = page
        .iter()
        .filter_map(|creation| Some((ours(core, creation)?, creation)));
    let steps = found.map(async |(attempt, creation)| {
        let event = Event::Found(creation.channel_id);
        (
            attempt,
            creation.channel_id,
            core.step(attempt, event, Duration::ZERO, 0).await,
        )
    });
    let steps = join_all(steps).await;
    // What was lost meanwhile has to be known before its channel is given to somebody.
    while let Some(lost) = core.lost.take() {
        missing.insert(lost.row.attempt, lost);
    }
    let evidence = Evidence::AuditLog;
    let mut not_on_record = Vec::new();
    for (attempt, channel_id, stepped) in steps {
        match stepped {
            Ok(stepped) => bind(core, missing, stepped, channel_id),
            Err(RegistryError::Missing { .. }) => not_on_record.push((attempt, channel_id)),
            Err(RegistryError::Illegal(_)) => core.take_on_second(channel_id, evidence).await?,
            Err(error) => return Err(error),
        }
    }
    let looks = not_on_record.iter().map(|(_, id)| is_long_gone(core, *id));
    let looks = join_all(looks).await;
    for ((attempt, channel_id), is_long_gone) in not_on_record.into_iter().zip(looks) {
        if !is_long_gone {
            let owned = Owned {
                channel_id,
                evidence,
            };
            core.take_on(attempt, owned).await?;
        }
    }
    Ok(())
}

/// Whether a channel need not be taken on. After the loss of a record the log names every channel
/// of the last 45 days, and nearly all of them are gone.
async fn is_long_gone<A: ChannelApi, R, C: Clock>(
    core: &Core<A, R, C>,
    channel_id: Id<ChannelMarker>,
) -> bool {
    let age_ms = core
        .time
        .floor_ms(core.clock.now_ms())
        .saturating_sub(created_ms(channel_id));
    Duration::from_millis(age_ms) > LOOK_TRUSTED_AGE
        && matches!(
            timeout(CALL_TIMEOUT, core.api.look(channel_id)).await,
            Ok(Ok(Presence::Absent))
        )
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
            tracing::info!(channel.id = %channel_id, "found a channel whose creation was not answered");
            let answer = known.and_then(|known| known.answer);
            core.adopted.put(hand_over(row, answer.as_deref()));
        }
        (before, now @ Stage::Condemned(_)) if before != now => {
            tracing::info!(channel.id = %channel_id, "found a channel that was created late; it will be deleted");
            core.condemned.put(Debt::new(row, Instant::now()));
        }
        // Known before, or a planned row: its creation is still in flight, and will see what has
        // become of it.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;

    fn at(ms: u64) -> Id<AuditLogEntryMarker> {
        id_at(ms, Duration::ZERO)
    }

    #[test]
    fn the_newest_part_of_the_log_is_read_again() {
        assert_eq!(
            settled(at(NOW_MS), NOW_MS, &Scan::Complete),
            at(NOW_MS - 15_000)
        );
        assert_eq!(
            settled(at(NOW_MS - 50), NOW_MS, &Scan::Partial),
            at(NOW_MS - 15_000)
        );
    }

    #[test]
    fn a_log_that_was_not_read_to_its_end_is_gone_on_with() {
        let old = at(NOW_MS - 60_000);
        assert_eq!(settled(old, NOW_MS, &Scan::Partial), old);
        let failed = Scan::Failed(Failure::NotDone {
            wait: None,
            source: "lost".into(),
        });
        assert_eq!(settled(old, NOW_MS, &failed), old);
    }
}
