//! What really happened to channels and messages, whatever anybody says.

use serde::{Deserialize, Serialize};

use crate::config::id;

/// One channel or thread that exists or ever existed.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChannelTruth {
    /// Its id.
    #[serde(with = "id")]
    pub id: u64,
    /// The guild it is in.
    #[serde(with = "id")]
    pub guild_id: u64,
    /// Its category, or the channel a thread hangs on.
    #[serde(with = "id::option")]
    pub parent_id: Option<u64>,
    /// Its name as Discord keeps it (normalised).
    pub name: String,
    /// Its topic.
    pub topic: Option<String>,
    /// Its type (0 text, 2 voice, 4 category, 11 public thread, …).
    #[serde(rename = "type")]
    pub kind: u64,
    /// Who created it: the user whose token the simulator received.
    #[serde(with = "id")]
    pub creator_id: u64,
    /// Whether it still exists.
    pub alive: bool,
    /// When it was created, in milliseconds since 1970.
    pub created_at: u64,
    /// When it was deleted, in milliseconds since 1970.
    pub deleted_at: Option<u64>,
    /// Who deleted it.
    #[serde(with = "id::option")]
    pub deleted_by: Option<u64>,
}
