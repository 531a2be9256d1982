//! How many roles there may be, and how many were created lately, as far as anybody knows.

use serde::Serialize;
use twilight_model::id::{Id, marker::GuildMarker};

use super::{CREATIONS_WINDOW, ROLES_MAX, RoleLog};

/// What is known of a guild's room for roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleBudget {
    /// Roles that there are, `@everyone` included.
    pub used: usize,
    /// Roles that there may be (30005).
    pub max: usize,
    /// What the audit log says of the last 48 hours; `None`: it is not shown to us.
    pub created: Option<Created>,
}

/// Creations of roles that the audit log lists, of the last 48 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Created {
    /// By anybody.
    pub by_anybody: u64,
    /// By our bot.
    pub by_us: u64,
    /// Whether these are all: whoever reads at most so many pages may not have seen the oldest.
    pub are_all: bool,
}

// === impl RoleBudget ===

impl RoleBudget {
    /// What is known with `used` roles, when it is `now_ms` (since 1970). Whatever the log does not tell
    /// is not told here.
    pub async fn look(
        log: &impl RoleLog,
        guild_id: Id<GuildMarker>,
        used: usize,
        now_ms: u64,
    ) -> Self {
        let window_ms = u64::try_from(CREATIONS_WINDOW.as_millis()).unwrap_or(u64::MAX);
        let since_ms = now_ms.saturating_sub(window_ms);
        let created = log.creations(guild_id, since_ms).await.ok();
        let created = created.map(|(creations, are_all)| Created {
            by_anybody: creations.len() as u64,
            by_us: creations.iter().filter(|creation| creation.is_ours).count() as u64,
            are_all,
        });
        Self {
            used,
            max: ROLES_MAX,
            created,
        }
    }
}
