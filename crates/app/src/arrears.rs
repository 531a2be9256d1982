//! What is late: answers of the store, and deletions.

use std::sync::Arc;

use cordboard_frontend::Cause;
use cordboard_lifecycle::{Channels, Clock as _, Condition, Registry as _, Stage};
use cordboard_store::{Store, StoreError};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use crate::{
    WallClock,
    limits::{ARREARS_EVERY, DEBTS_READ_ROWS, DELETION_OBJECTIVE, STORE_SLOW_AFTER},
    watchdog::Pulse,
};

/// What is late; a handle that is cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrears(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// When the store was asked something that it has not answered yet.
    asked: Option<Instant>,
    has_failed: bool,
    /// How many minutes ago the oldest late deletion was due.
    late_minutes: Option<u64>,
}

// === impl Arrears ===

impl Arrears {
    /// Looks for ever. When the store fails, somebody else ends the process.
    pub(crate) async fn watch(
        self,
        store: Store,
        channels: Channels,
        clock: WallClock,
        pulse: Arc<Pulse>,
    ) {
        loop {
            self.0.lock().asked = Some(Instant::now());
            let late_ms = oldest(&store, &channels, &clock).await;
            pulse.round();
            self.note(late_ms);
            sleep(ARREARS_EVERY).await;
        }
    }

    /// What is wrong, if so.
    pub(crate) fn causes(&self) -> Vec<Cause> {
        let known = self.0.lock();
        let is_slow = known
            .asked
            .is_some_and(|at| at.elapsed() > STORE_SLOW_AFTER);
        let store = (known.has_failed || is_slow).then(|| Cause {
            name: "store",
            detail: "the store does not answer; its disk may be stuck".to_owned(),
        });
        let late = known.late_minutes.map(|minutes| Cause {
            name: "deletions_late",
            detail: format!("a channel that should be gone is still there after {minutes} minutes"),
        });
        store.into_iter().chain(late).collect()
    }

    fn note(&self, late_ms: Result<Option<u64>, StoreFailed>) {
        let mut known = self.0.lock();
        known.asked = None;
        known.has_failed = late_ms.is_err();
        let late = late_ms.unwrap_or_default().map(|ms| ms / 60_000);
        let was = std::mem::replace(&mut known.late_minutes, late);
        match (was, late) {
            (None, Some(minutes)) => {
                tracing::error!(condition = "deletions_late", minutes, "degraded");
            }
            (Some(_), None) => {
                tracing::info!(condition = "deletions_late", "no longer degraded");
            }
            _ => {}
        }
    }
}

/// The store could not be read. Why is told by whoever ends the process for it.
struct StoreFailed;

impl From<StoreError> for StoreFailed {
    fn from(_: StoreError) -> Self {
        Self
    }
}

/// How late the oldest deletion is that is later than its objective, and that nothing known holds up:
/// what an operator or the brake holds, and what is parked, has a name of its own.
async fn oldest(
    store: &Store,
    channels: &Channels,
    clock: &WallClock,
) -> Result<Option<u64>, StoreFailed> {
    let conditions = channels.conditions();
    let is_explained = conditions.iter().any(|(condition, _)| {
        matches!(
            condition,
            // Times on record are not to be compared with the clock for a while.
            Condition::DeletionsHeld | Condition::Runaway | Condition::ClockJumped
        )
    });
    // In any case: whether it can still be written is worth knowing before something has to be.
    store.touch().await?;
    if is_explained || channels.counts().condemned == 0 {
        return Ok(None);
    }
    let registry = store.registry();
    let (mut after, mut oldest_due_ms) = (None, u64::MAX);
    loop {
        let rows = registry.open(after, DEBTS_READ_ROWS).await;
        let rows = rows.map_err(|_| StoreFailed)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.attempt);
        let condemned = rows
            .iter()
            .filter(|row| matches!(row.stage, Stage::Condemned(_)));
        let due = condemned.map(|row| row.next_at_ms.max(row.since_ms));
        oldest_due_ms = due.min().unwrap_or(u64::MAX).min(oldest_due_ms);
    }
    let objective_ms = u64::try_from(DELETION_OBJECTIVE.as_millis()).unwrap_or(u64::MAX);
    let late_ms = clock.now_ms().saturating_sub(oldest_due_ms);
    Ok((late_ms > objective_ms).then_some(late_ms))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn names(arrears: &Arrears) -> Vec<&'static str> {
        arrears.causes().iter().map(|cause| cause.name).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_owes_an_answer_is_told_until_it_gives_it() {
        let arrears = Arrears::default();
        arrears.0.lock().asked = Some(Instant::now());
        assert!(names(&arrears).is_empty());
        sleep(STORE_SLOW_AFTER + Duration::from_secs(1)).await;
        assert_eq!(names(&arrears), ["store"]);
        arrears.note(Ok(None));
        assert!(names(&arrears).is_empty());
        arrears.note(Err(StoreFailed));
        assert_eq!(names(&arrears), ["store"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_deletion_is_told_until_it_is_done() {
        let arrears = Arrears::default();
        arrears.note(Ok(Some(360_000)));
        assert_eq!(names(&arrears), ["deletions_late"]);
        arrears.note(Ok(None));
        assert!(names(&arrears).is_empty());
    }
}
