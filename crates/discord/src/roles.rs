//! A guild's roles and who holds them: `cordboard_upkeep::roles::{RoleApi, MemberApi, RoleLog}`.

use std::collections::BTreeMap;

use cordboard_upkeep::roles::{
    Deletion, Failure, MemberApi, MemberPage, Role, RoleApi, RoleCreation, RoleLog, Standing,
};
use serde::{Deserialize, de::DeserializeOwned};
use twilight_http::request::{AuditLogReason as _, TryIntoRequest};
use twilight_model::{
    guild::{Permissions, audit_log::AuditLogEventType},
    id::{
        Id,
        marker::{AuditLogEntryMarker, GuildMarker, RoleMarker, UserMarker},
    },
};

use crate::{
    Code, Discord, Trouble,
    call::Call,
    limiter::{Resource, Share},
    limits::{CREATION_PAGES_MAX, MEMBERS_PAGE, PAGE},
    send::{json, nothing},
    verdict::Failed,
};

/// Where Discord's ids begin, in milliseconds since 1970 (reference#snowflakes).
const EPOCH_MS: u64 = 1_420_070_400_000;

impl RoleApi for Discord {
    async fn roles(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Role>, Failure> {
        let request = self.builders.roles(guild_id);
        let listed = self.upkeep("GET /guilds/{guild_id}/roles", guild_id, request);
        let listed: Vec<WireRole> = listed.await?;
        Ok(listed.into_iter().map(Role::from).collect())
    }

    async fn standing(&self, guild_id: Id<GuildMarker>) -> Result<Standing, Failure> {
        let bot_id = self.bot_id().await?;
        let request = self.builders.guild(guild_id).with_counts(true);
        let guild = self.upkeep("GET /guilds/{guild_id}", guild_id, request);
        let guild: Guild = guild.await?;
        let request = self.builders.guild_member(guild_id, bot_id);
        let route = "GET /guilds/{guild_id}/members/{user_id}";
        let member: Member = self.upkeep(route, guild_id, request).await?;
        Ok(Standing {
            is_owner: guild.owner_id == bot_id,
            roles: member.roles,
            members: guild.approximate_member_count,
        })
    }

    async fn delete(
        &self,
        guild_id: Id<GuildMarker>,
        role_id: Id<RoleMarker>,
        reason: &str,
    ) -> Result<Deletion, Failure> {
        let request = self.builders.delete_role(guild_id, role_id).reason(reason);
        let call = Call::new(
            "DELETE /guilds/{guild_id}/roles/{role_id}",
            Share::Upkeep,
            Resource::Guild(guild_id),
            request,
        );
        let call = call.map_err(|trouble| acting(trouble.into()))?;
        deletion(self.sender.send(&call, nothing).await)
    }

    async fn holders(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<BTreeMap<Id<RoleMarker>, u64>, Failure> {
        let request = self.builders.role_member_counts(guild_id);
        let route = "GET /guilds/{guild_id}/roles/member-counts";
        self.upkeep(route, guild_id, request).await
    }
}

impl MemberApi for Discord {
    async fn members(
        &self,
        guild_id: Id<GuildMarker>,
        after: Option<Id<UserMarker>>,
    ) -> Result<MemberPage, Failure> {
        let mut request = self.builders.guild_members(guild_id).limit(MEMBERS_PAGE);
        if let Some(after) = after {
            request = request.after(after);
        }
        let listed = self.upkeep("GET /guilds/{guild_id}/members", guild_id, request);
        let listed: Vec<ListedMember> = listed.await?;
        Ok(page(listed))
    }

    async fn search_members(
        &self,
        guild_id: Id<GuildMarker>,
        query: &str,
    ) -> Result<MemberPage, Failure> {
        let request = self.builders.search_guild_members(guild_id, query);
        let request = request.limit(MEMBERS_PAGE);
        let route = "GET /guilds/{guild_id}/members/search";
        let found: Vec<ListedMember> = self.upkeep(route, guild_id, request).await?;
        Ok(page(found))
    }
}

impl RoleLog for Discord {
    async fn creations(
        &self,
        guild_id: Id<GuildMarker>,
        since_ms: u64,
    ) -> Result<(Vec<RoleCreation>, bool), Failure> {
        let bot_id = self.bot_id().await?;
        let mut after = since_ms.saturating_sub(EPOCH_MS) << 22;
        let mut creations = Vec::new();
        for _ in 0..CREATION_PAGES_MAX {
            let request = self
                .builders
                .audit_log(guild_id)
                .action_type(AuditLogEventType::RoleCreate)
                .after(after)
                .limit(PAGE);
            let log = self.upkeep("GET /guilds/{guild_id}/audit-logs", guild_id, request);
            let AuditLog {
                audit_log_entries: entries,
            } = log.await?;
            let Some(last) = entries.iter().map(|entry| entry.id.get()).max() else {
                return Ok((creations, true));
            };
            let is_last = entries.len() < usize::from(PAGE);
            creations.extend(entries.into_iter().map(|entry| RoleCreation {
                is_ours: entry.user_id == Some(bot_id),
            }));
            if is_last {
                return Ok((creations, true));
            }
            after = last;
        }
        Ok((creations, false))
    }
}

impl Discord {
    /// Reads something of a guild when conversations leave the time.
    async fn upkeep<T: DeserializeOwned>(
        &self,
        route: &'static str,
        guild_id: Id<GuildMarker>,
        request: impl TryIntoRequest,
    ) -> Result<T, Failure> {
        let call = Call::new(route, Share::Upkeep, Resource::Guild(guild_id), request);
        let call = call.map_err(|trouble| acting(trouble.into()))?;
        let read = self.sender.send(&call, json::<T>).await;
        read.map_err(|failed| {
            acting(Failed {
                may_have_acted: false,
                ..failed
            })
        })
    }

    async fn bot_id(&self) -> Result<Id<UserMarker>, Failure> {
        let me = self.sender.send(&Call::who_am_i(), json::<User>).await;
        let me = me.map_err(|failed| {
            acting(Failed {
                may_have_acted: false,
                ..failed
            })
        });
        Ok(me?.id)
    }
}

fn page(listed: Vec<ListedMember>) -> MemberPage {
    let is_last = listed.len() < usize::from(MEMBERS_PAGE);
    let members = listed.into_iter().map(|of| (of.user.id, of.roles));
    let mut members: Vec<_> = members.collect();
    members.sort_unstable_by_key(|(id, _)| *id);
    MemberPage { members, is_last }
}

fn deletion(outcome: Result<(), Failed>) -> Result<Deletion, Failure> {
    let failed = match outcome {
        Ok(()) => return Ok(Deletion::Gone),
        Err(failed) => failed,
    };
    match &failed.trouble {
        // The status says it all.
        Trouble::BodyLost {
            status: 200..=299, ..
        } => Ok(Deletion::Gone),
        Trouble::Refused(refusal) => match (refusal.status, refusal.code) {
            (404, Code::UnknownRole) => Ok(Deletion::Absent),
            // Neither would fare better with another role.
            (_, Code::UnknownGuild | Code::MissingAccess) => Err(acting(failed)),
            // It speaks neither of the role nor of its guild: no more is known than after a 5xx.
            (404, _) => Err(Failure::Unknown {
                source: failed.trouble.into(),
            }),
            _ => Ok(Deletion::Refused {
                why: refusal.to_string(),
            }),
        },
        _ => Err(acting(failed)),
    }
}

fn acting(failed: Failed) -> Failure {
    let Failed {
        trouble,
        may_have_acted,
    } = failed;
    if trouble.is_final() {
        Failure::Never {
            source: trouble.into(),
        }
    } else if may_have_acted {
        Failure::Unknown {
            source: trouble.into(),
        }
    } else {
        Failure::NotDone {
            wait: trouble.wait(),
            source: trouble.into(),
        }
    }
}

#[derive(Deserialize)]
struct WireRole {
    id: Id<RoleMarker>,
    name: String,
    position: i64,
    permissions: Permissions,
    managed: bool,
}

impl From<WireRole> for Role {
    fn from(role: WireRole) -> Self {
        Self {
            id: role.id,
            name: role.name,
            position: role.position,
            permissions: role.permissions,
            is_managed: role.managed,
        }
    }
}

#[derive(Deserialize)]
struct Guild {
    owner_id: Id<UserMarker>,
    #[serde(default)]
    approximate_member_count: Option<u64>,
}

#[derive(Deserialize)]
struct Member {
    roles: Vec<Id<RoleMarker>>,
}

#[derive(Deserialize)]
struct ListedMember {
    user: User,
    roles: Vec<Id<RoleMarker>>,
}

#[derive(Deserialize)]
struct User {
    id: Id<UserMarker>,
}

#[derive(Deserialize)]
struct AuditLog {
    audit_log_entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: Id<AuditLogEntryMarker>,
    #[serde(default)]
    user_id: Option<Id<UserMarker>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: u64) -> Result<(), Failed> {
        let body = format!(r#"{{"code":{code},"message":"x"}}"#);
        let refusal = crate::Refusal::read(status, body.as_bytes()).unwrap();
        Err(Trouble::Refused(refusal).into())
    }

    #[test]
    fn only_discords_own_words_say_that_a_role_is_gone() {
        assert_eq!(deletion(Ok(())).unwrap(), Deletion::Gone);
        assert_eq!(deletion(refused(404, 10011)).unwrap(), Deletion::Absent);
        for (status, code) in [(404, 0), (404, 10003)] {
            let failure = deletion(refused(status, code)).unwrap_err();
            assert!(matches!(failure, Failure::Unknown { .. }), "{failure:?}");
        }
        for status in [404, 500, 502, 504] {
            let failure = deletion(Err(Trouble::Broken { status }.into())).unwrap_err();
            assert!(matches!(failure, Failure::Unknown { .. }), "{failure:?}");
        }
    }

    #[test]
    fn one_refused_role_is_told_apart_from_a_refused_guild() {
        for (status, code) in [(403, 50013), (400, 50028), (403, 60003)] {
            let answer = deletion(refused(status, code)).unwrap();
            assert!(matches!(answer, Deletion::Refused { .. }), "{answer:?}");
        }
        for (status, code) in [(404, 10004), (403, 50001)] {
            let failure = deletion(refused(status, code)).unwrap_err();
            assert!(matches!(failure, Failure::Never { .. }), "{failure:?}");
        }
    }
}
