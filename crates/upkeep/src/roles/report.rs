//! What came of a removal.

use serde::Serialize;
use twilight_model::id::{Id, marker::RoleMarker};

use super::{RemovalError, RoleRow, RoleStage};

/// What came of a removal, as far as it came.
#[derive(Debug)]
#[must_use]
pub struct RemovalReport {
    /// Each role that was to go, in the order of the plan.
    pub roles: Vec<RoleOutcome>,
    /// Why it stopped before its end, if it did.
    pub stopped: Option<RemovalError>,
}

/// What came of one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleOutcome {
    /// Which.
    pub role_id: Id<RoleMarker>,
    /// Its name when it was planned.
    pub name: String,
    /// Where it stands.
    pub stage: RoleStage,
    /// How it is known to be gone, or why it stays.
    pub detail: Option<String>,
}

// === impl RemovalReport ===

impl RemovalReport {
    /// A report of nothing but why.
    pub(super) const fn stopped(error: RemovalError) -> Self {
        Self {
            roles: Vec::new(),
            stopped: Some(error),
        }
    }

    /// How many roles stand there.
    #[must_use]
    pub fn count(&self, stage: RoleStage) -> usize {
        self.roles.iter().filter(|role| role.stage == stage).count()
    }

    /// How many are not settled.
    #[must_use]
    pub fn left(&self) -> usize {
        self.roles
            .iter()
            .filter(|role| role.stage.is_open())
            .count()
    }
}

impl From<&RoleRow> for RoleOutcome {
    fn from(row: &RoleRow) -> Self {
        Self {
            role_id: row.role_id,
            name: row.name.clone(),
            stage: row.stage,
            detail: row.detail.clone(),
        }
    }
}
