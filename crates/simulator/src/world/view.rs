//! What of the truth one viewer gets to see.

use serde_json::{Value, json};

use super::{World, channel, event, message::Message};

impl World {
    /// Cuts a gateway payload for one viewer: content that needs `MESSAGE_CONTENT`, and channels it
    /// cannot view. Adds what `GUILD_PRESENCES` shows.
    pub(crate) fn seen_by(
        &self,
        viewer: u64,
        intents: u64,
        event_name: &str,
        data: &Value,
    ) -> Value {
        let mut data = data.clone();
        match event_name {
            "MESSAGE_CREATE" | "MESSAGE_UPDATE" if intents & event::MESSAGE_CONTENT == 0 => {
                blank(viewer, &mut data);
            }
            "GUILD_CREATE" if intents & event::GUILD_PRESENCES != 0 => {
                self.add_presences(viewer, &mut data);
            }
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "CHANNEL_DELETE" if self.obfuscate => {
                let id = data["id"].as_str().and_then(|id| id.parse().ok());
                if id.is_some_and(|id| !self.can_view(viewer, id)) {
                    channel::hide(&mut data);
                }
            }
            _ => {}
        }
        data
    }

    /// A message as REST gives it to one reader. REST looks at the portal's switch alone, not at
    /// any session's intents.
    pub(crate) fn read_by(&self, reader: u64, message: &Message) -> Value {
        let mut value = self.message_value(message);
        self.cut_content(reader, &mut value);
        value
    }

    /// Blanks a message object unless the reader's portal page allows `MESSAGE_CONTENT`.
    pub(crate) fn cut_content(&self, reader: u64, value: &mut Value) {
        if self.privileged_intents_of(reader) & event::MESSAGE_CONTENT == 0 {
            blank(reader, value);
        }
    }
}

/// Empties a message, and the one it refers to, unless the viewer wrote it or is mentioned in it
/// (Discord: events/gateway#message-content-intent).
fn blank(viewer: u64, message: &mut Value) {
    if message["referenced_message"].is_object() {
        blank(viewer, &mut message["referenced_message"]);
    }
    let viewer = viewer.to_string();
    let own = message["author"]["id"] == viewer.as_str();
    let mentioned = message["mentions"]
        .as_array()
        .is_some_and(|mentions| mentions.iter().any(|user| user["id"] == viewer.as_str()));
    if own || mentioned {
        return;
    }
    message["content"] = json!("");
    for list in ["embeds", "attachments", "components"] {
        message[list] = json!([]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strangers_words_are_blanked() {
        let words = |author: &str, mentions: Value| {
            json!({
                "author": { "id": author }, "mentions": mentions, "content": "x",
                "embeds": [1], "attachments": [1], "components": [1],
            })
        };
        let seen = |mut message: Value| {
            blank(7, &mut message);
            message["content"].as_str().unwrap().to_owned()
        };
        assert_eq!(seen(words("8", json!([]))), "");
        assert_eq!(seen(words("7", json!([]))), "x");
        assert_eq!(seen(words("8", json!([{ "id": "7" }]))), "x");
        let mut reply = words("7", json!([]));
        reply["referenced_message"] = words("8", json!([]));
        blank(7, &mut reply);
        assert_eq!(reply["content"], "x");
        assert_eq!(reply["referenced_message"]["content"], "");
        assert_eq!(reply["referenced_message"]["embeds"], json!([]));
    }
}
