//! The part of the driver that does what an operator says.

mod adoption;
mod forgetting;

use std::convert::Infallible;

use tokio::sync::{mpsc, oneshot};

pub(crate) use self::forgetting::Forgettable;
pub use self::{
    adoption::{Adoption, AdoptionError, NotAdopted},
    forgetting::ForgetError,
};
use crate::{AttemptId, ChannelApi, Clock, GuildApi, Registry, RegistryError, Stage, core::Core};

/// What an operator says.
#[derive(Debug)]
pub(crate) enum Instruction {
    /// These channels are to be deleted, although nothing proves them ours.
    Adopt(
        Adoption,
        oneshot::Sender<Result<Vec<NotAdopted>, AdoptionError>>,
    ),
    /// Nobody is to care for this debt any more.
    Forget(AttemptId, oneshot::Sender<Result<Stage, ForgetError>>),
    /// The guild is to be looked at now, and all that failed to be tried again, whosever it was.
    Sweep,
}

/// Does what operators say, one thing after the other, until the registry fails.
pub(crate) async fn run<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    instructions: &mut mpsc::Receiver<Instruction>,
) -> Result<Infallible, RegistryError> {
    while let Some(instruction) = instructions.recv().await {
        match instruction {
            // Who has asked may have left; what was done is on record.
            Instruction::Adopt(adoption, answer) => {
                // Seldom done, and large: it is not to make the driver larger.
                let adopted = Box::pin(adoption::adopt(core, &adoption)).await?;
                drop(answer.send(adopted));
            }
            Instruction::Forget(attempt, answer) => {
                Box::pin(forgetting::forget(core, attempt, answer)).await?;
            }
            Instruction::Sweep => {
                core.switches.reach.widen();
                core.sweep_ordered.notify_one();
                core.released.notify_one();
            }
        }
    }
    // Nobody can say anything any more.
    std::future::pending().await
}
