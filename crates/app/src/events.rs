//! From the gateway's dispatches to what the lifecycle wants to hear.

use cordboard_discord::AuditLogEntry;
use cordboard_gateway::{Delivery, Dispatch, Hub};
use cordboard_lifecycle::{Channels, Observed, Shown};
use serde::Deserialize;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

/// The dispatches that tell something about channels, or about what may be done with them.
const NAMES: &[&str] = &[
    "CHANNEL_CREATE",
    "CHANNEL_DELETE",
    "CHANNEL_UPDATE",
    "GUILD_AUDIT_LOG_ENTRY_CREATE",
    "GUILD_CREATE",
    "GUILD_DELETE",
    "GUILD_MEMBER_UPDATE",
    "GUILD_ROLE_DELETE",
    "GUILD_ROLE_UPDATE",
    "GUILD_UPDATE",
    "THREAD_DELETE",
];

/// Passes on what happens in the guild, until the gateway has ended.
pub(crate) async fn observe(hub: &Hub, channels: &Channels, guild_id: Id<GuildMarker>) {
    // A guild comes in one piece, which may be larger than what waits for others.
    let mut events = hub.tap(NAMES);
    while let Some(delivery) = events.next().await {
        match delivery {
            Delivery::Lapse(_) => channels.observe(Observed::Lapsed),
            // For those who keep a record.
            Delivery::Acknowledged(_) => {}
            Delivery::Dispatch(dispatch) => match observed(&dispatch, guild_id) {
                Some(Observed::Lapsed) => {
                    hub.unreadable(&dispatch);
                    channels.observe(Observed::Lapsed);
                }
                Some(observed) => channels.observe(observed),
                None => {}
            },
        }
    }
}

/// What a dispatch tells. One that cannot be read counts for events that were missed.
fn observed(dispatch: &Dispatch, guild_id: Id<GuildMarker>) -> Option<Observed> {
    let data = dispatch.data.get();
    if let name @ ("GUILD_CREATE" | "GUILD_DELETE" | "GUILD_UPDATE") = &*dispatch.name {
        return match serde_json::from_str::<Guild>(data) {
            Ok(guild) if guild.id != guild_id => None,
            Ok(guild) => Some(guild.observed(name)),
            Err(_) => Some(Observed::Lapsed),
        };
    }
    if dispatch.guild_id != Some(guild_id) {
        return None;
    }
    let channel = || serde_json::from_str::<Channel>(data);
    let read = match &*dispatch.name {
        "CHANNEL_UPDATE" => channel().map(|channel| Some(Observed::Updated(channel.into()))),
        "CHANNEL_CREATE" => channel().map(|channel| Some(Observed::Created(channel.into()))),
        "CHANNEL_DELETE" | "THREAD_DELETE" => {
            channel().map(|channel| Some(Observed::Deleted(channel.id)))
        }
        "GUILD_AUDIT_LOG_ENTRY_CREATE" => serde_json::from_str::<AuditLogEntry>(data)
            .map(|entry| entry.creation().map(Observed::Logged)),
        _ => Ok(Some(Observed::Changed)),
    };
    read.unwrap_or(Some(Observed::Lapsed))
}

#[derive(Deserialize)]
struct Guild {
    id: Id<GuildMarker>,
    #[serde(default)]
    unavailable: Option<bool>,
    #[serde(default)]
    channels: Vec<Channel>,
}

#[derive(Deserialize)]
struct Channel {
    id: Id<ChannelMarker>,
    #[serde(default)]
    parent_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    topic: Option<String>,
    #[serde(default)]
    flags: u64,
}

/// The channel's flag that says that our bot may not view it (discord-api-docs #8454).
const OBFUSCATED: u64 = 1 << 17;

// === impl Guild ===

impl Guild {
    fn observed(self, name: &str) -> Observed {
        let unavailable = self.unavailable.unwrap_or(false);
        match name {
            "GUILD_CREATE" if !unavailable => {
                Observed::Arrived(self.channels.into_iter().map(Shown::from).collect())
            }
            "GUILD_UPDATE" => Observed::Changed,
            _ => Observed::Left { unavailable },
        }
    }
}

// === impl Channel ===

