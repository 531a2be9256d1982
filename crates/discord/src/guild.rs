//! Which channels a guild has, and which of them newcomers are put into.

use std::collections::HashSet;

use cordboard_lifecycle::{Failure, Listed};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::{
    Code, Discord, Trouble,
    call::Call,
    limiter::{Resource, Share},
    send::json,
    verdict::Failed,
};

impl Discord {
    /// Lists a guild's channels, threads excepted.
    ///
    /// What is not listed may exist: Discord leaves out what the bot may not see, and a list may lag
    /// behind (reference#consistency). An entry without a readable id is left out too, so that one
    /// odd channel does not hide all others.
    pub(crate) async fn guild_channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<Vec<Listed>, Failure> {
        let call = Call::new(
            "GET /guilds/{guild_id}/channels",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.guild_channels(guild_id),
        );
        let call = call.map_err(|trouble| Failed::from(trouble).reading())?;
        let listed = self.sender.send(&call, list).await;
        listed.map_err(Failed::reading)
    }

    /// The channels that onboarding names: those everybody is put into, and those behind the
    /// answers to its questions. They are somebody's choice, so they are not ours to delete.
    ///
    /// None for a guild that Discord says it does not know here (404, 10004), as for one that never
    /// had onboarding. Anything else that is not an onboarding object is an error, not "none".
    pub(crate) async fn onboarding_channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<HashSet<Id<ChannelMarker>>, Failure> {
        let call = Call::new(
            "GET /guilds/{guild_id}/onboarding",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.guild_onboarding(guild_id),
        );
        let call = call.map_err(|trouble| Failed::from(trouble).reading())?;
        named(guild_id, self.sender.send(&call, json::<Onboarding>).await)
    }
}

fn list(body: &[u8]) -> Result<Vec<Listed>, Trouble> {
    let raw: Vec<&RawValue> = json_borrowed(body)?;
    let listed = raw.len();
    let channels: Vec<Listed> = raw
        .into_iter()
        .filter_map(|json| serde_json::from_str::<Channel>(json.get()).ok())
        .map(Channel::listed)
        .collect();
    if channels.len() < listed {
        let odd = listed - channels.len();
        tracing::warn!(odd, listed, "channels in the guild's list cannot be read");
    }
    Ok(channels)
}

fn json_borrowed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|error| Trouble::Unreadable(error.into()))
}

fn named(
    guild_id: Id<GuildMarker>,
    outcome: Result<Onboarding, Failed>,
) -> Result<HashSet<Id<ChannelMarker>>, Failure> {
    match outcome {
        Ok(onboarding) if onboarding.guild_id == guild_id => Ok(onboarding.channels().collect()),
        Ok(_) => {
            let trouble = Trouble::Unreadable("another guild than the one asked for".into());
            Err(Failed::from(trouble).reading())
        }
        Err(failed) => match failed.trouble.refusal() {
            Some(refusal) if refusal.status == 404 && refusal.code == Code::UnknownGuild => {
                Ok(HashSet::new())
            }
            _ => Err(failed.reading()),
        },
    }
}

/// resources/channel#channel-object-channel-types.
const GUILD_TEXT: u8 = 0;

#[derive(Deserialize)]
struct Channel {
    id: Id<ChannelMarker>,
    #[serde(default, deserialize_with = "if_readable")]
    name: Option<String>,
    #[serde(default, deserialize_with = "if_readable")]
    parent_id: Option<Id<ChannelMarker>>,
    #[serde(default, deserialize_with = "if_readable")]
    topic: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "if_readable")]
    kind: Option<u8>,
}

impl Channel {
    fn listed(self) -> Listed {
        Listed {
            channel_id: self.id,
            name: self.name,
            parent_id: self.parent_id,
            topic: self.topic,
            is_text: self.kind == Some(GUILD_TEXT),
        }
    }
}

/// A field of an unexpected type does not cost the channel its place in the list.
fn if_readable<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// The onboarding object (resources/guild#guild-onboarding-object), whether it is enabled or not:
/// it can be switched on at any time. A field of an unexpected type, or one that is missing, fails
/// the read rather than passing for "none".
#[derive(Deserialize)]
struct Onboarding {
    guild_id: Id<GuildMarker>,
    default_channel_ids: Vec<Id<ChannelMarker>>,
    prompts: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Prompt {
    options: Vec<PromptOption>,
}

#[derive(Deserialize)]
struct PromptOption {
    channel_ids: Vec<Id<ChannelMarker>>,
}

impl Onboarding {
    fn channels(self) -> impl Iterator<Item = Id<ChannelMarker>> {
        let prompted = self
            .prompts
            .into_iter()
            .flat_map(|prompt| prompt.options)
            .flat_map(|option| option.channel_ids);
        self.default_channel_ids.into_iter().chain(prompted)
    }
}

#[cfg(test)]
mod tests;
