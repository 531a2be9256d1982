//! The guild: its object, its special channels, and what a session learns of it at once.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::{
    ApiError, Crowd, Onboarding, OutageAnswer, World,
    audit::{self, Entry},
    event::{self, Audience},
    member::Member,
    permission, presence,
    role::{Cleanup, Role},
    snowflake,
};

/// One guild; its channels and messages are kept by the world.
#[derive(Debug)]
pub(crate) struct Guild {
    /// The id, which is its `@everyone` role's id too.
    pub(crate) id: u64,
    /// The name.
    pub(crate) name: String,
    /// Who owns it and may do everything.
    pub(crate) owner_id: u64,
    /// Roles by id.
    pub(crate) roles: BTreeMap<u64, Role>,
    /// Members by user id, but for the crowd.
    pub(super) members: BTreeMap<u64, Member>,
    /// The silent ones.
    pub(super) crowd: Crowd,
    /// The audit log, oldest first.
    pub(crate) audit: VecDeque<Entry>,
    /// Deleted roles that members may still show (discord-facts 5).
    pub(super) role_cleanups: Vec<Cleanup>,
    /// The channels the guild itself uses, by their field's name.
    pub(crate) special: BTreeMap<&'static str, u64>,
    /// The channels that newcomers are put into.
    pub(crate) onboarding: Onboarding,
    /// What REST says as long as Discord cannot reach it.
    pub(crate) outage: Option<OutageAnswer>,
    /// Whether the message search has built its index.
    pub(crate) search_indexed: bool,
}

/// The fields of a guild that name a channel.
pub(crate) const SPECIAL: [&str; 6] = [
    "system_channel_id",
    "rules_channel_id",
    "public_updates_channel_id",
    "safety_alerts_channel_id",
    "afk_channel_id",
    "widget_channel_id",
];

/// Changes to a guild: its name, and which channel serves which special purpose.
#[derive(Clone, Debug, Default)]
pub(crate) struct GuildPatch {
    /// The new name.
    pub(crate) name: Option<String>,
    /// Special channels, by their field's name; `None` clears one.
    pub(crate) special: Vec<(&'static str, Option<u64>)>,
}

impl Guild {
    /// Whether the guild needs this channel for being a Community.
    pub(crate) fn requires(&self, channel_id: u64) -> bool {
        ["rules_channel_id", "public_updates_channel_id"]
            .iter()
            .any(|field| self.special.get(field) == Some(&channel_id))
    }

    /// What the `@everyone` role grants.
    pub(crate) fn everyone(&self) -> u64 {
        self.roles.get(&self.id).map_or(0, |role| role.permissions)
    }

    fn features(&self) -> Value {
        if self.special.contains_key("rules_channel_id") {
            json!(["COMMUNITY"])
        } else {
            json!([])
        }
    }

    /// The guild object, without channels, members and threads.
    pub(crate) fn value(&self) -> Value {
        let mut value = json!({
            "id": self.id.to_string(),
            "name": self.name,
            "icon": null,
            "splash": null,
            "discovery_splash": null,
            "banner": null,
            "description": null,
            "owner_id": self.owner_id.to_string(),
            "region": "deprecated",
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "roles": self.roles.values().map(Role::value).collect::<Vec<_>>(),
            "emojis": [],
            "stickers": [],
            "features": self.features(),
            "mfa_level": 0,
            "application_id": null,
            "system_channel_flags": 0,
            "max_presences": null,
            "max_members": 500_000,
            "max_video_channel_users": 25,
            "max_stage_video_channel_users": 50,
            "vanity_url_code": null,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": false,
            "preferred_locale": "en-US",
            "nsfw": false,
            "nsfw_level": 0,
            "widget_enabled": false,
            "incidents_data": null,
        });
        for field in SPECIAL {
            value[field] = json!(self.special.get(field).map(ToString::to_string));
        }
        value
    }
}

/// A guild that cannot be reached.
pub(crate) fn unavailable(guild_id: u64) -> Value {
    json!({ "id": guild_id.to_string(), "unavailable": true })
}

impl World {
    /// The guild, for a member, unless it is in an outage. Whoever is no member gets 50001, as on
    /// every guild route but `GET /guilds/{guild_id}`.
    pub(crate) fn guild_for(&self, actor: u64, guild_id: u64) -> Result<&Guild, ApiError> {
        let guild = self
            .guilds
            .get(&guild_id)
            .ok_or_else(ApiError::unknown_guild)?;
        self.reach(guild_id)?;
        if guild.has_member(actor) {
            Ok(guild)
        } else {
            Err(ApiError::missing_access())
        }
    }

    /// What a member may do in the guild, before any channel's overwrites.
    pub(crate) fn guild_permissions(&self, guild_id: u64, user_id: u64) -> u64 {
        let granted = self.granted_permissions(guild_id, user_id);
        permission::timed_out(granted, self.is_timed_out(guild_id, user_id))
    }

