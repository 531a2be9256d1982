//! Why a call to Discord failed, sorted by what the caller may do next.

use std::{error::Error, time::Duration};

/// The cause below a [`Failure`], kept for logs and error chains.
pub type Source = Box<dyn Error + Send + Sync>;

/// Why a call failed, sorted by what the caller may do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Discord did not act. Try again after `wait` (or after a back-off of the caller's).
    #[error("discord did not act")]
    NotDone {
        /// How long Discord asked to wait, when it did.
        wait: Option<Duration>,
        /// What was observed.
        source: Source,
    },
    /// The answer was lost, so Discord may have acted, or may act later. Look before you retry.
    #[error("discord may have acted")]
    Unknown {
        /// What was observed.
        source: Source,
    },
    /// No retry can help as things stand. An operator must act.
    #[error("discord will not act")]
    Never {
        /// What was observed.
        source: Source,
    },
}
