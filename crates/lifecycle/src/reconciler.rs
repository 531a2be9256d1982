//! The part of the driver that finds out what came of creations whose answers were lost.

mod scan;

use std::{
    collections::HashMap, convert::Infallible, error::Error as _, sync::Arc, time::Duration,
};

use tokio::time::{Instant, sleep_until};

use self::scan::{Scan, scan};
use crate::{
    AttemptId, ChannelApi, Clock, Event, Failure, OpenError, Registry, RegistryError, Row,
    answer::Answer,
    core::Core,
    limits::{SCAN_PARTIAL_PAUSE, SCAN_REFUSED_PAUSE, SCAN_ROUND},
    schedule::{back_off, next_look, told},
};

/// An attempt of which nobody knows what came of it.
#[derive(Debug)]
pub(crate) struct Missing {
    row: Row,
    /// When its answer was lost, or when this life began.
    since: Instant,
    /// When to look for it.
    due: Instant,
    /// Who waits for the channel, if it should turn up.
    answer: Option<Arc<Answer>>,
}

/// All attempts of which nobody knows what came of them.
type AllMissing = HashMap<AttemptId, Missing>;

// === impl Missing ===

impl Missing {
    /// An attempt whose answer was lost just now.
    pub(crate) fn new(row: Row, answer: Arc<Answer>) -> Self {
        let since = Instant::now();
        let due = since + next_look(Duration::ZERO).unwrap_or_default();
        Self {
            row,
            since,
            due,
            answer: Some(answer),
        }
    }

    /// An attempt that a former life left unresolved: to be looked for at once.
    pub(crate) fn left_over(row: Row) -> Self {
        let now = Instant::now();
        Self {
            row,
            since: now,
            due: now,
            answer: None,
        }
    }
}

/// Reads the audit log, often on behalf of missing attempts and now and then on behalf of what
/// nobody knows to be missing, until the registry fails.
pub(crate) async fn run<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
) -> Result<Infallible, RegistryError> {
    let mut missing = AllMissing::new();
    // The first round is at once: it sees what happened since the last life.
    let mut round = Instant::now();
    let mut not_before = round;
    let mut failures = 0;
    loop {
        let urgent = missing.values().map(|missing| missing.due).min();
        let due = urgent
            .map_or(round, |urgent| urgent.min(round))
            .max(not_before);
        tokio::select! {
            lost = core.lost.next() => {
                missing.insert(lost.row.attempt, lost);
                continue;
            }
            () = sleep_until(due) => {}
        }
        let began = Instant::now();
        match scan(core, &mut missing).await? {
            Scan::Complete => {
                failures = 0;
                round = began + SCAN_ROUND;
                looked(core, &mut missing, began).await?;
            }
            Scan::Partial => not_before = Instant::now() + SCAN_PARTIAL_PAUSE,
            Scan::Failed(failure) => {
                not_before = Instant::now() + pause(failure, failures, &missing);
                failures = failures.saturating_add(1);
            }
        }
    }
}

/// The log was read to its end and named none of these.
async fn looked<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    missing: &mut AllMissing,
    began: Instant,
) -> Result<(), RegistryError> {
    let due = missing.values().filter(|missing| missing.due <= began);
    let due: Vec<AttemptId> = due.map(|missing| missing.row.attempt).collect();
    for attempt in due {
        let Some(looked_for) = missing.get_mut(&attempt) else {
            continue;
        };
        if let Some(next) = next_look(began.duration_since(looked_for.since)) {
            looked_for.due = looked_for.since + next;
            continue;
        }
        missing.remove(&attempt);
        match core.step(attempt, Event::GivenUp, Duration::ZERO, 0).await {
            Ok(_) => tracing::warn!(
                %attempt,
                "a channel creation stays without an answer; if its channel turns up, it will be deleted"
            ),
            // Its channel was found while the row was on its way to us.
            Err(RegistryError::Illegal(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// How long to leave the log alone after it could not be read.
fn pause(failure: Failure, failures: u32, missing: &AllMissing) -> Duration {
    let dice = fastrand::f64();
    if !matches!(failure, Failure::Never { .. }) {
        // Loudly when somebody waits for it: nothing is found as long as this goes on.
        let cause = failure.source().map(tracing::field::display);
        let unknown = missing.len();
        if unknown == 0 {
            tracing::debug!(error = %failure, cause, "the audit log was not read");
        } else {
            tracing::warn!(error = %failure, cause, unknown, "the audit log was not read; trying again");
        }
    }
    match failure {
        Failure::NotDone {
            wait: Some(wait), ..
        } => told(wait, dice),
        Failure::NotDone { .. } | Failure::Unknown { .. } => {
            back_off(failures, Duration::ZERO, dice)
        }
        Failure::Never { source } => {
            tracing::warn!(
                error = %source,
                unknown = missing.len(),
                "the audit log cannot be read, so channels whose creation was not answered stay; grant VIEW_AUDIT_LOG"
            );
            // Nobody needs to wait for what cannot be found.
            let reason = source.to_string();
            for answer in missing
                .values()
                .filter_map(|missing| missing.answer.as_ref())
            {
                let source = reason.clone().into();
                answer.give(Err(OpenError::NotDone { wait: None, source }));
            }
            SCAN_REFUSED_PAUSE
        }
    }
}
