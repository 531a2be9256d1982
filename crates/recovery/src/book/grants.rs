//! What the bot's roles let it see.

use std::collections::BTreeMap;

use serde::Deserialize;
use twilight_model::id::{
    Id,
    marker::{RoleMarker, UserMarker},
};

use super::Book;
use crate::Event;

/// Whether roles may hide channels that nobody has said are hidden: of those no event comes any more, and only the
/// lists tell which they are.
#[derive(Debug, Default)]
pub(super) struct Grants {
    /// Who the bot is, if a session has begun in this process.
    me: Option<Id<UserMarker>>,
    /// What roles granted when they were heard of last: names and colours change as well.
    permissions: BTreeMap<Id<RoleMarker>, String>,
    /// How often grants have changed, how often when the lists were asked for, and when they were taken in.
    changes: u64,
    asked: u64,
    seen: u64,
}

/// The parts of the three events that matter here (Discord: events/gateway-events#guild-role-update).
#[derive(Deserialize)]
struct Changed {
    #[serde(default)]
    role: Option<Role>,
    #[serde(default)]
    role_id: Option<Id<RoleMarker>>,
    #[serde(default)]
    user: Option<Member>,
}

#[derive(Deserialize)]
struct Role {
    id: Id<RoleMarker>,
    permissions: String,
}

/// Somebody.
#[derive(Deserialize)]
pub(super) struct Member {
    id: Id<UserMarker>,
}

// === impl Grants ===

impl Grants {
    /// A session began as this one.
    pub(super) fn introduce(&mut self, me: Option<Member>) {
        self.me = me.map(|me| me.id);
    }

    pub(super) fn are_looked_at(&mut self) {
        self.asked = self.changes;
    }

    pub(super) fn were_looked_at(&mut self) {
        self.seen = self.asked;
    }

    /// Whether a change concerns what the bot sees. What cannot be told does.
    fn concerns(&mut self, changed: Changed) -> bool {
        if let Some(Role { id, permissions }) = changed.role {
            let before = self.permissions.insert(id, permissions);
            return before.as_ref() != self.permissions.get(&id);
        }
        if let Some(id) = changed.role_id {
            self.permissions.remove(&id);
        }
        let who = changed.user.map(|user| user.id);
        who.is_none() || self.me.is_none() || who == self.me
    }
}

// === impl Book ===

impl Book {
    /// A role of a watched guild, or a member, has changed, or a role is gone.
    pub(super) fn hear_of_roles(&mut self, event: &Event) {
        let changed = serde_json::from_str(event.data.get());
        if self.is_here(event.guild_id) && changed.map_or(true, |it| self.grants.concerns(it)) {
            self.grants.changes += 1;
        }
    }

    /// Whether channels may be hidden of which nobody has said so.
    pub(super) fn is_sight_in_doubt(&self) -> bool {
        self.grants.seen < self.grants.changes
    }
}
