//! Why a read failed, sorted by what the caller may do next.

use std::{error::Error, time::Duration};

/// Why a read of Discord's history failed. Reads are safe to repeat, so there is no `Unknown`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Not answered this time. Try again after `wait` (or after a back-off of the caller's).
    #[error("discord did not answer")]
    NotDone {
        /// How long Discord asked to wait, when it did.
        wait: Option<Duration>,
        /// What was observed.
        source: Box<dyn Error + Send + Sync>,
    },
    /// There is no such channel (10003), or there was none for a moment: the API is eventually
    /// consistent (Discord: reference#consistency).
    #[error("there is no such channel")]
    Gone {
        /// What was observed.
        source: Box<dyn Error + Send + Sync>,
    },
    /// No retry can help as things stand: it is not ours to read.
    #[error("discord will not answer")]
    Never {
        /// What was observed.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// A payload that is no message, or no channel: no object, or one without a readable `id`.
#[derive(Debug, thiserror::Error)]
#[error("not what it should be")]
#[non_exhaustive]
pub struct Unreadable {
    /// What was expected.
    #[from]
    source: serde_json::Error,
}
