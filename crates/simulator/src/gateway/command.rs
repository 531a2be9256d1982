//! What a test may do to the gateway.

use serde::{Deserialize, Serialize};

/// An act upon every connection that is open now, the body of `POST /__sim/gateway`.
///
/// ```
/// # use cordboard_simulator::GatewayCommand;
/// let command: GatewayCommand = serde_json::from_str(r#"{"action":"close","code":4008}"#).unwrap();
/// assert_eq!(command, GatewayCommand::Close { code: 4008 });
/// let command: GatewayCommand = serde_json::from_str(r#"{"action":"silence"}"#).unwrap();
/// assert_eq!(command, GatewayCommand::Silence { seconds: 60.0 });
/// ```
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum GatewayCommand {
    /// Ends the TCP stream without a close frame. Sessions stay resumable.
    Drop,
    /// Sends a close frame.
    Close {
        /// The close code; 4000 unless given.
        #[serde(default = "unknown_error")]
        code: u16,
    },
    /// Sends op 9. Unless `resumable`, every session is gone, also one without a connection.
    Invalidate {
        /// What `d` says.
        #[serde(default)]
        resumable: bool,
    },
    /// Sends op 7: the client is to reconnect and resume.
    Reconnect,
    /// Asks for a heartbeat (op 1).
    Heartbeat,
    /// Says nothing for a while: no events, no acknowledgements, no answers, but the connection
    /// stays open. Events of that time wait in the replay buffer.
    Silence {
        /// How long, in seconds; a minute unless given.
        #[serde(default = "a_minute")]
        seconds: f64,
    },
    /// Hands out no event for a while, but acknowledges heartbeats and answers all else: a connection
    /// that is alive and tells nothing. Events of that time wait in the replay buffer.
    Withhold {
        /// How long, in seconds; a minute unless given.
        #[serde(default = "a_minute")]
        seconds: f64,
    },
    /// Refuses new connections for a while; the open ones go on.
    Refuse {
        /// How long, in seconds; a minute unless given.
        #[serde(default = "a_minute")]
        seconds: f64,
    },
}

// === impl GatewayCommand ===

impl GatewayCommand {
    /// The names of all commands.
    pub const NAMES: [&'static str; 8] = [
        "drop",
        "close",
        "invalidate",
        "reconnect",
        "heartbeat",
        "silence",
        "withhold",
        "refuse",
    ];

    /// Its name, as `action` in JSON and in [`Counters::struck`](crate::Counters::struck).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Close { .. } => "close",
            Self::Invalidate { .. } => "invalidate",
            Self::Reconnect => "reconnect",
            Self::Heartbeat => "heartbeat",
            Self::Silence { .. } => "silence",
            Self::Withhold { .. } => "withhold",
            Self::Refuse { .. } => "refuse",
        }
    }
}

/// 4000, the code that says nothing.
fn unknown_error() -> u16 {
    4000
}

/// Longer than a heartbeat interval, shorter than the resume window.
fn a_minute() -> f64 {
    60.0
}
