//! Which rate limits are on, and their numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Rate limits. The numbers are those reported from life; Discord publishes none of the routes'.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each switch stands alone")]
pub struct LimitsConfig {
    /// Whether any of this applies. Off by default: load tests measure the proxy, not the limits.
    pub enabled: bool,
    /// Per-route buckets with their headers.
    pub buckets: bool,
    /// The limits that Discord does not announce: name and topic changes, channels per day, edits
    /// of old messages, webhooks per minute.
    pub hidden: bool,
    /// GET messages announces 1000 and means 5 (Discord: I#8161, February 2026).
    pub lying_headers: bool,
    /// Requests per bot over all routes (Discord: 50 per second).
    pub global: WindowLimit,
    /// Name changes, and apart from them topic changes, per channel (Discord: 2 per 10 minutes).
    pub channel_renames: WindowLimit,
    /// Channels created per bot and guild (Discord: 500 per day, unconfirmed).
    pub channel_creations: WindowLimit,
    /// Threads created per guild, by anybody: scope `shared` (Discord: about 50 per 300 s).
    pub thread_creations: WindowLimit,
    /// Writes per channel by anybody, answered with 20028, scope `shared`. No figure is known.
    pub channel_writes: WindowLimit,
    /// Edits per channel of messages older than an hour, answered with 30046.
    pub old_edits: WindowLimit,
    /// Calls per webhook on top of its own bucket (Discord: 30 per 60 s and channel).
    pub webhook_calls: WindowLimit,
    /// 401, 403 and 429 that are not shared, per 10 minutes; beyond it the ban begins.
    pub invalid: WindowLimit,
    /// How long the Cloudflare ban lasts, in milliseconds. No figure is published.
    pub ban_ms: u64,
    /// Other numbers for single routes, by template: `"POST /channels/{channel_id}/messages"`.
    pub routes: BTreeMap<String, WindowLimit>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            buckets: true,
            hidden: true,
            lying_headers: false,
            global: WindowLimit::new(50, 1_000),
            channel_renames: WindowLimit::new(2, 600_000),
            channel_creations: WindowLimit::new(500, 86_400_000),
            thread_creations: WindowLimit::new(50, 300_000),
            channel_writes: WindowLimit::new(20, 5_000),
            old_edits: WindowLimit::new(3, 6_000),
            webhook_calls: WindowLimit::new(30, 60_000),
            invalid: WindowLimit::new(10_000, 600_000),
            ban_ms: 3_600_000,
            routes: BTreeMap::new(),
        }
    }
}

/// So many within a window that begins with the first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WindowLimit {
    /// How many; `0` switches this limit off.
    pub limit: u32,
    /// Within how many milliseconds.
    pub window_ms: u64,
}

impl WindowLimit {
    /// `limit` within `window_ms` milliseconds.
    #[must_use]
    pub const fn new(limit: u32, window_ms: u64) -> Self {
        Self { limit, window_ms }
    }
}
