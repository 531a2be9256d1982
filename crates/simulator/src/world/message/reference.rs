//! What a reply points at.

use super::{Message, NewMessage, PINNED, THREAD_CREATED, THREAD_STARTER};
use crate::world::{ApiError, World, permission};

impl World {
    /// The target of a reply: channel and message. `None` for what is no reply, and when the target
    /// is gone and the sender does not mind, so that the message becomes a plain one.
    pub(crate) fn resolve(
        &self,
        channel_id: u64,
        held: u64,
        draft: &NewMessage,
    ) -> Result<Option<(u64, u64)>, ApiError> {
        let Some(message_id) = draft.reply_to else {
            return Ok(None);
        };
        if held & permission::READ_MESSAGE_HISTORY == 0 {
            return Err(ApiError::reply_without_history());
        }
        let path = "message_reference";
        if draft.reply_channel_id.is_some_and(|id| id != channel_id) {
            let message = "Cannot reply to a message in a different channel";
            return Err(ApiError::form(
                path,
                "REPLIES_CANNOT_REPLY_TO_DIFFERENT_CHANNEL",
                message,
            ));
        }
        match self.stored(channel_id, message_id) {
            Some(target) if is_system(target) => {
                let message = "Cannot reply to a system message";
                Err(ApiError::form(
                    path,
                    "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE",
                    message,
                ))
            }
            Some(target) => Ok(Some((channel_id, target.id))),
            None if draft.fail_if_not_exists => {
                let code = "MESSAGE_REFERENCE_UNKNOWN_MESSAGE";
                Err(ApiError::form(path, code, "Unknown message"))
            }
            None => Ok(None),
        }
    }
}

/// Whether Discord wrote the message.
pub(crate) fn is_system(message: &Message) -> bool {
    matches!(message.kind, PINNED | THREAD_CREATED | THREAD_STARTER)
}
