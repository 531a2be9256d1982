//! A guild's roles as they were a moment ago, and which of them our bot may delete.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use twilight_model::{
    guild::Permissions,
    id::{
        Id,
        marker::{GuildMarker, RoleMarker},
    },
};

use super::{PlannedRole, Refusal, RefusedRole, Role, RolePlan, RoleRow, Selection, Standing};

/// A guild's roles as they were a moment ago.
#[derive(Clone, Debug)]
pub struct View {
    /// Whose.
    pub guild_id: Id<GuildMarker>,
    /// All of them, by id.
    pub roles: BTreeMap<Id<RoleMarker>, Role>,
    /// Where our bot stands.
    pub standing: Standing,
    /// How many members hold each; `None`: Discord does not say.
    pub holders: Option<BTreeMap<Id<RoleMarker>, u64>>,
}

/// What is to become of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It may be deleted.
    Goes,
    /// It is not in the list.
    Gone,
    /// It may not be deleted.
    Stays(Refusal),
}

/// A role's place in the hierarchy. Of two in one position the older one is higher
/// (Discord: topics/permissions#role-object).
fn rank(role: &Role) -> (i64, Reverse<Id<RoleMarker>>) {
    (role.position, Reverse(role.id))
}

// === impl View ===

impl View {
    /// Why our bot may not delete this role, whoever wants it.
    #[must_use]
    pub fn refusal(&self, role_id: Id<RoleMarker>) -> Option<Refusal> {
        let Some(role) = self.roles.get(&role_id) else {
            return Some(Refusal::Unknown);
        };
        if role_id == self.everyone() {
            Some(Refusal::Everyone)
        } else if role.is_managed {
            Some(Refusal::Managed)
        } else if !self.may_manage() {
            Some(Refusal::MissingPermission)
        } else if !self.is_below_us(role) {
            Some(Refusal::NotBelowUs)
        } else {
            None
        }
    }

    /// How many members hold a role, where that was told.
    #[must_use]
    pub fn holders_of(&self, role_id: Id<RoleMarker>) -> Option<u64> {
        self.holders.as_ref()?.get(&role_id).copied()
    }

    /// Which of the guild's roles somebody wants gone, and which of those cannot go. `gone` are on record
    /// as deleted, whatever the list says.
    #[must_use]
    pub fn plan(&self, selection: &Selection, gone: &BTreeSet<Id<RoleMarker>>) -> RolePlan {
        let (mut roles, mut refused) = (Vec::new(), Vec::new());
        for role_id in self.meant(selection) {
            let role = self.roles.get(&role_id);
            let refusal = if gone.contains(&role_id) {
                Some(Refusal::AlreadyGone)
            } else {
                self.refusal(role_id)
                    .or_else(|| self.not_meant(role?, selection))
            };
            match (refusal, role) {
                (None, Some(role)) => roles.push(PlannedRole {
                    role_id,
                    name: role.name.clone(),
                    position: role.position,
                    holders: self.holders_of(role_id),
                    must_be_empty: selection.without_members,
                }),
                (refusal, role) => refused.push(RefusedRole {
                    role_id,
                    name: role.map(|role| role.name.clone()),
                    holders: self.holders_of(role_id),
                    refusal: refusal.unwrap_or(Refusal::Unknown),
                }),
            }
        }
        RolePlan::new(self.guild_id, roles, refused)
    }

    /// What is to become of a row of the journal.
    pub(super) fn judge(&self, row: &RoleRow) -> Judgement {
        let Some(role) = self.roles.get(&row.role_id) else {
            return Judgement::Gone;
        };
        let refusal = self.refusal(row.role_id).or_else(|| {
            if role.name != row.name {
                Some(Refusal::Renamed)
            } else if row.must_be_empty {
                self.not_empty(row.role_id)
            } else {
                None
            }
        });
        refusal.map_or(Judgement::Goes, Judgement::Stays)
    }

    /// Ids that were given are meant, whether they are a role's or not, so that what becomes of them
    /// is told. Others have to meet everything that was asked for.
    fn meant(&self, selection: &Selection) -> Vec<Id<RoleMarker>> {
        if !selection.ids.is_empty() {
            return selection.ids.iter().copied().collect();
        }
        if selection.is_empty() {
            return Vec::new();
        }
        let of = self.roles.values();
        of.filter(|role| self.not_meant(role, selection).is_none())
            .map(|role| role.id)
            .collect()
    }

    fn not_meant(&self, role: &Role, selection: &Selection) -> Option<Refusal> {
        if !selection.names_it(&role.name) {
            Some(Refusal::NotNamedSo)
        } else if selection.without_members {
            self.not_empty(role.id)
        } else {
            None
        }
    }

    fn not_empty(&self, role_id: Id<RoleMarker>) -> Option<Refusal> {
        match self.holders_of(role_id) {
            Some(0) => None,
            Some(count) => Some(Refusal::HasMembers(count)),
            None => Some(Refusal::MembersNotTold),
        }
    }

    fn everyone(&self) -> Id<RoleMarker> {
        self.guild_id.cast()
    }

    fn held(&self) -> impl Iterator<Item = &Role> {
        let ours = self.standing.roles.iter().copied();
        ours.chain([self.everyone()])
            .filter_map(|id| self.roles.get(&id))
    }

    /// Whether it has *Manage Roles* (Discord: resources/guild#delete-guild-role).
    pub(super) fn may_manage(&self) -> bool {
        let enough = Permissions::ADMINISTRATOR | Permissions::MANAGE_ROLES;
        self.standing.is_owner || self.held().any(|role| role.permissions.intersects(enough))
    }

    /// An administrator is held to the hierarchy, too; only the owner is not
    /// (Discord: topics/permissions#permission-hierarchy).
    fn is_below_us(&self, role: &Role) -> bool {
        self.standing.is_owner
            || self
                .held()
                .map(rank)
                .max()
                .is_some_and(|ours| ours > rank(role))
    }
}

#[cfg(test)]
mod tests;
