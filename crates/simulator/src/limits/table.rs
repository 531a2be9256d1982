//! The per-route buckets as reported from life. Discord publishes none of these numbers.

/// One bucket's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// The route, as faults and configuration name it.
    pub(super) route: &'static str,
    /// How many within the window.
    pub(super) limit: u32,
    /// The window in milliseconds; it begins with the first request.
    pub(super) window_ms: u64,
    /// What the headers say instead, when they lie.
    pub(super) shown: Option<u32>,
}

const fn rule(route: &'static str, limit: u32, window_ms: u64) -> Rule {
    Rule {
        route,
        limit,
        window_ms,
        shown: None,
    }
}

pub(super) const CREATE_MESSAGE: &str = "POST /channels/{channel_id}/messages";
pub(super) const EDIT_MESSAGE: &str = "PATCH /channels/{channel_id}/messages/{message_id}";
pub(super) const DELETE_MESSAGE: &str = "DELETE /channels/{channel_id}/messages/{message_id}";
pub(super) const CREATE_CHANNEL: &str = "POST /guilds/{guild_id}/channels";
pub(super) const CREATE_THREAD: &str = "POST /channels/{channel_id}/threads";
pub(super) const CREATE_MESSAGE_THREAD: &str =
    "POST /channels/{channel_id}/messages/{message_id}/threads";
pub(super) const MODIFY_CHANNEL: &str = "PATCH /channels/{channel_id}";

/// The bucket of deletes of messages between 10 s and 14 days old (Discord: I#8330).
pub(super) const DELETE_OLDER: Rule = rule("DELETE message, older", 3, 333);

/// The bucket of deletes of messages older than 14 days.
pub(super) const DELETE_ANCIENT: Rule = rule("DELETE message, ancient", 30, 4_000);

/// Routes that are not here have no headers and count for the global limit only: channel creation
/// and deletion, guild, guild channels, roles.
pub(super) const RULES: &[Rule] = &[
    rule(CREATE_MESSAGE, 5, 5_000),
    rule(EDIT_MESSAGE, 5, 4_500),
    Rule {
        shown: Some(1_000),
        ..rule("GET /channels/{channel_id}/messages", 5, 5_000)
    },
    rule("GET /channels/{channel_id}/messages/{message_id}", 5, 5_000),
    rule(DELETE_MESSAGE, 5, 1_000),
    rule("POST /channels/{channel_id}/messages/bulk-delete", 1, 3_000),
    rule("POST /channels/{channel_id}/typing", 5, 5_000),
    rule("GET /channels/{channel_id}", 1_000, 1_000),
    rule(MODIFY_CHANNEL, 5, 15_000),
    rule(
        "PUT /channels/{channel_id}/permissions/{overwrite_id}",
        10,
        15_000,
    ),
    rule(
        "DELETE /channels/{channel_id}/permissions/{overwrite_id}",
        10,
        15_000,
    ),
    rule("PUT /channels/{channel_id}/thread-members/@me", 5, 5_000),
    rule("DELETE /channels/{channel_id}/thread-members/@me", 5, 5_000),
    rule(
        "PUT /channels/{channel_id}/thread-members/{user_id}",
        5,
        5_000,
    ),
    rule(
        "DELETE /channels/{channel_id}/thread-members/{user_id}",
        5,
        5_000,
    ),
    rule("POST /guilds/{guild_id}/roles", 250, 172_800_000),
    rule("GET /guilds/{guild_id}/members", 10, 10_000),
    rule("GET /guilds/{guild_id}/members/search", 10, 10_000),
    rule("GET /guilds/{guild_id}/members/{user_id}", 5, 1_000),
    rule("GET /gateway/bot", 2, 5_000),
    rule("POST /webhooks/{webhook_id}/{webhook_token}", 5, 2_000),
    rule(
        "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}",
        5,
        2_000,
    ),
    rule(
        "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}",
        5,
        2_000,
    ),
];
