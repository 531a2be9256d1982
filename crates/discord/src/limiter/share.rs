//! What a request is for, and how much of a contended limit that is worth.

/// What a request is for. Where requests wait for the limit over all routes, each share gets its
/// part of it; what one leaves unused goes to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// A client waits for it: creations, posts, messages read, who we are, where the gateway is.
    Conversation,
    /// A channel that is no longer needed: its deletion, and the look that proves it.
    Deletion,
    /// Nobody waits for it: the audit log, lists, the guild.
    Upkeep,
}

impl Share {
    /// In the order in which equals are served.
    pub(crate) const ALL: [Self; 3] = [Self::Conversation, Self::Deletion, Self::Upkeep];

    /// Parts of a hundred, while all three wait.
    pub(crate) const fn percent(self) -> u64 {
        match self {
            Self::Conversation => 50,
            Self::Deletion => 40,
            Self::Upkeep => 10,
        }
    }
}
