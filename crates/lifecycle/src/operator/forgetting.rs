//! Debts that an operator wants nobody to care for any more.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::{AttemptId, Clock, Event, Registry, RegistryError, Stage, core::Core, reaper::Debt};

/// Why a debt was not forgotten.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForgetError {
    /// There is no such row.
    #[error("no channel with the attempt {attempt} is on record")]
    Missing {
        /// The attempt that was named.
        attempt: AttemptId,
    },
    /// It is no debt that only an operator can settle: it is in use, being deleted, or settled.
    #[error(
        "it is {stage}: only what is parked, quarantined or abandoned can be forgotten; the rest is \
         dealt with, or settled"
    )]
    NoDebt {
        /// The name of its stage.
        stage: &'static str,
    },
    /// Its deletion is being tried at this moment. Try again.
    #[error("its deletion is being tried at this moment; try again in a minute")]
    Busy,
    /// The driver has ended.
    #[error("the lifecycle has ended")]
    Closed,
}

/// A parked channel that an operator wants nobody to care for, on its way to the reaper, who holds it.
#[derive(Debug)]
pub(crate) struct Forgettable {
    pub(crate) attempt: AttemptId,
    answer: oneshot::Sender<Result<Stage, ForgetError>>,
}

/// Takes a debt off the books: what it is about stays as it is.
pub(super) async fn forget<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    attempt: AttemptId,
    answer: oneshot::Sender<Result<Stage, ForgetError>>,
) -> Result<(), RegistryError> {
    let row = match core.step(attempt, Event::Claimed, Duration::ZERO).await {
        Ok(claimed) => claimed.row,
        Err(RegistryError::Missing { attempt }) => {
            drop(answer.send(Err(ForgetError::Missing { attempt })));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let stage = match row.stage {
        Stage::Quarantined(_) | Stage::Abandoned => record(core, attempt).await,
        Stage::Parked(_) => {
            core.forgettable.put(Forgettable { attempt, answer });
            return Ok(());
        }
        stage => {
            let stage = stage.name();
            drop(answer.send(Err(ForgetError::NoDebt { stage })));
            return Ok(());
        }
    };
    // It may have come to something else in between.
    let told = match stage {
        Err(RegistryError::Illegal { row, .. }) => Err(ForgetError::NoDebt {
            stage: row.stage.name(),
        }),
        stage => Ok(stage?),
    };
    drop(answer.send(told));
    Ok(())
}

async fn record<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    attempt: AttemptId,
) -> Result<Stage, RegistryError> {
    let why = Some("an operator has forgotten it".to_owned());
    let event = Event::Forgotten;
    let forgotten = core.step_with(attempt, event, Duration::ZERO, 0, why).await;
    let stage = forgotten?.row.stage;
    tracing::warn!(%attempt, stage = stage.name(), "an operator has forgotten a debt");
    Ok(stage)
}

// === impl Forgettable ===

impl Forgettable {
    /// Forgets the debt that the reaper has given up, if it had it.
    pub(crate) async fn serve<A, R: Registry, C: Clock>(
        self,
        core: &Core<A, R, C>,
        debt: Option<Debt>,
    ) -> Result<(), RegistryError> {
        let told = match debt {
            Some(_) => Ok(record(core, self.attempt).await?),
            None => Err(ForgetError::Busy),
        };
        drop(self.answer.send(told));
        Ok(())
    }
}
