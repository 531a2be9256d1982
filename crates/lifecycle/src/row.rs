//! One line of the registry.

use twilight_model::id::{Id, marker::GuildMarker};

use crate::{AttemptId, Owner, Stage};

/// What kind of channel an attempt creates. There is no other that may ever be deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A text channel of the guild (type 0).
    #[default]
    Text,
    /// A thread in a text channel (types 11 and 12).
    Thread,
}

/// What the registry holds of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The attempt: the row's key.
    pub attempt: AttemptId,
    /// The request it serves, for people who search.
    pub request_id: String,
    /// The guild the channel is in.
    pub guild_id: Id<GuildMarker>,
    /// What is created.
    pub kind: Kind,
    /// Who works on it.
    pub owner: Owner,
    /// Where it stands.
    pub stage: Stage,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// No channel of this attempt is older: Discord's time when it was planned, in milliseconds
    /// since 1970, as far as it was known then.
    pub not_before_ms: u64,
    /// When the channel is condemned whoever holds it, in milliseconds since 1970.
    pub deadline_at_ms: u64,
    /// When something is to be done about it, in milliseconds since 1970.
    pub next_at_ms: u64,
    /// What was tried in vain at this stage.
    pub tries: u32,
    /// Why it does not get any further, for people.
    pub reason: Option<String>,
}

// === impl Kind ===

impl Kind {
    /// The kind's name in stores and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Thread => "thread",
        }
    }

    /// The kind with this name, as a store wrote it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Text, Self::Thread]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}
