//! Why a question was not asked, and why a reply did not come to its end.

use std::{error::Error, time::Duration};

use cordboard_lifecycle::OpenError;
use tokio::time::Instant;

/// The cause below an error, kept for logs and error chains.
pub type Source = Box<dyn Error + Send + Sync>;

/// Why a question was not put to a bot, sorted by what the caller may do. Whatever was opened for
/// it has been released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// No bot serves this model: ask for another.
    #[error("no bot serves the model {model:?}")]
    UnknownModel {
        /// The model as it was asked for.
        model: String,
    },
    /// There is nothing to ask: no text and no file.
    #[error("there is nothing to ask")]
    Empty,
    /// More than a bot can be asked at once: ask for less.
    #[error("{what} has {size}, and at most {max} fit")]
    TooLong {
        /// What is too long, with its unit, such as `the prompt, in bytes,`.
        what: &'static str,
        /// How much it is.
        size: usize,
        /// How much it may be.
        max: usize,
    },
    /// Too many conversations at this time: ask again after the wait.
    #[error("too many conversations at this time")]
    Busy {
        /// A guess at when it may be better.
        retry_after: Duration,
    },
    /// Discord did not do its part this time: ask again after the wait.
    #[error("discord is not available at this time")]
    Unavailable {
        /// How long Discord asked to wait, when it did.
        retry_after: Option<Duration>,
        /// What was observed.
        source: Source,
    },
    /// The request's deadline passed before anything of the question was put.
    #[error("the deadline passed before the question was put")]
    Deadline,
    /// Something of the question may be with the bot, and nobody hears what it answers: only a
    /// person should ask again, since that may ask twice.
    #[error("the question may have been put in part")]
    HalfAsked {
        /// Whether the request's deadline was the reason.
        overdue: bool,
        /// What was observed.
        source: Source,
    },
    /// Discord refused, and will again until an operator acts.
    #[error("discord refused, and an operator must act")]
    Refused {
        /// What was observed.
        source: Source,
    },
    /// No new work is taken: this process is going away.
    #[error("no new conversations are taken")]
    Closed,
}

/// Why a reply did not come to its end. `given`: whether text had been handed out before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The request's deadline passed in the middle of the reply.
    #[error("the deadline passed before the reply was complete")]
    Deadline {
        /// Whether text had been handed out.
        given: bool,
    },
    /// The bot never answered.
    #[error("the bot did not answer")]
    Silent,
    /// The bot began to answer and then stopped without a sign of having finished.
    #[error("the bot stopped in the middle of its reply")]
    Stalled {
        /// Whether text had been handed out.
        given: bool,
    },
    /// The channel was deleted by somebody else.
    #[error("the channel was deleted during the reply")]
    ChannelGone {
        /// Whether text had been handed out.
        given: bool,
    },
    /// The bot, or a moderator, deleted the reply.
    #[error("the reply was deleted")]
    MessageDeleted {
        /// Whether text had been handed out.
        given: bool,
    },
    /// The bot said that it has reached its limit. No text was handed out.
    #[error("the bot has reached its limit")]
    Limited {
        /// What the bot said.
        message: String,
    },
    /// Events may have been missed, and Discord refuses to show the channel. While it only cannot be reached,
    /// the reply waits for it until the deadline.
    #[error("part of the reply could not be read")]
    Lost {
        /// Whether text had been handed out.
        given: bool,
        /// What was observed.
        source: Source,
    },
}

// === impl AskError ===

impl AskError {
    /// Why there is no channel, for a request with this deadline.
    pub(crate) fn no_channel(error: OpenError, deadline: Instant) -> Self {
        match error {
            OpenError::NotDone { wait, source } => Self::Unavailable {
                retry_after: wait,
                source,
            },
            OpenError::Full { wait } => Self::Unavailable {
                retry_after: Some(wait),
                source: error.into(),
            },
            OpenError::Deadline if deadline <= Instant::now() => Self::Deadline,
            OpenError::Never { source } => Self::Refused { source },
            OpenError::Closed => Self::Closed,
            // Creating has a bound of its own, and Discord did not do it within.
            error => Self::Unavailable {
                retry_after: None,
                source: error.into(),
            },
        }
    }
}

// === impl ReplyError ===

impl ReplyError {
    /// Whether text had been handed out before the error.
    #[must_use]
    pub const fn text_given(&self) -> bool {
        match self {
            Self::Deadline { given }
            | Self::Stalled { given }
            | Self::ChannelGone { given }
            | Self::MessageDeleted { given }
            | Self::Lost { given, .. } => *given,
            Self::Silent | Self::Limited { .. } => false,
        }
    }
}
