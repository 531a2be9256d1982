//! What keeping bots alive asks of Discord, and of a record.

use std::time::Duration;

use futures_util::future::BoxFuture;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker, UserMarker},
};

use super::{Outcome, Report};
use crate::Failure;

/// Discord, as far as speaking to a bot in a channel needs it.
pub trait Talk: Send + Sync + 'static {
    /// Who we are.
    fn me(&self) -> impl Future<Output = Result<Id<UserMarker>, Failure>> + Send;

    /// Looks at a channel (`GET /channels/{id}`).
    fn look(
        &self,
        channel_id: Id<ChannelMarker>,
    ) -> impl Future<Output = Result<Sight, Failure>> + Send;

    /// Posts a message. Safe to repeat with the same nonce for a few minutes. `Never` when the channel is
    /// missing or forbidden.
    fn post(
        &self,
        channel_id: Id<ChannelMarker>,
        note: &Note,
    ) -> impl Future<Output = Result<Id<MessageMarker>, Failure>> + Send;

    /// Up to 100 messages with ids above `after`, the ones directly above it, oldest first. An empty page
    /// when there are none, or the history may not be read; `Never` as for [`Self::post`].
    fn after(
        &self,
        channel_id: Id<ChannelMarker>,
        after: Id<MessageMarker>,
    ) -> impl Future<Output = Result<Vec<Heard>, Failure>> + Send;
}

/// A channel, as our bot sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sight {
    /// It is there.
    Here {
        /// The guild it is in.
        guild_id: Option<Id<GuildMarker>>,
        /// Whether messages can be written in channels of its type.
        holds_messages: bool,
        /// The last message in it, which may be gone.
        last_message_id: Option<Id<MessageMarker>>,
    },
    /// It does not exist (404 with code 10003).
    Missing,
    /// We may not see it (403).
    Forbidden,
}

/// One message to post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// At most 2000 characters.
    pub text: String,
    /// The only user it may mention.
    pub mention: Id<UserMarker>,
    /// Sent with `enforce_nonce`: at most 25 characters.
    pub nonce: String,
    /// How long the call may take in all, waiting for a rate limit included.
    pub timeout: Duration,
}

/// A message that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The message.
    pub id: Id<MessageMarker>,
    /// Who wrote it.
    pub author_id: Id<UserMarker>,
    /// The message it answers, if it says so.
    pub answers: Option<Id<MessageMarker>>,
    /// All of its text: content, embeds, components, names of files.
    pub text: String,
    /// Its author shows "is thinking…" (the message flag `LOADING`).
    pub is_loading: bool,
}

/// The record of what was tried, so that a process that goes on after another one knows.
pub trait Ledger: Send + Sync + 'static {
    /// Writes down that a message is about to be posted. Durable when it returns.
    fn begin(&self, attempt: &Attempt) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Writes down which message it became.
    fn posted(
        &self,
        attempt: &Attempt,
        message_id: Id<MessageMarker>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Writes down what came of it in that channel.
    fn settle(
        &self,
        attempt: &Attempt,
        outcome: &Outcome,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// What was tried at this due time so far.
    fn tried(
        &self,
        job: &str,
        due_ms: u64,
    ) -> impl Future<Output = Result<Vec<Tried>, Failure>> + Send;

    /// Writes down what came of it in all, for whoever wants to know how the bot is. When it is said again
    /// of the same time, the last word counts.
    fn conclude(
        &self,
        job: &str,
        due_ms: u64,
        report: &Report,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A message that is posted, or about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The job, or the command.
    pub job: String,
    /// Its due time, in milliseconds since 1970.
    pub due_ms: u64,
    /// The bot's name.
    pub bot: String,
    /// Where.
    pub channel_id: Id<ChannelMarker>,
    /// The last message before it: ours has a larger id.
    pub after: Id<MessageMarker>,
}

/// What is on record of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The attempt.
    pub attempt: Attempt,
    /// The message; `None`: not known.
    pub message_id: Option<Id<MessageMarker>>,
    /// What came of it; `None`: nothing yet.
    pub outcome: Option<Outcome>,
}

/// Where to speak to a bot that has no channel of its own: channels that are ours, and go away again.
pub trait Rooms: Send + Sync + 'static {
    /// Opens one that may be used for so long. [`Failure::Never`] when nobody here can.
    fn open<'a>(&'a self, bot: &'a str, lifetime: Duration) -> BoxFuture<'a, Result<Room, NoRoom>>;
}

/// Why there is no room.
#[derive(Debug, thiserror::Error)]
pub enum NoRoom {
    /// Only somebody else can open one now, who keeps the same bots alive: it is left to him.
    #[error("it is left to somebody else")]
    Left,
    /// It failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// A channel that goes away when this is dropped.
pub struct Room {
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// What keeps it.
    pub lease: Box<dyn Send + Sync>,
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Room").field(&self.channel_id).finish()
    }
}
