//! A guild that Discord itself cannot reach for a while
//! (Discord: events/gateway-events#guild-delete).

use serde::{Deserialize, Serialize};

use super::{
    ApiError, World,
    event::{self, Audience},
};

/// What REST says of a guild in an outage, and of its channels.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutageAnswer {
    /// 503, as a part of Discord that is down.
    #[default]
    ServerError,
    /// As to a stranger: 404 with 10004 for the guild itself, 403 with 50001 for all that is in it.
    Stranger,
}

impl OutageAnswer {
    fn error(self) -> ApiError {
        match self {
            Self::ServerError => ApiError::unavailable(),
            Self::Stranger => ApiError::missing_access(),
        }
    }
}

impl World {
    /// Refuses everybody, the scripted bots and the owner too, while the guild is in an outage.
    pub(crate) fn reach(&self, guild_id: u64) -> Result<(), ApiError> {
        match self.guilds.get(&guild_id).and_then(|guild| guild.outage) {
            Some(answer) => Err(answer.error()),
            None => Ok(()),
        }
    }

    /// The guild goes: its sessions get `GUILD_DELETE` with `unavailable`, and no event more.
    pub(crate) fn begin_outage(&mut self, guild_id: u64, answer: OutageAnswer) {
        let Some(guild) = self.guilds.get_mut(&guild_id) else {
            return;
        };
        if guild.outage.replace(answer).is_some() {
            return;
        }
        for bot in self.bots_in(guild_id) {
            let audience = (Audience::Only(bot), event::GUILDS);
            self.emit(
                "GUILD_DELETE",
                guild_id,
                audience,
                super::guild::unavailable(guild_id),
            );
        }
    }

    /// The guild is back: its sessions get `GUILD_CREATE` with all that is in it now.
    pub(crate) fn end_outage(&mut self, guild_id: u64) {
        let ended = self
            .guilds
            .get_mut(&guild_id)
            .and_then(|guild| guild.outage.take());
        if ended.is_none() {
            return;
        }
        for bot in self.bots_in(guild_id) {
            self.emit_guild_create(guild_id, bot);
        }
    }

    /// `GUILD_CREATE` to one bot.
    pub(crate) fn emit_guild_create(&mut self, guild_id: u64, bot: u64) {
        let data = self.guild_create(guild_id, bot);
        let audience = (Audience::Only(bot), event::GUILDS);
        self.emit("GUILD_CREATE", guild_id, audience, data);
    }

    fn bots_in(&self, guild_id: u64) -> Vec<u64> {
        let bots = self.bots.iter().copied();
        bots.filter(|bot| self.is_member(guild_id, *bot)).collect()
    }
}
