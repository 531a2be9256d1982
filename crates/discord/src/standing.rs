//! What permissions follow from: a guild's roles, and its members.

use cordboard_upkeep::{GuildRoles, Member, RoleGrant};
use serde::Deserialize;
use twilight_model::{
    guild::Permissions,
    id::{
        Id,
        marker::{ChannelMarker, GuildMarker, RoleMarker, UserMarker},
    },
    util::Timestamp,
};

use crate::{
    Code, Discord, DiscordError,
    call::Call,
    limiter::{Resource, Share},
    verdict::Failed,
};

/// A guild with its roles.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuildStanding {
    /// Its name.
    pub name: String,
    /// Its roles, and who owns it.
    pub roles: GuildRoles,
    /// The channels that it uses for itself, with what for in a word.
    pub special: Vec<(Id<ChannelMarker>, &'static str)>,
}

/// A member of a guild.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberStanding {
    /// The user's name.
    pub user_name: String,
    /// Whether it is a bot's account.
    pub is_bot: bool,
    /// What its permissions follow from.
    pub member: Member,
}

impl Discord {
    /// Looks at a guild (resources/guild#get-guild).
    pub async fn guild_standing(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<GuildStanding, DiscordError> {
        let call = Call::new(
            "GET /guilds/{guild_id}",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.guild(guild_id),
        );
        let guild: Guild = self.get(&call.map_err(Failed::from)?).await?;
        Ok(guild.standing(guild_id))
    }

    /// Looks for a user in a guild (resources/guild#get-guild-member); `None` when it is no member.
    pub async fn member_standing(
        &self,
        guild_id: Id<GuildMarker>,
        user_id: Id<UserMarker>,
    ) -> Result<Option<MemberStanding>, DiscordError> {
        let call = Call::new(
            "GET /guilds/{guild_id}/members/{user_id}",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.guild_member(guild_id, user_id),
        );
        match self.get::<GuildMember>(&call.map_err(Failed::from)?).await {
            Ok(member) => Ok(Some(member.standing(user_id, self.clock_ms()))),
            Err(DiscordError::Never { source })
                if source.refusal().is_some_and(|refusal| {
                    // Unknown Member, and Unknown User: no account has this id.
                    matches!(refusal.code, Code::Other(10_007 | 10_013))
                }) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What Discord's clock has at least passed, in milliseconds since 1970, by the `Date` of its
    /// answers: a second or so behind after each of them. `None` before the first.
    #[must_use]
    pub fn clock_ms(&self) -> Option<u64> {
        self.sender.discord_ms()
    }
}

#[derive(Deserialize)]
struct Guild {
    name: String,
    owner_id: Id<UserMarker>,
    roles: Vec<Role>,
    #[serde(default)]
    rules_channel_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    public_updates_channel_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    safety_alerts_channel_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    system_channel_id: Option<Id<ChannelMarker>>,
}

#[derive(Deserialize)]
struct Role {
    id: Id<RoleMarker>,
    position: i64,
    permissions: Permissions,
}

#[derive(Deserialize)]
struct GuildMember {
    user: User,
    roles: Vec<Id<RoleMarker>>,
    #[serde(default)]
    communication_disabled_until: Option<Timestamp>,
}

#[derive(Deserialize)]
struct User {
    username: String,
    #[serde(default)]
    bot: bool,
}

// === impl Guild ===

impl Guild {
    fn standing(self, guild_id: Id<GuildMarker>) -> GuildStanding {
        // Whatever else one of them is, it is named by what it minds most.
        let special = [
            (self.rules_channel_id, "rules"),
            (self.public_updates_channel_id, "community updates"),
            (self.safety_alerts_channel_id, "safety alerts"),
            (self.system_channel_id, "system"),
        ];
        let roles = self.roles.into_iter().map(|role| RoleGrant {
            id: role.id,
            position: role.position,
            permissions: role.permissions,
        });
        GuildStanding {
            name: self.name,
            roles: GuildRoles {
                guild_id,
                owner_id: self.owner_id,
                roles: roles.collect(),
            },
            special: special
                .into_iter()
                .filter_map(|(id, role)| Some((id?, role)))
                .collect(),
        }
    }
}

// === impl GuildMember ===

impl GuildMember {
    /// A time-out that has passed may still be written down (resources/guild#guild-member-object).
    fn standing(self, user_id: Id<UserMarker>, now_ms: Option<u64>) -> MemberStanding {
        let until_ms = self
            .communication_disabled_until
            .map(|until| until.as_micros() / 1_000);
        let now_ms = now_ms.and_then(|now_ms| i64::try_from(now_ms).ok());
        let is_timed_out =
            until_ms.is_some_and(|until_ms| now_ms.is_none_or(|now_ms| until_ms > now_ms));
        MemberStanding {
            user_name: self.user.username,
            is_bot: self.user.bot,
            member: Member {
                user_id,
                roles: self.roles,
                is_timed_out,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send::json;

    #[test]
    fn a_guild_is_read_with_its_roles_and_its_own_channels() {
        let body = br#"{"name":"g","owner_id":"5","system_channel_id":"7","rules_channel_id":"7",
            "afk_channel_id":null,"public_updates_channel_id":"8","roles":[
            {"id":"1","name":"@everyone","position":0,"permissions":"1024"}]}"#;
        let guild = json::<Guild>(body).unwrap().standing(Id::new(1));
        assert_eq!(guild.roles.roles[0].permissions, Permissions::VIEW_CHANNEL);
        let special: Vec<_> = guild
            .special
            .iter()
            .map(|(id, role)| (id.get(), *role))
            .collect();
        let expected = [(7, "rules"), (8, "community updates"), (7, "system")];
        assert_eq!(special, expected);
    }

    #[test]
    fn a_member_is_silenced_until_the_time_has_passed() {
        let member = |until: &str, now_ms| {
            let body = format!(
                r#"{{"user":{{"id":"5","username":"b","bot":true}},"roles":["1"],
                "communication_disabled_until":{until}}}"#
            );
            let member = json::<GuildMember>(body.as_bytes()).unwrap();
            member.standing(Id::new(5), now_ms)
        };
        // 2026-11-26T18:00:00Z is 1795716000 s after 1970.
        let until = "\"2026-11-26T18:00:00.000000+00:00\"";
        for (until, now_ms, expected) in [
            ("null", Some(0), false),
            (until, Some(1_795_715_999_000), true),
            (until, Some(1_795_716_000_000), false),
            (until, None, true),
        ] {
            let standing = member(until, now_ms);
            assert_eq!(standing.member.is_timed_out, expected, "{until} {now_ms:?}");
            assert!(standing.is_bot);
        }
    }
}
