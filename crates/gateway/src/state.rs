//! How the connection to Discord's gateway stands.

use std::{fmt, time::Duration};

use tokio::time::Instant;

use crate::Fatal;

/// How the connection stands.
///
/// ```text
/// Connecting ──► Ready ──► Resuming ──► Ready      a drop that loses nothing
///     │            └─────► Connecting ─► Ready     a new session: every subscriber gets a Lapse
///     └─────► Degraded ──► Ready                   an attempt failed; tried again, for ever
/// any ──► Fatal | Stopped
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum State {
    /// The first attempt to get a new session.
    Connecting {
        /// Since when there is no session.
        since: Instant,
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
    Fatal(Fatal),
    /// Stopped on request.
    Stopped,
}

impl State {
    /// Whether events flow.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    /// Whether it is over: no event will come any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Fatal(_) | Self::Stopped)
    }

    /// Since when it stands so; `None` when it is over.
    #[must_use]
    pub fn since(&self) -> Option<Instant> {
        match self {
            Self::Connecting { since }
            | Self::Ready { since }
            | Self::Resuming { since }
            | Self::Degraded { since, .. } => Some(*since),
            Self::Fatal(_) | Self::Stopped => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Connecting { .. } => "connecting",
            Self::Ready { .. } => "ready",
            Self::Resuming { .. } => "resuming",
            Self::Degraded { .. } => "degraded",
            Self::Fatal(fatal) => return write!(formatter, "gave up: {fatal}"),
            Self::Stopped => return formatter.write_str("stopped"),
        };
        let seconds = self.since().map_or(0, |since| since.elapsed().as_secs());
        write!(formatter, "{word} for {seconds} s")?;
        if let Self::Degraded { why, attempts, .. } = self {
            write!(
                formatter,
                ", {attempts} attempts failed, the last because {why}"
            )?;
        }
        Ok(())
    }
}

/// Why a connection ended or was not made. All of these are tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// `GET /gateway/bot` was not answered.
    #[error("discord does not say where its gateway is: {0}")]
    Directory(String),
    /// The address that Discord gave cannot be used.
    #[error("discord gave an address that cannot be used: {0}")]
    Address(#[from] crate::UrlError),
    /// Nearly no IDENTIFY is left for today; connecting is put off.
    #[error("only {left} sessions may still be started; waiting for the budget to be refilled")]
    IdentifyBudget {
        /// How many are left.
        left: u32,
    },
    /// No connection: refused, no such host, TLS, or an HTTP error instead of the upgrade.
    #[error("the gateway cannot be reached: {0}")]
    Unreachable(String),
    /// The peer did not do in time what it has to do.
    #[error("the gateway was silent: no {awaited} within {within:?}")]
    Silent {
        /// What did not come.
        awaited: &'static str,
        /// How long it was awaited.
        within: Duration,
    },
    /// The connection ended without a word.
    #[error("the connection was dropped")]
    Dropped,
    /// Discord closed the connection (Discord: topics/opcodes-and-status-codes#gateway).
    #[error("discord closed the connection with code {0}")]
    Closed(u16),
    /// What was done in a guild was not told of, although heartbeats were answered
    /// ([`Hub::expect`](crate::Hub::expect)).
    #[error("the gateway answers and tells nothing")]
    Deaf,
    /// Discord asked for a new connection (opcode 7). The ordinary course of things.
    #[error("discord asked to connect again")]
    Reconnect,
    /// Discord no longer knows the session (opcode 9).
    #[error("discord ended the session")]
    SessionInvalid,
    /// The stream of compressed data broke.
    #[error("the compressed stream is broken")]
    Corrupt,
}

/// A look at the gateway, for health pages and logs.
#[derive(Clone, Debug)]
pub struct Health {
    /// How the connection stands.
    pub state: State,
    /// How long ago the last frame came, heartbeat acknowledgements included.
    pub last_frame_age: Option<Duration>,
    /// How long ago the last event came.
    pub last_event_age: Option<Duration>,
    /// Frames that could not be read, so far. Each was a lapse, and none ended the connection.
    pub undecodable: u64,
    /// How long the last heartbeat took; `None` until the first one of a connection was answered.
    pub latency: Option<Duration>,
}
