//! What really happened to roles, whatever anybody says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Role;
use crate::{
    config::id,
    record::{RoleRequests, RoleSeen},
    world::World,
};

/// One role that was deleted, or that somebody asked to delete.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct RoleTruth {
    /// Its id.
    #[serde(with = "id")]
    pub id: u64,
    /// Its name; `None`: no such role ever was.
    pub name: Option<String>,
    /// Whether it still exists.
    pub alive: bool,
    /// Whether it belongs to a bot or to another integration.
    pub managed: bool,
    /// Whether it is `@everyone`.
    pub everyone: bool,
    /// Whether anybody asked to delete it who did not stand above it.
    pub above_actor: bool,
    /// When it was deleted, in milliseconds since 1970.
    pub deleted_at: Option<u64>,
    /// Who deleted it: the user whose token the simulator received, or who threw its bot out.
    #[serde(with = "id::option")]
    pub deleted_by: Option<u64>,
    /// How many requests to delete it were received, whoever sent them and whatever came of them.
    pub requests: u64,
    /// How those requests were answered: how many with which status. Those without an answer are
    /// not in it.
    pub statuses: BTreeMap<u16, u64>,
    /// How many members hold it still.
    pub holders: u64,
}

/// A role that is no more.
#[derive(Debug)]
pub(crate) struct DeadRole {
    role: Role,
    deleted_by: u64,
    deleted_ms: u64,
}

impl World {
    /// Remembers a role that has just gone.
    pub(in crate::world) fn bury_role(&mut self, role: Role, deleted_by: u64) {
        let deleted_ms = self.clock.now_ms();
        let dead = DeadRole {
            role,
            deleted_by,
            deleted_ms,
        };
        self.dead_roles.insert(dead.role.id, dead);
    }

    /// The role as a request meets it that is to delete it.
    pub(crate) fn role_seen(&self, actor: Option<u64>, guild_id: u64, role_id: u64) -> RoleSeen {
        let guild = self.guilds.get(&guild_id);
        let role = guild.and_then(|guild| guild.roles.get(&role_id));
        let above = guild
            .zip(role)
            .is_some_and(|(guild, role)| !actor.is_some_and(|actor| guild.outranks(actor, role)));
        RoleSeen {
            id: role_id,
            name: role.map(|role| role.name.clone()),
            managed: role.is_some_and(Role::is_managed),
            everyone: role_id == guild_id,
            above_actor: above,
        }
    }

    /// Every role that was deleted, and every one that `requests` name, by id.
    pub(crate) fn roles_for_truth(&self, requests: &BTreeMap<u64, RoleRequests>) -> Vec<RoleTruth> {
        let mut ids: Vec<u64> = self
            .dead_roles
            .keys()
            .chain(requests.keys())
            .copied()
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let none = RoleRequests::default();
        ids.into_iter()
            .map(|id| self.role_truth(id, requests.get(&id).unwrap_or(&none)))
            .collect()
    }

    fn role_truth(&self, id: u64, requests: &RoleRequests) -> RoleTruth {
        let dead = self.dead_roles.get(&id);
        let role = dead.map(|dead| &dead.role);
        let seen = &requests.seen;
        RoleTruth {
            id,
            name: role
                .map(|role| role.name.clone())
                .or_else(|| seen.name.clone()),
            alive: self
                .guilds
                .values()
                .any(|guild| guild.roles.contains_key(&id)),
            managed: role.is_some_and(Role::is_managed) || seen.managed,
            everyone: seen.everyone,
            above_actor: seen.above_actor,
            deleted_at: dead.map(|dead| dead.deleted_ms),
            deleted_by: dead.map(|dead| dead.deleted_by),
            requests: requests.count,
            statuses: requests.statuses.clone(),
            holders: self.role_holders(id),
        }
    }

    /// How many members hold a role.
    pub(crate) fn role_holders(&self, role_id: u64) -> u64 {
        let guilds = self.guilds.values();
        guilds.map(|guild| guild.holders(role_id)).sum()
    }
}