    /// Whether a moderator has silenced the member, for now.
    pub(crate) fn is_timed_out(&self, guild_id: u64, user_id: u64) -> bool {
        let now_ms = self.clock.now_ms();
        let member = self.guilds.get(&guild_id).and_then(|of| of.member(user_id));
        member.is_some_and(|member| member.is_timed_out(now_ms))
    }

    /// What its roles grant a member in the guild, in a time-out or not.
    pub(crate) fn granted_permissions(&self, guild_id: u64, user_id: u64) -> u64 {
        let Some(guild) = self.guilds.get(&guild_id) else {
            return 0;
        };
        let Some(member) = guild.member(user_id) else {
            return 0;
        };
        let roles = member.roles.iter().filter_map(|id| guild.roles.get(id));
        let granted = roles.map(|role| role.permissions);
        permission::base(guild.owner_id == user_id, guild.everyone(), granted)
    }

    /// 50013 unless the member holds all of `needed` in the guild.
    pub(crate) fn need_in_guild(
        &self,
        actor: u64,
        guild_id: u64,
        needed: u64,
    ) -> Result<&Guild, ApiError> {
        let guild = self.guild_for(actor, guild_id)?;
        if self.guild_permissions(guild_id, actor) & needed == needed {
            Ok(guild)
        } else {
            Err(ApiError::missing_permissions())
        }
    }

    /// `GET /guilds/{guild_id}`. Not being in it is 10004 here (discord-facts 1.3).
    pub(crate) fn guild(&self, actor: u64, guild_id: u64, counts: bool) -> Result<Value, ApiError> {
        let guild = self
            .guild_for(actor, guild_id)
            .map_err(|refusal| match refusal.code {
                50001 => ApiError::unknown_guild(),
                _ => refusal,
            })?;
        let mut value = guild.value();
        if counts {
            value["approximate_member_count"] = json!(guild.member_count());
            value["approximate_presence_count"] = json!(self.online_ids(guild_id).count());
        }
        Ok(value)
    }

    /// `PATCH /guilds/{guild_id}`.
    pub(crate) fn modify_guild(
        &mut self,
        actor: u64,
        guild_id: u64,
        patch: GuildPatch,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        self.need_in_guild(actor, guild_id, permission::MANAGE_GUILD)?;
        for (field, channel_id) in &patch.special {
            let known = channel_id.is_none_or(|id| self.channels.contains_key(&id));
            if !known {
                return Err(ApiError::form(field, "CHANNEL_UNKNOWN", "Unknown channel"));
            }
        }
        let guild = self
            .guilds
            .get_mut(&guild_id)
            .ok_or_else(ApiError::unknown_guild)?;
        if let Some(name) = patch.name {
            guild.name = name;
        }
        for (field, channel_id) in patch.special {
            match channel_id {
                Some(id) => guild.special.insert(field, id),
                None => guild.special.remove(field),
            };
        }
        let value = guild.value();
        self.note_protection();
        self.audit(
            guild_id,
            actor,
            audit::Act::on(audit::GUILD_UPDATE, guild_id),
            reason,
        );
        let audience = (Audience::Guild, event::GUILDS);
        self.emit("GUILD_UPDATE", guild_id, audience, value.clone());
        Ok(value)
    }

    /// `GUILD_CREATE` as one viewer gets it: channels masked or left whole, active threads it can
    /// view, and itself as the only member (Discord: events/gateway-events#guild-create).
    pub(crate) fn guild_create(&self, guild_id: u64, viewer: u64) -> Value {
        let Some(guild) = self.guilds.get(&guild_id) else {
            return Value::Null;
        };
        let joined_ms = guild.member(viewer).map_or(0, |member| member.joined_ms);
        let rooms = self
            .channels
            .values()
            .filter(|one| one.guild_id == guild_id);
        let (threads, channels): (Vec<_>, Vec<_>) = rooms.partition(|one| one.thread.is_some());
        let mut value = guild.value();
        value["joined_at"] = json!(snowflake::iso_ms(joined_ms));
        value["large"] = json!(guild.member_count() > presence::LARGE);
        value["unavailable"] = json!(false);
        value["member_count"] = json!(guild.member_count());
        value["members"] = json!([self.member_object(guild_id, viewer)]);
        value["channels"] = channels
            .into_iter()
            .map(|one| self.channel_seen_by(viewer, one))
            .collect();
        value["threads"] = threads
            .into_iter()
            .filter(|one| one.is_active() && self.can_view(viewer, one.id))
            .map(|one| one.value(Some(viewer)))
            .collect();
        for empty in [
            "voice_states",
            "presences",
            "stage_instances",
            "guild_scheduled_events",
            "soundboard_sounds",
            "embedded_activities",
        ] {
            value[empty] = json!([]);
        }
        value
    }
}