impl From<Channel> for Shown {
    fn from(channel: Channel) -> Self {
        Self {
            channel_id: channel.id,
            parent_id: channel.parent_id,
            topic: channel.topic,
            is_hidden: channel.flags & OBFUSCATED != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use cordboard_lifecycle::{Creation, Kind};
    use serde_json::{Value, json, value::to_raw_value};

    use super::*;

    const GUILD: Id<GuildMarker> = Id::new(7);

    fn heard(name: &str, data: &Value) -> Option<Observed> {
        let guild_id = data["guild_id"].as_str().and_then(|id| id.parse().ok());
        let dispatch = Dispatch {
            name: name.into(),
            sequence: 1,
            shard: 0,
            guild_id,
            channel_id: None,
            data: to_raw_value(data).unwrap(),
        };
        observed(&dispatch, GUILD)
    }

    fn shown() -> Shown {
        Shown {
            channel_id: Id::new(5),
            parent_id: Some(Id::new(6)),
            topic: Some("~x".to_owned()),
            is_hidden: false,
        }
    }

    #[test]
    fn a_channel_that_is_masked_is_hidden() {
        let masked = json!({"id": "5", "guild_id": "7", "topic": null, "type": 0,
            "parent_id": "6", "flags": OBFUSCATED | 1, "name": "___hidden___"});
        let hidden = Shown {
            topic: None,
            is_hidden: true,
            ..shown()
        };
        for (name, expected) in [
            ("CHANNEL_CREATE", Observed::Created(hidden.clone())),
            ("CHANNEL_UPDATE", Observed::Updated(hidden.clone())),
        ] {
            assert_eq!(heard(name, &masked), Some(expected));
        }
        let guild = json!({"id": "7", "channels": [masked]});
        let expected = Observed::Arrived(vec![hidden]);
        assert_eq!(heard("GUILD_CREATE", &guild), Some(expected));
    }

    #[test]
    fn each_dispatch_tells_the_lifecycle_what_it_means() {
        let created = json!({"id": "5", "guild_id": "7", "topic": "~x", "type": 0,
            "parent_id": "6"});
        let shown = shown();
        let logged = json!({"id": "9", "guild_id": "7", "user_id": "3", "target_id": "5",
            "action_type": 10, "reason": "~x"});
        let creation = Creation {
            entry_id: Id::new(9),
            creator_id: Id::new(3),
            channel_id: Id::new(5),
            kind: Kind::Text,
            reason: Some("~x".to_owned()),
        };
        let table = [
            (
                "CHANNEL_CREATE",
                created.clone(),
                Observed::Created(shown.clone()),
            ),
            (
                "CHANNEL_DELETE",
                created.clone(),
                Observed::Deleted(Id::new(5)),
            ),
            (
                "THREAD_DELETE",
                created.clone(),
                Observed::Deleted(Id::new(5)),
            ),
            (
                "CHANNEL_UPDATE",
                created.clone(),
                Observed::Updated(shown.clone()),
            ),
            (
                "GUILD_AUDIT_LOG_ENTRY_CREATE",
                logged,
                Observed::Logged(creation),
            ),
            (
                "GUILD_ROLE_UPDATE",
                json!({"guild_id": "7"}),
                Observed::Changed,
            ),
            ("GUILD_UPDATE", json!({"id": "7"}), Observed::Changed),
            (
                "GUILD_CREATE",
                json!({"id": "7", "channels": [created]}),
                Observed::Arrived(vec![shown]),
            ),
            (
                "GUILD_CREATE",
                json!({"id": "7", "unavailable": true}),
                Observed::Left { unavailable: true },
            ),
            (
                "GUILD_DELETE",
                json!({"id": "7"}),
                Observed::Left { unavailable: false },
            ),
            ("CHANNEL_CREATE", json!({"guild_id": "7"}), Observed::Lapsed),
            ("GUILD_CREATE", json!({"id": 7.5}), Observed::Lapsed),
            (
                "GUILD_CREATE",
                json!({"id": "7", "channels": [{}]}),
                Observed::Lapsed,
            ),
        ];
        for (name, data, expected) in table {
            assert_eq!(heard(name, &data), Some(expected), "{name} {data}");
        }
    }

    #[test]
    fn other_guilds_and_other_actions_tell_nothing() {
        let foreign = json!({"id": "5", "guild_id": "8"});
        assert_eq!(heard("CHANNEL_CREATE", &foreign), None);
        assert_eq!(heard("GUILD_DELETE", &json!({"id": "8"})), None);
        let other = json!({"id": "9", "guild_id": "7", "user_id": "3", "target_id": "5",
            "action_type": 12});
        assert_eq!(heard("GUILD_AUDIT_LOG_ENTRY_CREATE", &other), None);
    }
}
