//! How much is left of what Discord counts: IDENTIFYs of the bot; channels, roles and active threads of
//! a guild.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use twilight_model::id::{Id, marker::GuildMarker};

use crate::{
    Discord, DiscordError,
    call::Call,
    limiter::{Resource, Share},
    verdict::Failed,
};

/// How often the bot may begin gateway sessions (events/gateway#session-start-limit-object).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identifies {
    /// What is left.
    pub remaining: u32,
    /// What there is after each reset.
    pub total: u32,
    /// Until the next one.
    pub reset_after: Duration,
}

impl Discord {
    /// How many IDENTIFYs are left. Asking spends none.
    pub async fn identifies(&self) -> Result<Identifies, DiscordError> {
        let call = Call::new(
            "GET /gateway/bot",
            Share::Upkeep,
            Resource::None,
            self.builders.gateway().authed(),
        );
        let bot: GatewayBot = self.get(&call.map_err(Failed::from)?).await?;
        let limit = bot.session_start_limit;
        Ok(Identifies {
            remaining: limit.remaining,
            total: limit.total,
            reset_after: Duration::from_millis(limit.reset_after),
        })
    }

    /// How many channels a guild has, threads excepted and categories included, as far as the bot may
    /// see them.
    pub async fn channel_count(&self, guild_id: Id<GuildMarker>) -> Result<u64, DiscordError> {
        let call = Call::new(
            "GET /guilds/{guild_id}/channels",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.guild_channels(guild_id),
        );
        let list: List = self.get(&call.map_err(Failed::from)?).await?;
        Ok(list.len() as u64)
    }

    /// How many roles a guild has, `@everyone` included.
    pub async fn role_count(&self, guild_id: Id<GuildMarker>) -> Result<u64, DiscordError> {
        let call = Call::new(
            "GET /guilds/{guild_id}/roles",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.roles(guild_id),
        );
        let list: List = self.get(&call.map_err(Failed::from)?).await?;
        Ok(list.len() as u64)
    }

    /// How many threads of a guild are active, as far as the bot may see them.
    pub async fn active_thread_count(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<u64, DiscordError> {
        let call = Call::new(
            "GET /guilds/{guild_id}/threads/active",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.active_threads(guild_id),
        );
        let active: ActiveThreads = self.get(&call.map_err(Failed::from)?).await?;
        Ok(active.threads.len() as u64)
    }
}

/// Only the length counts: an odd entry is one all the same.
type List = Vec<Box<RawValue>>;

#[derive(Deserialize)]
struct ActiveThreads {
    threads: List,
}

#[derive(Deserialize)]
struct GatewayBot {
    session_start_limit: SessionStartLimit,
}

#[derive(Deserialize)]
struct SessionStartLimit {
    total: u32,
    remaining: u32,
    /// In milliseconds.
    reset_after: u64,
}
