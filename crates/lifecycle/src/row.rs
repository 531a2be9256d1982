//! One line of the registry.

use twilight_model::id::{Id, marker::GuildMarker};

use crate::{AttemptId, Stage};

/// What the registry holds of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The attempt: the row's key.
    pub attempt: AttemptId,
    /// The request it serves, for people who search.
    pub request_id: String,
    /// The guild the channel is in.
    pub guild_id: Id<GuildMarker>,
    /// Where it stands.
    pub stage: Stage,
    /// No channel of this attempt is older: Discord's time when it was planned, in milliseconds
    /// since 1970, as far as it was known then.
    pub not_before_ms: u64,
    /// When the channel is condemned whoever holds it, in milliseconds since 1970.
    pub deadline_at_ms: u64,
    /// When something is to be done about it, in milliseconds since 1970.
    pub next_at_ms: u64,
    /// What was tried in vain at this stage.
    pub tries: u32,
}
