//! What recovery asks of Discord: pages of a channel's messages.

use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{Failure, Unreadable, fields};

/// One message as Discord gave it, with the two fields that recovery sorts by.
#[derive(Clone, Debug)]
pub struct Message {
    /// The message's id; ids order messages of a channel by creation.
    pub id: Id<MessageMarker>,
    /// `edited_timestamp` in milliseconds since 1970, 0 when never edited.
    pub edited_ms: u64,
    /// The message object, byte for byte.
    pub json: Box<RawValue>,
}

impl Message {
    /// Reads the two fields out of a message object. Nothing else is looked at, so that one odd
    /// field does not cost the message.
    pub fn read(json: Box<RawValue>) -> Result<Self, Unreadable> {
        let head: fields::Head = serde_json::from_str(json.get())?;
        Ok(Self {
            id: head.id,
            edited_ms: head.edited_ms().unwrap_or(0),
            json,
        })
    }

    /// The same with those fields alone that are always recorded.
    pub(crate) fn into_core(self) -> Self {
        let json = fields::core(&self.json).unwrap_or(self.json);
        Self { json, ..self }
    }
}

/// Discord's message history.
pub trait History: Send + Sync + 'static {
    /// Up to 100 messages of `channel_id` with ids above `after` (`None`: from the beginning),
    /// the ones directly above it, **oldest first**. Discord: resources/message#get-channel-messages.
    ///
    /// A channel that the bot may see but whose history it may not read answers an empty page.
    fn after(
        &self,
        channel_id: Id<ChannelMarker>,
        after: Option<Id<MessageMarker>>,
    ) -> impl Future<Output = Result<Vec<Message>, Failure>> + Send;
}
