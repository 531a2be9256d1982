//! What was asked about roles that were to go.

use std::collections::BTreeMap;

/// A role as the request found it that was to delete it.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleSeen {
    /// Its id.
    pub(crate) id: u64,
    /// Its name, unless it was not there.
    pub(crate) name: Option<String>,
    /// It belongs to a bot or to another integration.
    pub(crate) managed: bool,
    /// It is `@everyone`.
    pub(crate) everyone: bool,
    /// It does not stand below whoever asked.
    pub(crate) above_actor: bool,
}

/// All requests that were to delete one role.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleRequests {
    /// The role as the first request found it.
    pub(crate) seen: RoleSeen,
    /// How many there were.
    pub(crate) count: u64,
    /// How they were answered; those that were not are missing.
    pub(crate) statuses: BTreeMap<u16, u64>,
}

impl RoleRequests {
    /// One more came in.
    pub(super) fn arrived(&mut self, seen: &RoleSeen) {
        let above_actor = self.seen.above_actor || seen.above_actor;
        if self.count == 0 {
            self.seen = seen.clone();
        }
        self.seen.above_actor = above_actor;
        self.count += 1;
    }

    /// One was answered.
    pub(super) fn answered(&mut self, status: u16) {
        *self.statuses.entry(status).or_default() += 1;
    }
}
