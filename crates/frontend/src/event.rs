//! What happened in a channel, as the relay tells it.

use serde_json::value::RawValue;

/// One thing that happened. All of them are in one order, whatever their channels.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place in that order: from 1 to 2^63 - 1, and larger than that of every earlier event.
    pub sequence: u64,
    /// Where.
    pub channel_id: u64,
    /// What.
    pub change: Change,
}

/// What happened to a message, or why that is not known.
#[derive(Clone, Debug)]
pub enum Change {
    /// It was written. As Discord gives it.
    Create(Box<RawValue>),
    /// It was edited. As Discord gives it, which may be less than all of its fields.
    Update(Box<RawValue>),
    /// A message was deleted.
    Delete {
        /// Its id.
        id: u64,
        /// Whether nobody said so: it was not found any more where it should have been.
        is_inferred: bool,
    },
    /// Messages may be missing here for good.
    Gap {
        /// The message behind which they may be missing; none: that is not known.
        from: Option<u64>,
        /// The message up to which they may be missing; none: that is not known.
        to: Option<u64>,
        /// Why, for people.
        reason: String,
    },
}

impl Change {
    /// Its name on the wire.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Update(_) => "update",
            Self::Delete { .. } => "delete",
            Self::Gap { .. } => "gap",
        }
    }
}
