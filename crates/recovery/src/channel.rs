//! What is on record of a channel.

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker},
};

/// A watched channel or thread, as it is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// The channel.
    pub id: Id<ChannelMarker>,
    /// Its guild.
    pub guild_id: Id<GuildMarker>,
    /// Its category, or the channel a thread is in.
    pub parent_id: Option<Id<ChannelMarker>>,
    /// Whether it is a thread.
    pub is_thread: bool,
    /// Whether it is a forum: it holds no messages of its own, and is on record for its posts, which are threads.
    pub is_forum: bool,
    /// The last message of which nothing needs to be read although it is not on record: where watching
    /// began, or one that turned out to be deleted.
    pub settled_id: Option<Id<MessageMarker>>,
    /// Up to when it has been read again to see whether Discord left an event out, in milliseconds
    /// since 1970, by Discord's clock.
    pub scrubbed_ms: u64,
    /// Since when threads may have been opened and archived in it unseen, in milliseconds since 1970: it was
    /// hidden from then on, and its archived threads have not been listed since. `None`: all were seen.
    pub unseen_ms: Option<u64>,
    /// What is to be read of it. While there is nothing, the watermark holds for it.
    pub dirty: Option<Dirty>,
}

/// A channel whose history has to be read: up to `after`, and only so far, all is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dirty {
    /// Messages with ids above this are to be read; `None`: all there are.
    pub after: Option<Id<MessageMarker>>,
    /// Why.
    pub reason: DirtyReason,
}

/// Why a channel's history has to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DirtyReason {
    /// Events may have been missed.
    Lapse,
    /// It was not known before.
    New,
    /// Discord refused to show it. It is asked again when permissions change, and now and then.
    Refused,
}

// === impl DirtyReason ===

impl DirtyReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Lapse, Self::New, Self::Refused];

    /// Its name in stores and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lapse => "lapse",
            Self::New => "new",
            Self::Refused => "refused",
        }
    }

    /// The reason with this name, as a store wrote it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}
