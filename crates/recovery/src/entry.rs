//! What consumers are told.

use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

/// One thing that happened in a watched channel, as it is on record.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place in the record: later ones have larger numbers, and none is used twice. Numbers may be
    /// left out.
    pub sequence: u64,
    /// Where it happened.
    pub channel_id: Id<ChannelMarker>,
    /// What happened.
    pub news: News,
}

/// What happened in a channel.
#[derive(Clone, Debug)]
pub enum News {
    /// A message is there, as it was when it was seen first: one whose edits came before it was is
    /// told once, as edited.
    Created {
        /// The message.
        message_id: Id<MessageMarker>,
        /// The message object, as Discord gave it.
        json: Box<RawValue>,
    },
    /// A message changed: an edit, an unfurled link, components.
    Updated {
        /// The message.
        message_id: Id<MessageMarker>,
        /// The whole message as it is known now.
        json: Box<RawValue>,
    },
    /// A message is not there any more.
    Deleted {
        /// The message. It may be one that was never seen.
        message_id: Id<MessageMarker>,
        /// Whether nobody said so: it was on record, and missing when the channel was read again. Should
        /// it be seen after all, it comes back as [`News::Updated`].
        is_inferred: bool,
    },
    /// Some messages could not be had.
    Gap(Gap),
}

/// Messages that could not be had, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// Ids above this are missing; `None`: from the channel's beginning.
    pub after: Option<Id<MessageMarker>>,
    /// Ids up to this are missing; `None`: to its end, as it was then.
    pub to: Option<Id<MessageMarker>>,
    /// Why.
    pub reason: GapReason,
    /// When that was found, in milliseconds since 1970, by Discord's clock as far as it was known.
    pub at_ms: u64,
}

/// Why messages could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GapReason {
    /// The channel was deleted before it was read.
    ChannelGone,
    /// Discord refuses to show the channel, or shows it empty although it is not: a permission is
    /// missing. It is read from there once it is back, and what is found then is told.
    Refused,
    /// More than a page of messages lay within one millisecond.
    Tie,
    /// The channel's archived threads could not be listed, or not all of them: what was said in those that were opened and
    /// archived again within an outage may be missing.
    Unlisted,
    /// The record of it was dropped, to bound how much is kept, before this was read.
    Expired,
}

// === impl Entry ===

impl Entry {
    /// The message it is about, if it is about one.
    #[must_use]
    pub const fn message_id(&self) -> Option<Id<MessageMarker>> {
        match &self.news {
            News::Created { message_id, .. }
            | News::Updated { message_id, .. }
            | News::Deleted { message_id, .. } => Some(*message_id),
            News::Gap(_) => None,
        }
    }
}

// === impl GapReason ===

impl GapReason {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ChannelGone,
        Self::Refused,
        Self::Tie,
        Self::Unlisted,
        Self::Expired,
    ];

    /// Its name in stores, logs and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChannelGone => "channel_gone",
            Self::Refused => "refused",
            Self::Tie => "tie",
            Self::Unlisted => "threads_unlisted",
            Self::Expired => "expired",
        }
    }

    /// The reason with this name, as a store wrote it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}
