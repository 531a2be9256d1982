//! What goes wrong between us and Discord's gateway, and passes.

use std::time::Duration;

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
