//! Who delivers.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use cordboard_lifecycle::Clock;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{
    Delivery, Outbox, Outcome, Target, after_failure,
    limits::{ATTEMPT_TIMEOUT, LOOK_EVERY, LOOK_FAILING},
};
use crate::Failure;

/// Who knows where the targets are, and how something is brought there.
pub trait Messenger: Send + Sync + 'static {
    /// Brings one delivery to its target. A target that gets it twice sees it by its id.
    ///
    /// `NotDone` and `Unknown`: it is tried again. `Never`: an operator has to put something right first; it
    /// is tried again seldom.
    fn bring(&self, delivery: &Delivery) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What has become of deliveries since the start; a handle that is cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    delivered: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
}

/// Delivers what is in an outbox to its targets: each one's in its order, and none waits for another one.
#[derive(Debug)]
pub struct Courier<O, M, C> {
    outbox: O,
    messenger: M,
    clock: C,
    targets: Arc<[Target]>,
    tally: Tally,
}

// === impl Tally ===

impl Tally {
    /// How often something was delivered, an attempt failed, and something was given up.
    #[must_use]
    pub fn counts(&self) -> [(&'static str, u64); 3] {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("delivered", of(&self.0.delivered)),
            ("failed", of(&self.0.failed)),
            ("given_up", of(&self.0.given_up)),
        ]
    }

    fn note(&self, delivery: &Delivery, outcome: &Outcome) {
        let (id, kind, to) = (&delivery.id, delivery.kind.name(), &delivery.target);
        match outcome {
            Outcome::Delivered => {
                self.0.delivered.fetch_add(1, Ordering::Relaxed);
                tracing::info!(alert.id = id, kind, alert.to = to, "an alert was delivered");
            }
            Outcome::Failed { why, .. } => {
                self.0.failed.fetch_add(1, Ordering::Relaxed);
                let attempt = delivery.attempt;
                tracing::warn!(
                    alert.id = id,
                    kind,
                    alert.to = to,
                    attempt,
                    why,
                    "an alert was not delivered; it is tried again"
                );
            }
            Outcome::GivenUp { why } => {
                self.given_up(1);
                tracing::error!(
                    alert.id = id,
                    kind,
                    alert.to = to,
                    why,
                    "an alert was given up"
                );
            }
        }
    }

    fn given_up(&self, count: u64) {
        self.0.given_up.fetch_add(count, Ordering::Relaxed);
    }
}

// === impl Courier ===

impl<O: Outbox, M: Messenger, C: Clock> Courier<O, M, C> {
    /// One that delivers to these targets only.
    pub fn new(outbox: O, messenger: M, clock: C, targets: Arc<[Target]>) -> Self {
        Self {
            outbox,
            messenger,
            clock,
            targets,
            tally: Tally::default(),
        }
    }

    /// The same, with what becomes of deliveries counted there.
    #[must_use]
    pub fn counting(self, tally: Tally) -> Self {
        Self { tally, ..self }
    }

    /// What has become of deliveries since the start.
    pub fn tally(&self) -> Tally {
        self.tally.clone()
    }

    /// Delivers for ever. `nudge` says that something may be due; `round` is called again and again, at
    /// least once in the longest pause. An outbox that fails is asked again.
    pub async fn run(self, nudge: &Notify, round: impl Fn()) -> Infallible {
        let mut under_way = FuturesUnordered::new();
        let mut is_failing = false;
        loop {
            round();
            let claimed = self.outbox.claim(&self.targets, self.clock.now_ms()).await;
            let pause = if claimed.is_ok() {
                LOOK_EVERY
            } else {
                LOOK_FAILING
            };
            match claimed {
                Ok(claimed) => {
                    is_failing = false;
                    self.tell_given_up(claimed.given_up);
                    // Not more than there are targets: of each, one is claimed at most.
                    under_way.extend(claimed.deliveries.into_iter().map(|one| self.carry(one)));
                }
                Err(failure) => {
                    if !is_failing {
                        let why = failure.reason();
                        tracing::warn!(why, "the outbox of alerts failed; it is asked again");
                    }
                    is_failing = true;
                }
            }
            tokio::select! {
                Some(()) = under_way.next() => {}
                () = nudge.notified() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Delivers what is due now, and what comes after it, until nothing is left that can be delivered at
    /// once.
    ///
    /// # Errors
    /// When the outbox fails.
    pub async fn deliver_due(&self) -> Result<(), Failure> {
        loop {
            let claimed = self
                .outbox
                .claim(&self.targets, self.clock.now_ms())
                .await?;
            self.tell_given_up(claimed.given_up);
            if claimed.deliveries.is_empty() {
                return Ok(());
            }
            let carried = claimed.deliveries.into_iter().map(|one| self.carry(one));
            carried
                .collect::<FuturesUnordered<_>>()
                .collect::<()>()
                .await;
        }
    }

    fn tell_given_up(&self, count: u64) {
        if count > 0 {
            self.tally.given_up(count);
            tracing::error!(count, "alerts were given up, because they were too old");
        }
    }

    /// Brings one delivery, and writes down what came of it. If that fails, it is delivered again when the
    /// claim is over.
    async fn carry(&self, delivery: Delivery) {
        let brought = timeout(ATTEMPT_TIMEOUT, self.messenger.bring(&delivery)).await;
        let brought = brought.unwrap_or_else(|elapsed| {
            let source = elapsed.into();
            Err(Failure::Unknown { source })
        });
        let now_ms = self.clock.now_ms();
        let outcome = match brought {
            Ok(()) => Outcome::Delivered,
            Err(failure) => after_failure(&failure, &delivery, fastrand::f64(), now_ms),
        };
        self.tally.note(&delivery, &outcome);
        let settled = self.outbox.settle(&delivery, &outcome, now_ms).await;
        if let Err(failure) = settled {
            let why = failure.reason();
            tracing::warn!(why, "what came of an alert is not on record");
        }
    }
}

#[cfg(test)]
mod tests;
