//! What the gateway asks of Discord's REST API: where to connect, and how often it still may.

use std::{error::Error, time::Duration};

/// Discord's answer to `GET /gateway/bot` (Discord: events/gateway#get-gateway-bot).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where to connect, such as `wss://gateway.discord.gg`.
    pub url: String,
    /// `session_start_limit.remaining`: IDENTIFYs left. Discord resets the token of a bot that
    /// goes on when there are none.
    pub identifies_left: u32,
    /// `session_start_limit.reset_after`: when there will be more.
    pub identifies_reset_after: Duration,
    /// `session_start_limit.max_concurrency`: how many shards may IDENTIFY within five seconds.
    pub max_concurrency: u32,
    /// How many shards Discord recommends.
    pub shards: u32,
}

/// Why the directory gave no answer, sorted by what can be done about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Not answered this time, for whatever reason: unreachable, overloaded, rate limited, a 4xx
    /// of a proxy on the way. Asked again, for ever.
    #[error("discord did not say where its gateway is")]
    NotDone {
        /// How long Discord asked to wait, when it did.
        wait: Option<Duration>,
        /// What was observed.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Discord refused the token (401 and nothing else). The gateway stops.
    #[error("discord refused the token")]
    Never {
        /// What was observed.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Knows where Discord's gateway is.
pub trait GatewayDirectory: Send + Sync + 'static {
    /// Asks `GET /gateway/bot`. Asked before every IDENTIFY, so the answer must be fresh.
    fn gateway(&self) -> impl Future<Output = Result<Endpoint, Failure>> + Send;
}
