//! What kind of event the gateway sent.

use cordboard_gateway::Dispatch;
use serde::Deserialize;
use serde_json::value::RawValue;
use twilight_model::id::{Id, marker::UserMarker};

use crate::sighting::id;

/// What an event means for a reply (Discord: events/gateway-events).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Something was written, edited or deleted: recovery's view of the channel knows what.
    Messages,
    /// The bot types.
    Typing,
    /// The channel is gone. Its messages are not announced one by one (discord-api-docs #4581).
    ChannelGone,
    /// Nothing.
    Other,
}

#[derive(Deserialize)]
struct Typing<'a> {
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
}

// === impl Event ===

impl Event {
    pub(crate) fn of(dispatch: &Dispatch, bot_id: Id<UserMarker>) -> Self {
        match &*dispatch.name {
            "MESSAGE_CREATE" | "MESSAGE_UPDATE" | "MESSAGE_DELETE" | "MESSAGE_DELETE_BULK" => {
                Self::Messages
            }
            "TYPING_START" if typist(&dispatch.data) == Some(bot_id) => Self::Typing,
            "CHANNEL_DELETE" => Self::ChannelGone,
            _ => Self::Other,
        }
    }
}

fn typist(data: &RawValue) -> Option<Id<UserMarker>> {
    let typing: Typing<'_> = serde_json::from_str(data.get()).ok()?;
    typing.user_id.and_then(id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, value::to_raw_value};

    use super::*;

    #[test]
    fn events_are_told_apart_by_what_they_mean_for_a_reply() {
        let event = |name: &str, data: &Value| {
            let dispatch = Dispatch {
                name: name.into(),
                sequence: 1,
                shard: 0,
                guild_id: None,
                channel_id: Some(Id::new(3)),
                data: to_raw_value(data).unwrap(),
            };
            Event::of(&dispatch, Id::new(42))
        };
        for (name, data, expected) in [
            ("MESSAGE_UPDATE", json!({ "id": "7" }), Event::Messages),
            (
                "MESSAGE_DELETE_BULK",
                json!({ "ids": ["7"] }),
                Event::Messages,
            ),
            ("TYPING_START", json!({ "user_id": "42" }), Event::Typing),
            ("TYPING_START", json!({ "user_id": "43" }), Event::Other),
            ("TYPING_START", json!(null), Event::Other),
            ("CHANNEL_DELETE", json!({ "id": "3" }), Event::ChannelGone),
            ("CHANNEL_UPDATE", json!({ "id": "3" }), Event::Other),
            (
                "MESSAGE_REACTION_ADD",
                json!({ "message_id": "7" }),
                Event::Other,
            ),
        ] {
            assert_eq!(event(name, &data), expected, "{name} {data}");
        }
    }
}
