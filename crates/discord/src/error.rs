//! Errors of this crate's own calls, sorted by what the caller may do next.

use std::time::Duration;

use crate::Trouble;

/// Why a call that is not part of an engine's port failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscordError {
    /// A setting cannot be used as it is. `key` is the field of [`crate::Settings`].
    #[error("{key} {problem}")]
    Settings {
        /// The field.
        key: &'static str,
        /// What is wrong with it, to be read after the key.
        problem: &'static str,
    },
    /// Not answered this time. Try again after `wait` (or after a back-off of the caller's).
    #[error("discord did not answer")]
    NotDone {
        /// How long Discord asked to wait, when it did.
        wait: Option<Duration>,
        /// What was observed.
        source: Trouble,
    },
    /// No retry can help as things stand. An operator must act.
    #[error("discord will not answer")]
    Never {
        /// What was observed.
        source: Trouble,
    },
}
