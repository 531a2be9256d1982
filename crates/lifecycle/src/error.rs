//! What can go wrong, sorted by what it means.

use std::time::Duration;

use crate::{RegistryError, Source};

/// Why no channel was opened, sorted by what the caller may do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Not now: try again later.
    #[error("discord does not give us a channel at the moment")]
    NotDone {
        /// How long Discord asked to wait, when it did.
        wait: Option<Duration>,
        /// What the last attempt came to.
        source: Source,
    },
    /// There is no room for another channel, and none was made by the deadline.
    #[error("no room for another channel")]
    Full {
        /// When there may be some: as far as deletions are due, otherwise a guess.
        wait: Duration,
    },
    /// The opening's deadline has passed.
    #[error("no channel by the deadline")]
    Deadline,
    /// Discord refuses for a reason that only an operator can remove.
    #[error("discord refuses to give us a channel")]
    Never {
        /// What Discord said.
        source: Source,
    },
    /// The driver has ended: the process is shutting down.
    #[error("no more channels are opened")]
    Closed,
}

/// Why a [`crate::Driver`] cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// The registry cannot be trusted any more. Start a new process: it goes on from what is on
    /// record.
    #[error("the record of channels cannot be kept")]
    Registry(#[from] RegistryError),
    /// The takeover of what a former life left was begun and not finished. Start a new driver.
    #[error("what a former life left was taken over in part only")]
    HalfRecovered,
}
