//! What a scripted bot wrote, for tests that compare it with what the client received.

use serde::{Deserialize, Serialize};

use crate::config::id;

/// One reply of a scripted bot.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReplyTruth {
    /// Counted from 1 in the order in which the bots began.
    pub number: u64,
    /// Which bot.
    #[serde(with = "id")]
    pub bot_id: u64,
    /// Where.
    #[serde(with = "id")]
    pub channel_id: u64,
    /// The messages that made up the prompt.
    #[serde(with = "id::list")]
    pub prompt_ids: Vec<u64>,
    /// The prompt as the bot read it: without the mention, with the text of attached files.
    pub prompt: String,
    /// The messages that the bot wrote.
    #[serde(with = "id::list")]
    pub message_ids: Vec<u64>,
    /// What they say now, as Discord keeps it, one per message.
    pub parts: Vec<String>,
    /// The whole answer that the bot set out to write.
    pub text: String,
    /// When the first message appeared, in milliseconds since 1970.
    pub began_ms: Option<u64>,
    /// When the last change was made, in milliseconds since 1970.
    pub ended_ms: Option<u64>,
    /// How it ended; `None`: the bot still writes.
    pub end: Option<ReplyEnd>,
}

/// How a reply ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReplyEnd {
    /// All of it was written.
    Complete,
    /// It was the message that says that the daily limit is reached.
    Limited,
    /// The bot said nothing, as its script asks, or because it was offline.
    Silent,
    /// The bot died in the middle, as its script asks, or because it went offline.
    Died,
    /// The bot deleted it, as its script asks.
    Deleted,
    /// Discord refused to take more of it: the JSON error code, such as 10003 for a deleted channel.
    Refused(u64),
}
