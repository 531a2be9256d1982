//! Why a call to Discord failed, sorted by what the caller may do next.

use std::{error::Error, fmt, time::Duration};

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
    /// Discord did not act, because this place is full. Make room, or go elsewhere.
    #[error("discord has no room: {room}")]
    NoRoom {
        /// What is full.
        room: Room,
        /// What Discord said.
        source: Source,
    },
    /// Discord did not act, because the name holds something that it does not allow. The same may be
    /// asked for again under another name.
    #[error("discord does not allow the name")]
    NameRefused {
        /// What Discord said.
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

/// What can be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The guild holds 500 channels (code 30013).
    Guild,
    /// The category holds 50 channels (`CHANNEL_PARENT_MAX_CHANNELS`).
    Category,
    /// The guild holds all the active threads it may (code 160006).
    Threads,
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guild => "the guild is full",
            Self::Category => "the category is full",
            Self::Threads => "no more active threads",
        })
    }
}
