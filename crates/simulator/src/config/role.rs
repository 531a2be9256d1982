//! The roles that are there from the start.

use serde::{Deserialize, Serialize};

use super::id;

/// How Discord deletes a role (discord-facts 5).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RoleDeletion {
    /// Since March 2024: the role leaves the guild's list at once and the answer is 204; the
    /// members are rid of it afterwards, one deleted role after the other (I#6677).
    #[default]
    Asynchronous,
    /// Before: the request scans all members first, and only then does the role leave the list and
    /// is the audit log written. A scan that outlives the load balancer goes on, and the client
    /// sees 504 (I#2891). Who repeats the request meanwhile starts another scan, which writes
    /// another line of the audit log (I#2887).
    Scanning,
}

/// A role of the guild. Their order in the configuration is the order of the hierarchy, the lowest
/// one first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleConfig {
    /// Its id.
    #[serde(with = "id")]
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What it grants (permission bits, as a string).
    #[serde(with = "id")]
    pub permissions: u64,
    /// Whether an integration owns it: such a role cannot be deleted (discord-facts 1.9).
    pub managed: bool,
    /// Whether it stands above the bots' own roles, and so above the proxy's reach
    /// (Discord: topics/permissions#permission-hierarchy). Otherwise it stands below all of them.
    pub above_bots: bool,
    /// How many of the silent members (`guild.members_extra`) hold it; the seed decides which.
    pub holders: usize,
}

impl Default for RoleConfig {
    fn default() -> Self {
        Self::numbered(0)
    }
}

impl RoleConfig {
    /// The id of the first role; the others follow.
    const FIRST_ID: u64 = 1_400_000_000_000_000_200;

    /// The role number `index`, which grants nothing and which nobody holds; the first one is
    /// called "Role".
    #[must_use]
    pub fn numbered(index: usize) -> Self {
        let name = if index == 0 {
            "Role".to_owned()
        } else {
            format!("Role {}", index + 1)
        };
        Self {
            id: Self::FIRST_ID + u64::try_from(index).unwrap_or_default(),
            name,
            permissions: 0,
            managed: false,
            above_bots: false,
            holders: 0,
        }
    }

    /// The same role, held by so many of the silent members.
    #[must_use]
    pub fn held_by(mut self, holders: usize) -> Self {
        self.holders = holders;
        self
    }
}
