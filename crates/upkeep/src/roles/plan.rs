//! What is about to be removed.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use twilight_model::id::{
    Id,
    marker::{GuildMarker, RoleMarker},
};

use super::Refusal;

/// Bytes of the hash that are shown: enough to tell plans of one guild apart.
const HASH_BYTES: usize = 8;

/// What is about to be removed, the lowest role first, and what cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RolePlan {
    /// In which guild.
    pub guild_id: Id<GuildMarker>,
    /// Which plan it is: the same for the same roles of the same guild, on every machine.
    pub hash: String,
    /// What can be removed.
    pub roles: Vec<PlannedRole>,
    /// What cannot be, and why.
    pub refused: Vec<RefusedRole>,
}

/// A role that is to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedRole {
    /// Which.
    pub role_id: Id<RoleMarker>,
    /// Its name.
    pub name: String,
    /// Its place in the hierarchy, from below.
    pub position: i64,
    /// How many members hold it, where that was told.
    pub holders: Option<u64>,
    /// Whether it stays when somebody holds it by then.
    pub must_be_empty: bool,
}

/// A role that somebody wants gone and that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedRole {
    /// Which.
    pub role_id: Id<RoleMarker>,
    /// Its name, if there is such a role.
    pub name: Option<String>,
    /// How many members hold it, where that was told.
    pub holders: Option<u64>,
    /// Why it stays.
    #[serde(flatten)]
    pub refusal: Refusal,
}

// === impl RolePlan ===

impl RolePlan {
    pub(super) fn new(
        guild_id: Id<GuildMarker>,
        mut roles: Vec<PlannedRole>,
        mut refused: Vec<RefusedRole>,
    ) -> Self {
        roles.sort_by_key(|role| (role.position, role.role_id));
        refused.sort_by_key(|role| role.role_id);
        let hash = hash(guild_id, &roles);
        Self {
            guild_id,
            hash,
            roles,
            refused,
        }
    }
}

/// Over ids alone: names and counts may change between two looks, and it is the same plan.
fn hash(guild_id: Id<GuildMarker>, roles: &[PlannedRole]) -> String {
    let mut ids: Vec<u64> = roles.iter().map(|role| role.role_id.get()).collect();
    ids.sort_unstable();
    let mut digest = Sha256::new_with_prefix(b"cordboard roles remove\n");
    digest.update(guild_id.get().to_be_bytes());
    for id in ids {
        digest.update(id.to_be_bytes());
    }
    let bytes = digest.finalize();
    let mut hash = String::new();
    for byte in &bytes[..HASH_BYTES] {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}
