//! Who is online (Discord: events/gateway-events#presence-update). People and bots of the
//! configuration are until somebody says otherwise; the crowd never is.

use serde_json::{Value, json};

use super::{
    ApiError, World,
    event::{self, Audience},
    guild::Guild,
};

/// Up to so many members `GUILD_CREATE` shows all of them, beyond it those who are online: the most
/// that `large_threshold` can ask for (Discord: events/gateway-events#identify).
pub(super) const LARGE: u64 = 250;

/// Beyond so many members it shows the reader alone, whatever its intents (discord-facts 4.2).
const SHOWN_MAX: u64 = 75_000;

impl Guild {
    /// Whether a member is online unless somebody says otherwise.
    fn is_lively(&self, user_id: u64) -> bool {
        !self.crowd.ids().contains(&user_id)
    }
}

impl World {
    /// Whether a member is online.
    pub(crate) fn is_online(&self, guild_id: u64, user_id: u64) -> bool {
        let Some(guild) = self.guilds.get(&guild_id) else {
            return false;
        };
        let told = self.online.get(&user_id).copied();
        guild.has_member(user_id) && told.unwrap_or_else(|| guild.is_lively(user_id))
    }

    /// A member comes online or goes offline.
    pub(crate) fn set_online(
        &mut self,
        guild_id: u64,
        user_id: u64,
        online: bool,
    ) -> Result<(), ApiError> {
        if !self.is_member(guild_id, user_id) {
            return Err(ApiError::unknown_member());
        }
        if self.is_online(guild_id, user_id) == online {
            return Ok(());
        }
        // Whoever is online is no longer one of the crowd.
        let guild = self.guilds.get_mut(&guild_id);
        guild.and_then(|guild| guild.member_mut(user_id).map(drop));
        self.online.insert(user_id, online);
        let mut data = presence(user_id, online);
        data["guild_id"] = json!(guild_id.to_string());
        let audience = (Audience::Guild, event::GUILD_PRESENCES);
        self.emit("PRESENCE_UPDATE", guild_id, audience, data);
        Ok(())
    }

    /// The ids of the members who are online, ascending.
    pub(super) fn online_ids(&self, guild_id: u64) -> impl Iterator<Item = u64> {
        let guild = self.guilds.get(&guild_id).into_iter();
        let kept = guild.flat_map(|guild| guild.members.keys().copied());
        kept.filter(move |user_id| self.is_online(guild_id, *user_id))
    }

    /// The presences of those among these users who are online.
    pub(crate) fn presences(
        &self,
        guild_id: u64,
        user_ids: impl IntoIterator<Item = u64>,
    ) -> Vec<Value> {
        user_ids
            .into_iter()
            .filter(|user_id| self.is_online(guild_id, *user_id))
            .map(|user_id| presence(user_id, true))
            .collect()
    }

    /// Adds to `GUILD_CREATE` what a session with `GUILD_PRESENCES` sees.
    pub(crate) fn add_presences(&self, viewer: u64, guild_create: &mut Value) {
        let id = guild_create["id"].as_str().and_then(|id| id.parse().ok());
        let Some(guild) = id.and_then(|id: u64| self.guilds.get(&id)) else {
            return;
        };
        let count = guild.member_count();
        let shown: Vec<u64> = if count > SHOWN_MAX {
            vec![viewer]
        } else if count > LARGE {
            let online = self.online_ids(guild.id);
            let mut shown: Vec<u64> = online.chain([viewer]).collect();
            shown.sort_unstable();
            shown.dedup();
            shown
        } else {
            guild.member_ids(0).collect()
        };
        let members = shown.iter();
        let members = members.filter_map(|user_id| self.member_object(guild.id, *user_id));
        guild_create["members"] = members.collect();
        guild_create["presences"] = self.presences(guild.id, shown).into();
    }
}

/// The presence of one user.
fn presence(user_id: u64, online: bool) -> Value {
    let (status, clients) = if online {
        ("online", json!({ "web": "online" }))
    } else {
        ("offline", json!({}))
    };
    json!({
        "user": { "id": user_id.to_string() },
        "status": status,
        "activities": [],
        "client_status": clients,
    })
}
