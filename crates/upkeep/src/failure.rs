//! Why a call failed, sorted by what the caller may do next.

use std::{error::Error, time::Duration};

/// The cause below a [`Failure`], kept for logs and error chains.
pub type Source = Box<dyn Error + Send + Sync>;

/// Why a call failed, sorted by what the caller may do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Nothing was done. Try again after `wait` (or after a back-off of the caller's).
    #[error("it was not done")]
    NotDone {
        /// How long to wait, where that was told.
        wait: Option<Duration>,
        /// What was observed.
        source: Source,
    },
    /// The answer was lost, so it may have been done, or may be done later. Look before you retry.
    #[error("it may have been done")]
    Unknown {
        /// What was observed.
        source: Source,
    },
    /// No retry can help as things stand. An operator must act.
    #[error("it will not be done")]
    Never {
        /// What was observed.
        source: Source,
    },
}

// === impl Failure ===

impl Failure {
    /// What was observed, in one line.
    #[must_use]
    pub fn reason(&self) -> String {
        let (Self::NotDone { source, .. } | Self::Unknown { source } | Self::Never { source }) =
            self;
        let mut text = source.to_string();
        let mut cause = source.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}
