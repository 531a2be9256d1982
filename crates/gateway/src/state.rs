//! How the connection to Discord's gateway stands.

use std::fmt;

use tokio::time::Instant;

use crate::{Cause, Fatal, Trouble};

/// How the connection stands.
///
/// ```text
/// Connecting ──► Ready ──► Resuming ──► Ready      a drop that loses nothing
///     │            └─────► Connecting ─► Ready     a new session: every subscriber gets a Lapse
///     └─────► Degraded ──► Ready                   an attempt failed; tried again, for ever
/// any ──► Fatal | Stopped
/// ```
///
/// That events may have been lost is no state: it is over as soon as it is known. It stands beside the
/// state, in [`Status::last_lapse`](crate::Status::last_lapse).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum State {
    /// The first attempt to get a new session.
    Connecting {
        /// Since when there is no session.
        since: Instant,
        /// Why there is none.
        why: Cause,
    },
    /// Connected; events flow, and every guild that is available has been announced.
    Ready {
        /// Since when.
        since: Instant,
    },
    /// The connection was lost; the first attempt to go on where it stopped. Nothing is lost yet.
    Resuming {
        /// Since when there is no connection.
        since: Instant,
        /// Why there is none.
        why: Cause,
    },
    /// Attempts fail. They go on, with growing pauses; nobody has to act, but somebody may want to
    /// know.
    Degraded {
        /// Since when no events flow.
        since: Instant,
        /// What became of the last attempt.
        why: Trouble,
        /// Failed attempts since then.
        attempts: u32,
    },
    /// Given up: an operator must act.
    Fatal {
        /// Since when.
        since: Instant,
        /// What an operator must change.
        why: Fatal,
    },
    /// Stopped on request.
    Stopped {
        /// Since when.
        since: Instant,
    },
}

// === impl State ===

impl State {
    /// The names of all states.
    pub const NAMES: [&'static str; 6] = [
        "connecting",
        "ready",
        "resuming",
        "degraded",
        "fatal",
        "stopped",
    ];

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connecting { .. } => "connecting",
            Self::Ready { .. } => "ready",
            Self::Resuming { .. } => "resuming",
            Self::Degraded { .. } => "degraded",
            Self::Fatal { .. } => "fatal",
            Self::Stopped { .. } => "stopped",
        }
    }

    /// Whether events flow.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    /// Whether it is over: no event will come any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Fatal { .. } | Self::Stopped { .. })
    }

    /// Since when it stands so.
    #[must_use]
    pub const fn since(&self) -> Instant {
        match self {
            Self::Connecting { since, .. }
            | Self::Ready { since }
            | Self::Resuming { since, .. }
            | Self::Degraded { since, .. }
            | Self::Fatal { since, .. }
            | Self::Stopped { since } => *since,
        }
    }

    /// Why it stands so, to be shown in one line; `None` when all is well, or when it was asked for.
    #[must_use]
    pub fn why(&self) -> Option<&dyn fmt::Display> {
        match self {
            Self::Connecting { why, .. } | Self::Resuming { why, .. } => Some(why),
            Self::Degraded { why, .. } => Some(why),
            Self::Fatal { why, .. } => Some(why),
            Self::Ready { .. } | Self::Stopped { .. } => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fatal { why, .. } => return write!(formatter, "gave up: {why}"),
            Self::Stopped { .. } => return formatter.write_str("stopped"),
            _ => {}
        }
        let seconds = self.since().elapsed().as_secs();
        write!(formatter, "{} for {seconds} s", self.name())?;
        match self {
            Self::Connecting { why, .. } | Self::Resuming { why, .. } => {
                write!(formatter, ", because {why}")
            }
            Self::Degraded { why, attempts, .. } => write!(
                formatter,
                ", {attempts} attempts failed, the last because {why}"
            ),
            _ => Ok(()),
        }
    }
}
