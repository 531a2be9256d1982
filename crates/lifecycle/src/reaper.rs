//! The part of the driver that deletes channels and proves them gone.

mod debt;
mod delete;
mod look;
mod queue;

use std::{convert::Infallible, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, error::Elapsed, sleep_until};
use twilight_model::id::{Id, marker::ChannelMarker};

pub(crate) use self::debt::Debt;
use self::{debt::Next, delete::delete, look::look, queue::Queue};
use crate::{
    ChannelApi, Clock, Event, Failure, GuildApi, Registry, RegistryError, Row,
    core::Core,
    kp,
    limits::{REAPS_MAX, REARM_PROBES},
};

/// A call that took longer than its own bound: Discord may have acted.
fn unanswered<T>(outcome: Result<Result<T, Failure>, Elapsed>) -> Result<T, Failure> {
    outcome.unwrap_or_else(|elapsed| {
        Err(Failure::Unknown {
            source: elapsed.into(),
        })
    })
}

/// Deletes what is condemned until the registry fails.
pub(crate) async fn run<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
) -> Result<Infallible, RegistryError> {
    let mut queue = Queue::default();
    let mut calls = FuturesUnordered::new();
    let mut closings = FuturesUnordered::new();
    let mut held = core.switches.deletions_held();
    let mut reach = core.switches.reach.changes();
    let is_own = |row: &Row| core.switches.reach.includes(row.attempt);
    let rules_out = |row: &Row| core.rules_out(row) || !is_own(row);
    loop {
        let may_delete = !*held.borrow_and_update();
        reach.mark_unchanged();
        while may_delete
            && calls.len() < REAPS_MAX
            && let Some(debt) = queue.take_due(Instant::now(), is_own)
        {
            calls.push(reap(core, debt));
        }
        let due = queue
            .due(is_own)
            .filter(|_| may_delete && calls.len() < REAPS_MAX);
        let gone = tokio::select! {
            // What has come to something first: it makes room, and it is never more than was begun.
            biased;
            Some(done) = calls.next() => match done? {
                (_, Some(debt)) => Vec::from_iter(queue.put(debt)),
                (Some(channel_id), None) => {
                    queue.settled(channel_id);
                    Vec::new()
                }
                (None, None) => Vec::new(),
            },
            channel_id = core.deleted.next() => {
                let is_owed = |id| core.known(id).is_some() && !core.is_quarantined(id);
                Vec::from_iter(queue.take_gone(channel_id, is_owed))
            }
            Some(closed) = closings.next() => {
                let closed: Result<(), RegistryError> = closed;
                closed?;
                Vec::new()
            }
            debt = core.condemned.next() => Vec::from_iter(queue.put(debt)),
            () = core.rearm.notified() => {
                queue.rearm(Instant::now(), REARM_PROBES, rules_out)
            }
            () = core.released.notified() => {
                queue.rearm(Instant::now(), usize::MAX, rules_out)
            }
            channel_id = core.updated.next() => {
                Vec::from_iter(queue.rearm_one(channel_id, Instant::now()))
            }
            wish = core.forgettable.next() => {
                let debt = queue.take_parked(wish.attempt);
                wish.serve(core, debt).await?;
                Vec::new()
            }
            // The switches live as long as we do.
            _ = held.changed() => Vec::new(),
            _ = reach.changed() => Vec::new(),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Vec::new(),
        };
        closings.extend(gone.into_iter().map(|debt| close(core, debt)));
    }
}

/// Discord said of its own accord that the channel is gone.
async fn close<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    debt: Debt,
) -> Result<(), RegistryError> {
    let attempt = debt.row.attempt;
    kp!("lifecycle.delete.heard");
    core.step(attempt, Event::Absent, Duration::ZERO).await?;
    tracing::debug!(%attempt, "a channel is gone, as the gateway says");
    Ok(())
}

/// Does the next thing about the debt of a channel; no debt is left when it is settled.
async fn reap<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    debt: Debt,
) -> Result<(Option<Id<ChannelMarker>>, Option<Debt>), RegistryError> {
    let channel_id = debt.row.stage.channel_id();
    let left = match debt.next {
        Next::Delete => delete(core, debt).await,
        Next::Look {
            absences,
            still_here,
        } => look(core, debt, absences, still_here).await,
    };
    Ok((channel_id, left?))
}
