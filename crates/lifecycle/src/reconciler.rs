//! The part of the driver that finds out what came of creations whose answers were lost.

mod bind;
mod pace;
mod scan;
mod sweep;

use std::{
    collections::BTreeMap, convert::Infallible, error::Error as _, sync::Arc, time::Duration,
};

use tokio::time::{Instant, sleep_until};

use self::{
    bind::bind_all,
    pace::{Pace, Why},
    scan::{Scan, scan},
    sweep::Seen,
};
use crate::{
    AttemptId, ChannelApi, Clock, Condition, Event, Failure, GuildApi, Listed, Registry,
    RegistryError, Row,
    answer::Answer,
    core::Core,
    kp,
    limits::{LOST_COUNTS_FOR, SCAN_PARTIAL_PAUSE, SCAN_REFUSED_PAUSE},
    sabotage::Sabotage,
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
type AllMissing = BTreeMap<AttemptId, Missing>;

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

/// Reads the audit log and the guild's channels, often on behalf of missing attempts and now and
/// then on behalf of what nobody knows to be missing, until the registry fails.
pub(crate) async fn run<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
) -> Result<Infallible, RegistryError> {
    let mut missing = AllMissing::new();
    let mut seen = Seen::default();
    // The first round is at once: it sees what happened since the last life.
    let mut pace = Pace::starting(Instant::now());
    loop {
        tokio::select! {
            biased;
            lost = core.lost.next() => {
                missing.insert(lost.row.attempt, lost);
                pace.lost();
            }
            creation = core.logged.next() => bind_all(core, &mut missing, &[creation]).await?,
            () = core.scan_soon.notified() => pace.scan_soon(),
            () = core.sweep_soon.notified() => pace.sweep_soon(),
            () = core.sweep_ordered.notified() => pace.sweep_ordered(),
            () = core.allowed.notified() => pace.allowed(),
            () = sleep_until(pace.due(&missing)) => {
                round(core, &mut missing, &mut seen, &mut pace).await?;
                core.signals.looked_around();
            }
        }
    }
}

/// One reading: of the audit log, and of the list of channels before it when that is due.
async fn round<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    missing: &mut AllMissing,
    seen: &mut Seen,
    pace: &mut Pace,
) -> Result<(), RegistryError> {
    kp!("lifecycle.scan.due");
    let began = Instant::now();
    let listed = if pace.is_sweep_due(began) {
        list(core, pace, missing.is_empty()).await
    } else {
        None
    };
    if pace.is_scan_open(began) {
        let scanned = if core.lacks(Sabotage::NoAuditSweep) {
            Scan::Complete
        } else {
            scan(core, missing).await?
        };
        match scanned {
            Scan::Complete => {
                core.switches.conditions.end(Condition::LogUnreadable);
                pace.scanned(began);
            }
            Scan::Partial => pace.scan_again(Instant::now() + SCAN_PARTIAL_PAUSE),
            Scan::Failed(failure) => {
                kp!("lifecycle.scan.failed");
                let why = Why::of(&failure);
                let pause = pause(core, failure, pace.log_failures, missing);
                pace.scan_failed(pause, why);
            }
        }
    }
    if pace.is_log_read(began) {
        looked(core, missing, began).await?;
    }
    if let Some(listed) = listed {
        if pace.is_log_read(began) {
            sweep::judge(core, missing, seen, &listed).await?;
            kp!("lifecycle.sweep.judged");
            core.signals.swept(began);
        } else {
            // Without the log nothing can be said about what is found.
            pace.sweep_with_log();
        }
    }
    Ok(())
}

/// Reads the guild's channels, if Discord lets us.
async fn list<A: GuildApi, R, C: Clock>(
    core: &Core<A, R, C>,
    pace: &mut Pace,
    is_quiet: bool,
) -> Option<Vec<Listed>> {
    let began = Instant::now();
    match sweep::list(core).await {
        Ok(listed) => {
            core.capacity.listed(&listed, began);
            core.switches.conditions.end(Condition::GuildAway);
            pace.listed(began, is_quiet);
            Some(listed)
        }
        Err(failure) => {
            tracing::debug!(error = %failure, "the guild's channels were not read");
            pace.list_failed(&failure);
            None
        }
    }
}

/// The log was read to its end and named none of these, or it is not shown to us.
async fn looked<A, R: Registry, C: Clock>(
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
        if began.duration_since(looked_for.since) >= LOST_COUNTS_FOR {
            core.capacity.found_nothing(attempt);
        }
        if let Some(next) = next_look(began.duration_since(looked_for.since)) {
            looked_for.due = looked_for.since + next;
            continue;
        }
        missing.remove(&attempt);
        match core.step(attempt, Event::GivenUp, Duration::ZERO).await {
            Ok(_) => tracing::warn!(
                %attempt,
                "a channel creation stays without an answer; if its channel turns up, it will be deleted"
            ),
            // Its channel was found while the row was on its way to us.
            Err(RegistryError::Illegal { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// How long to leave the log alone after it could not be read.
fn pause<A, R, C>(
    core: &Core<A, R, C>,
    failure: Failure,
    failures: u32,
    missing: &AllMissing,
) -> Duration {
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
        Failure::NotDone { .. }
        | Failure::NoRoom { .. }
        | Failure::NameRefused { .. }
        | Failure::Unknown { .. } => back_off(failures, Duration::ZERO, dice),
        Failure::Never { source } => {
            let why = format!("grant the bot View Audit Log: {source}");
            core.switches
                .conditions
                .begin(Condition::LogUnreadable, &why);
            SCAN_REFUSED_PAUSE
        }
    }
}
