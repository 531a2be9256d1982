//! Who we are, where the gateway is, and what we may do in a guild.

use std::time::Duration;

use cordboard_gateway::{Endpoint, GatewayDirectory};
use cordboard_lifecycle::kp;
use serde::{Deserialize, de::DeserializeOwned};
use twilight_model::{
    guild::Permissions,
    id::{
        Id,
        marker::{ChannelMarker, GuildMarker, RoleMarker, UserMarker},
    },
    oauth::ApplicationFlags,
};

use crate::{
    Discord, DiscordError, Trouble,
    call::Call,
    limiter::{Resource, Share},
    send::json,
    verdict::Failed,
};

/// Our own bot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The bot user.
    pub user_id: Id<UserMarker>,
    /// Its name.
    pub name: String,
    /// The application's flags, where Discord tells them: among others whether the portal grants
    /// `MESSAGE_CONTENT` (`GATEWAY_MESSAGE_CONTENT` or its `_LIMITED` form).
    pub flags: Option<ApplicationFlags>,
}

/// A guild as our bot finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuildReport {
    /// The guild's name.
    pub name: String,
    /// What our bot's roles allow in it, before any channel's overwrites. Everything, for
    /// administrators and the owner.
    pub permissions: Permissions,
}

/// A channel as our bot finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelReport {
    /// The guild it is in, if any.
    pub guild_id: Option<Id<GuildMarker>>,
    /// Discord's channel type: 0 text, 4 category (resources/channel#channel-object-channel-types).
    pub kind: u8,
}

impl Discord {
    /// Asks who we are. Let through even while the token is refused: its success ends that state.
    /// A 401 is asked about a second time, two seconds later, before it counts.
    pub async fn identity(&self) -> Result<Identity, DiscordError> {
        let user: User = self.get(&Call::who_am_i()).await?;
        kp!("discord.identity.named");
        let application = Call::new(
            "GET /applications/@me",
            Share::Conversation,
            Resource::None,
            self.builders.current_user_application(),
        );
        let application: Result<Application, DiscordError> =
            self.get(&application.map_err(Failed::from)?).await;
        let flags = match application {
            Ok(application) => application.flags.map(ApplicationFlags::from_bits_truncate),
            Err(error @ DiscordError::NotDone { .. }) => return Err(error),
            Err(_) => None, // not told here; READY tells as well
        };
        Ok(Identity {
            user_id: user.id,
            name: user.username,
            flags,
        })
    }

    /// Looks at a guild and at what `bot_id` (our own bot) may do in it. [`DiscordError::Never`]
    /// when the bot is not a member.
    pub async fn probe_guild(
        &self,
        guild_id: Id<GuildMarker>,
        bot_id: Id<UserMarker>,
    ) -> Result<GuildReport, DiscordError> {
        let guild = Call::new(
            "GET /guilds/{guild_id}",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.guild(guild_id),
        );
        let guild: Guild = self.get(&guild.map_err(Failed::from)?).await?;
        let member = Call::new(
            "GET /guilds/{guild_id}/members/{user_id}",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.guild_member(guild_id, bot_id),
        );
        let member: Member = self.get(&member.map_err(Failed::from)?).await?;
        kp!("discord.guild.probed");
        let permissions = permissions(&guild, guild_id, bot_id, &member);
        Ok(GuildReport {
            name: guild.name,
            permissions,
        })
    }

    /// Looks at a channel, such as the configured category. [`DiscordError::Never`] when it does
    /// not exist or may not be seen.
    pub async fn probe_channel(
        &self,
        channel_id: Id<ChannelMarker>,
    ) -> Result<ChannelReport, DiscordError> {
        let call = Call::new(
            "GET /channels/{channel_id}",
            Share::Upkeep,
            Resource::Channel(channel_id),
            self.builders.channel(channel_id),
        );
        let channel: Channel = self.get(&call.map_err(Failed::from)?).await?;
        Ok(ChannelReport {
            guild_id: channel.guild_id,
            kind: channel.kind,
        })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, call: &Call) -> Result<T, DiscordError> {
        Ok(self.sender.send(call, json::<T>).await?)
    }
}

impl GatewayDirectory for Discord {
    async fn gateway(&self) -> Result<Endpoint, cordboard_gateway::Failure> {
        let call = Call::new(
            "GET /gateway/bot",
            Share::Conversation,
            Resource::None,
            self.builders.gateway().authed(),
        );
        let call = call.map_err(|trouble| endpoint_failure(trouble.into()))?;
        let bot = self
            .sender
            .send(&call, json::<GatewayBot>)
            .await
            .map_err(endpoint_failure)?;
        kp!("discord.gateway.found");
        Ok(Endpoint {
            url: bot.url,
            identifies_left: bot.session_start_limit.remaining,
            identifies_reset_after: Duration::from_millis(bot.session_start_limit.reset_after),
            max_concurrency: bot.session_start_limit.max_concurrency,
            shards: bot.shards,
        })
    }
}

/// Only a refused token stops the gateway: whatever else is wrong may pass.
fn endpoint_failure(Failed { trouble, .. }: Failed) -> cordboard_gateway::Failure {
    match trouble {
        Trouble::TokenRefused => cordboard_gateway::Failure::Never {
            source: trouble.into(),
        },
        _ => cordboard_gateway::Failure::NotDone {
            wait: trouble.wait(),
            source: trouble.into(),
        },
    }
}

/// topics/permissions#permission-hierarchy, without overwrites.
fn permissions(
    guild: &Guild,
    guild_id: Id<GuildMarker>,
    bot_id: Id<UserMarker>,
    member: &Member,
) -> Permissions {
    if guild.owner_id == bot_id {
        return Permissions::all();
    }
    let everyone: Id<RoleMarker> = guild_id.cast();
    let granted = guild
        .roles
        .iter()
        .filter(|role| role.id == everyone || member.roles.contains(&role.id))
        .fold(Permissions::empty(), |granted, role| {
            granted | role.permissions
        });
    if granted.contains(Permissions::ADMINISTRATOR) {
        Permissions::all()
    } else {
        granted
    }
}

#[derive(Deserialize)]
struct GatewayBot {
    url: String,
    #[serde(default = "one")]
    shards: u32,
    session_start_limit: SessionStartLimit,
}

/// events/gateway#session-start-limit-object
#[derive(Deserialize)]
struct SessionStartLimit {
    remaining: u32,
    /// In milliseconds.
    reset_after: u64,
    #[serde(default = "one")]
    max_concurrency: u32,
}

/// What is right for a small bot, where Discord does not say.
fn one() -> u32 {
    1
}

#[derive(Deserialize)]
struct User {
    id: Id<UserMarker>,
    username: String,
}

#[derive(Deserialize)]
struct Application {
    #[serde(default)]
    flags: Option<u64>,
}

#[derive(Deserialize)]
struct Guild {
    name: String,
    owner_id: Id<UserMarker>,
    roles: Vec<Role>,
}

#[derive(Deserialize)]
struct Role {
    id: Id<RoleMarker>,
    permissions: Permissions,
}

#[derive(Deserialize)]
struct Member {
    roles: Vec<Id<RoleMarker>>,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default)]
    guild_id: Option<Id<GuildMarker>>,
    #[serde(rename = "type")]
    kind: u8,
}

#[cfg(test)]
mod tests;
