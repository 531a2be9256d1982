//! The gateway's numbers.

use serde::{Deserialize, Serialize};

/// Heartbeats, resume window and IDENTIFY budget.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// What Hello asks for, in milliseconds (Discord: about 41 to 45 s).
    pub heartbeat_interval_ms: u64,
    /// How long a session may be resumed after its connection ended, in milliseconds. Discord says
    /// "a few minutes" and no more.
    pub resume_window_ms: u64,
    /// How many events are kept for a replay; more and the session cannot be resumed. What a session begins
    /// with fits in any case.
    pub resume_buffer_max: usize,
    /// IDENTIFYs per day (Discord: 1000, then the token is reset).
    pub identifies_per_day: u64,
    /// How long that day is, in milliseconds (Discord: 24 h).
    pub identify_day_ms: u64,
    /// IDENTIFYs per `identify_interval_ms`.
    pub max_concurrency: u64,
    /// The window of `max_concurrency`, in milliseconds. Discord says 5 s; the default has some slack,
    /// because the client counts from when it sends and we from when it arrives. `0`, for tests on
    /// the real clock that start a client again and again, lets every IDENTIFY through.
    pub identify_interval_ms: u64,
    /// What `GET /gateway/bot` recommends.
    pub shards: u64,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            heartbeat_interval_ms: 41_250,
            resume_window_ms: 180_000,
            resume_buffer_max: 5_000,
            identifies_per_day: 1_000,
            identify_day_ms: 86_400_000,
            max_concurrency: 1,
            identify_interval_ms: 4_900,
            shards: 1,
        }
    }
}
