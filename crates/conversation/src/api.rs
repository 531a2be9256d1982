//! What a conversation asks of Discord: to post.

use std::{fmt, time::Duration};

use cordboard_lifecycle::Failure;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker, UserMarker},
};

use crate::File;

/// One message to post.
#[derive(Clone)]
pub struct Post {
    /// At most 2000 characters (Discord: resources/message#create-message).
    pub content: String,
    /// At most 10 files.
    pub files: Vec<File>,
    /// The only user this message may mention: the bot it is meant for. Everything else is sent
    /// with `allowed_mentions.parse = []`, so that a prompt cannot ping a guild.
    pub mention: Option<Id<UserMarker>>,
    /// Sent with `enforce_nonce`, so that Discord drops a second copy. Globally unique, at most 25 characters.
    pub nonce: String,
    /// How long the call may take in all, waiting for a rate limit included.
    pub timeout: Duration,
}

/// Discord's messages, as far as a conversation needs them. Reading is [`cordboard_recovery::History`].
pub trait MessageApi: Send + Sync + 'static {
    /// Posts a message and returns its id. Safe to repeat with the same nonce for a few minutes.
    fn post(
        &self,
        channel_id: Id<ChannelMarker>,
        post: &Post,
    ) -> impl Future<Output = Result<Id<MessageMarker>, Failure>> + Send;
}

// === impl Post ===

impl fmt::Debug for Post {
    /// Says how much is posted, not what: prompts stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post")
            .field("content_bytes", &self.content.len())
            .field("files", &self.files)
            .field("mention", &self.mention)
            .field("nonce", &self.nonce)
            .field("timeout", &self.timeout)
            .finish()
    }
}
