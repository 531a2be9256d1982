//! What is read out of messages and their ids.

use std::collections::BTreeMap;

use cordboard_simulator::Simulator;
use serde_json::Value;

/// The first millisecond an id can name.
const EPOCH_MS: u64 = 1_420_070_400_000;

pub(super) fn id_of(message: &Value) -> u64 {
    let id = message["id"].as_str().and_then(|id| id.parse().ok());
    id.unwrap_or_default()
}

pub(super) fn content(message: &Value) -> String {
    message["content"].as_str().unwrap_or_default().to_owned()
}

pub(super) fn is_pinned(message: &Value) -> bool {
    message["pinned"].as_bool().unwrap_or_default()
}

pub(super) const fn created_ms(id: u64) -> u64 {
    (id >> 22) + EPOCH_MS
}

/// Every message that Discord has.
pub(super) fn messages(discord: &Simulator) -> BTreeMap<(u64, u64), Value> {
    let mut all = BTreeMap::new();
    for channel in discord.truth().channels {
        if channel.deleted_at.is_some() {
            continue;
        }
        for message in discord.messages(channel.id) {
            all.insert((channel.id, id_of(&message)), message);
        }
    }
    all
}
