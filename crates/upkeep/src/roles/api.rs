//! What is asked of Discord.

use std::collections::BTreeMap;

use twilight_model::{
    guild::Permissions,
    id::{
        Id,
        marker::{GuildMarker, RoleMarker, UserMarker},
    },
};

use super::Failure;

/// All that removing roles asks of Discord.
pub trait RoleApi: Send + Sync {
    /// The guild's roles, `@everyone` among them (`GET /guilds/{guild_id}/roles`).
    fn roles(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> impl Future<Output = Result<Vec<Role>, Failure>> + Send;

    /// Where our bot stands in the guild. [`Failure::Never`] when it is not in it.
    fn standing(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> impl Future<Output = Result<Standing, Failure>> + Send;

    /// Deletes a role, once: it does not repeat what may have been carried out. [`Failure::Never`] only
    /// when no other role would fare better: the guild does not let us in, or the token is refused.
    fn delete(
        &self,
        guild_id: Id<GuildMarker>,
        role_id: Id<RoleMarker>,
        reason: &str,
    ) -> impl Future<Output = Result<Deletion, Failure>> + Send;

    /// How many members hold each role (`GET /guilds/{guild_id}/roles/member-counts`). `@everyone` is
    /// not in it.
    fn holders(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> impl Future<Output = Result<BTreeMap<Id<RoleMarker>, u64>, Failure>> + Send;
}

/// Which roles each member holds, as far as Discord shows it: what [`Removal::verify`](super::Removal::verify)
/// asks besides.
pub trait MemberApi: Send + Sync {
    /// A page of the guild's members, by ascending id, after this one. [`Failure::Never`] when Discord
    /// does not show them: it takes the *Server Members Intent* in the portal, whatever IDENTIFY
    /// asked for (events/gateway#http-restrictions).
    fn members(
        &self,
        guild_id: Id<GuildMarker>,
        after: Option<Id<UserMarker>>,
    ) -> impl Future<Output = Result<MemberPage, Failure>> + Send;

    /// Members whose user name or nickname begins with `query`, up to a thousand of them. Discord
    /// documents no intent for it (resources/guild#search-guild-members).
    fn search_members(
        &self,
        guild_id: Id<GuildMarker>,
        query: &str,
    ) -> impl Future<Output = Result<MemberPage, Failure>> + Send;
}

/// What Discord remembers of who created roles: the audit log.
pub trait RoleLog: Send + Sync {
    /// The creations since then, in milliseconds since 1970, and whether these are all.
    /// [`Failure::Never`] without *View Audit Log*.
    fn creations(
        &self,
        guild_id: Id<GuildMarker>,
        since_ms: u64,
    ) -> impl Future<Output = Result<(Vec<RoleCreation>, bool), Failure>> + Send;
}

/// A role of a guild (Discord: topics/permissions#role-object).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its id; that of `@everyone` is the guild's.
    pub id: Id<RoleMarker>,
    /// Its name.
    pub name: String,
    /// Its place in the hierarchy, from below. Of two in one place the older one is higher.
    pub position: i64,
    /// What it grants.
    pub permissions: Permissions,
    /// Whether a bot or another integration owns it, or Discord does.
    pub is_managed: bool,
}

/// Where our bot stands in a guild.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether the guild is its own. Then nothing is above it.
    pub is_owner: bool,
    /// The roles it holds, `@everyone` excepted.
    pub roles: Vec<Id<RoleMarker>>,
    /// About how many members the guild has, where Discord told.
    pub members: Option<u64>,
}

/// What came of a deletion that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Deleted (204).
    Gone,
    /// There is no such role: it was deleted before (404, 10011).
    Absent,
    /// Discord does not let us delete this role (such as 50013, 50028); others it may.
    Refused {
        /// Discord's own words.
        why: String,
    },
}

/// Some members, and the roles they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberPage {
    /// By ascending id.
    pub members: Vec<(Id<UserMarker>, Vec<Id<RoleMarker>>)>,
    /// Whether there are no more.
    pub is_last: bool,
}

/// The creation of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleCreation {
    /// Whether our bot created it.
    pub is_ours: bool,
}
