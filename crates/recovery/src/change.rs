//! What an event or a page changed.

use twilight_model::id::{Id, marker::MessageMarker};

use crate::Message;

/// What an event or a page changed in the view of a channel.
#[derive(Clone, Debug)]
pub enum Change {
    /// A message is known that was not before. Its author is known.
    Created(Message),
    /// A known message has other fields than before, whatever made them change: an edit, an
    /// unfurled link, components. `edited_ms` tells edits apart.
    Updated(Message),
    /// A message was deleted. It will not come back, whatever arrives late.
    Deleted(Id<MessageMarker>),
    /// A message that was known before a reading was missing in it: most likely deleted while no
    /// events came. It comes back, as `Updated`, if it is seen again.
    Missing(Id<MessageMarker>),
}

impl Change {
    /// The message it is about.
    #[must_use]
    pub fn id(&self) -> Id<MessageMarker> {
        match self {
            Self::Created(message) | Self::Updated(message) => message.id,
            Self::Deleted(id) | Self::Missing(id) => *id,
        }
    }
}
