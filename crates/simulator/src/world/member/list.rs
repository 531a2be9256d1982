//! Who is in the guild: the members that are kept and the crowd, as one list in the order of ids.

use std::borrow::Cow;

use serde_json::Value;

use super::Member;
use crate::world::{ApiError, World, event, guild::Guild};

impl Guild {
    /// Whether a user is in it.
    pub(crate) fn has_member(&self, user_id: u64) -> bool {
        self.members.contains_key(&user_id) || self.crowd.contains(user_id)
    }

    /// One member.
    pub(crate) fn member(&self, user_id: u64) -> Option<Cow<'_, Member>> {
        match self.members.get(&user_id) {
            Some(member) => Some(Cow::Borrowed(member)),
            None => self.crowd.member(user_id).map(Cow::Owned),
        }
    }

    /// One member that is about to change: one of the crowd steps out of it.
    pub(crate) fn member_mut(&mut self, user_id: u64) -> Option<&mut Member> {
        if let Some(member) = self.crowd.take(user_id) {
            self.members.insert(user_id, member);
        }
        self.members.get_mut(&user_id)
    }

    /// A member goes.
    pub(super) fn dismiss(&mut self, user_id: u64) {
        self.crowd.take(user_id);
        self.members.remove(&user_id);
    }

    /// How many members there are.
    pub(crate) fn member_count(&self) -> u64 {
        self.members.len() as u64 + self.crowd.len()
    }

    /// How many members hold a role.
    pub(crate) fn holders(&self, role_id: u64) -> u64 {
        let members = self.members.values();
        let kept = members.filter(|one| one.roles.contains(&role_id)).count();
        kept as u64 + self.crowd.holders(role_id)
    }

    /// Takes a role off all members.
    pub(crate) fn strip(&mut self, role_id: u64) {
        for member in self.members.values_mut() {
            member.roles.retain(|id| *id != role_id);
        }
        self.crowd.strip(role_id);
    }

    /// Takes a role off the members with smaller ids.
    pub(crate) fn strip_below(&mut self, role_id: u64, user_id: u64) {
        for (_, member) in self.members.range_mut(..user_id) {
            member.roles.retain(|id| *id != role_id);
        }
        self.crowd.strip_below(role_id, user_id);
    }

    /// The id below which the first `count` members are. Whoever has left the crowd keeps a place
    /// in it.
    pub(crate) fn id_after(&self, count: u64) -> u64 {
        let crowd = self.crowd.ids();
        let nth = |mut ids: std::collections::btree_map::Range<'_, u64, Member>, count: u64| {
            let id = usize::try_from(count).ok().and_then(|count| ids.nth(count));
            id.map_or(u64::MAX, |(id, _)| *id)
        };
        let before = self.members.range(..crowd.start).count() as u64;
        let inside = count.saturating_sub(before);
        if count < before {
            nth(self.members.range(..crowd.start), count)
        } else if inside < crowd.end - crowd.start {
            crowd.start + inside
        } else {
            nth(
                self.members.range(crowd.end..),
                inside - (crowd.end - crowd.start),
            )
        }
    }

    /// The user ids of all members, ascending, beginning with `from`. Costs as much as is read.
    pub(crate) fn member_ids(&self, from: u64) -> impl Iterator<Item = u64> {
        let kept = self.members.range(from..).map(|(id, _)| *id);
        merged(kept, self.crowd.ids_from(from))
    }
}

/// Two ascending lists without a common entry as one.
fn merged(
    one: impl Iterator<Item = u64>,
    other: impl Iterator<Item = u64>,
) -> impl Iterator<Item = u64> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(left), Some(right)) if left < right => one.next(),
        (Some(_), None) => one.next(),
        _ => other.next(),
    })
}

impl World {
    /// `GET /guilds/{guild_id}/members`: ascending by id, from after `after`. Needs the
    /// `GUILD_MEMBERS` switch in the portal, whatever IDENTIFY asked for.
    pub(crate) fn members(
        &self,
        actor: u64,
        guild_id: u64,
        after: u64,
        limit: u64,
    ) -> Result<Value, ApiError> {
        let guild = self.guild_for(actor, guild_id)?;
        if self.privileged_intents_of(actor) & event::GUILD_MEMBERS == 0 {
            return Err(ApiError::missing_access());
        }
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let ids = guild.member_ids(after.saturating_add(1)).take(page);
        Ok(ids
            .filter_map(|id| self.member_object(guild_id, id))
            .collect())
    }

    /// `GET /guilds/{guild_id}/members/search`: user name or nickname begins with `query`.
    pub(crate) fn search_members(
        &self,
        actor: u64,
        guild_id: u64,
        query: &str,
        limit: u64,
    ) -> Result<Value, ApiError> {
        self.guild_for(actor, guild_id)?;
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let found = self.members_named(guild_id, query, (None, page));
        Ok(found
            .into_iter()
            .filter_map(|id| self.member_object(guild_id, id))
            .collect())
    }

    /// The ids of the first members whose user name or nickname begins with `query`, ascending;
    /// among one user alone, if so told.
    pub(crate) fn members_named(
        &self,
        guild_id: u64,
        query: &str,
        (among, limit): (Option<u64>, usize),
    ) -> Vec<u64> {
        let Some(guild) = self.guilds.get(&guild_id) else {
            return Vec::new();
        };
        let query = query.to_lowercase();
        if let Some(user_id) = among {
            let member = guild.member(user_id);
            let member = member.filter(|member| self.is_named(member, &query));
            return member.iter().map(|member| member.user_id).collect();
        }
        let kept = guild.members.values();
        let kept = kept.filter(|one| self.is_named(one, &query));
        let kept = kept.map(|one| one.user_id);
        merged(kept, guild.crowd.named(&query))
            .take(limit)
            .collect()
    }

    /// Whether a member's user name or nickname begins with `query` (in lower case).
    fn is_named(&self, member: &Member, query: &str) -> bool {
        let begins = |text: &str| text.to_lowercase().starts_with(query);
        let user = self.user_of(member.user_id);
        user.is_some_and(|user| begins(&user.name)) || member.nick.as_deref().is_some_and(begins)
    }
}
