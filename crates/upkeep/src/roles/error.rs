//! Why something failed, sorted by what the caller may do.

use std::{error::Error, time::Duration};

/// The cause below a failure.
pub type Source = Box<dyn Error + Send + Sync>;

/// Why a call to Discord failed, sorted by what the caller may do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Discord did not act. Try again after `wait`, or after a back-off of the caller's.
    #[error("discord did not act")]
    NotDone {
        /// How long Discord asked to wait, when it did.
        wait: Option<Duration>,
        /// What was observed.
        source: Source,
    },
    /// The answer was lost, so Discord may have acted. Look before you repeat it.
    #[error("discord may have acted")]
    Unknown {
        /// What was observed.
        source: Source,
    },
    /// No retry can help. An operator must act.
    #[error("discord will not act")]
    Never {
        /// What was observed.
        source: Source,
    },
}

/// The record of removals failed: nothing may be asked of Discord without it.
#[derive(Debug, thiserror::Error)]
#[error("the record of removals failed")]
#[non_exhaustive]
pub struct JournalError {
    /// What failed.
    #[from]
    pub source: Source,
}

/// Why a removal stopped, sorted by what helps. What was done by then is on record, and
/// [`Removal::resume`](super::Removal::resume) goes on with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemovalError {
    /// Somebody else removes roles in this guild: wait until they are done.
    #[error("another process is removing roles in this guild")]
    Busy,
    /// Our time had passed, because this machine slept, and somebody else has taken over.
    #[error("another process has taken over, because this one was silent for too long")]
    Taken,
    /// Discord cannot be reached, or keeps us waiting; it may be reached later.
    #[error("discord does not answer")]
    Unreachable {
        /// The last failure.
        source: Source,
    },
    /// Discord refuses us in this guild altogether.
    #[error("discord refuses us in this guild")]
    Refused {
        /// What it said.
        source: Source,
    },
    /// Our bot has lost *Manage Roles*, or never had it: no other role would fare better.
    #[error("the bot lacks the permission Manage Roles: grant it to one of its roles")]
    MissingPermission,
    /// The record failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

// === impl Failure ===

impl Failure {
    /// What it means for a whole removal.
    pub(super) fn stops(self) -> RemovalError {
        match self {
            Self::NotDone { source, .. } | Self::Unknown { source } => {
                RemovalError::Unreachable { source }
            }
            Self::Never { source } => RemovalError::Refused { source },
        }
    }
}
