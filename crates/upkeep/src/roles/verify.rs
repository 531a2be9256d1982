//! Looks until no member holds what was removed.

use std::{collections::BTreeSet, time::Duration};

use cordboard_lifecycle::Clock;
use serde::Serialize;
use tokio::time::{sleep, timeout};
use twilight_model::id::{
    Id,
    marker::{RoleMarker, UserMarker},
};

use super::{
    Failure, MemberPage, Removal, RemovalError, RoleApi, RoleJournal,
    limits::{CLEAN_PAUSE, CLEAN_PAUSE_MAX, PAGES_MAX},
    removal::{Patience, Progress, Watch, within},
};

/// Whether members hold roles that are gone. Discord takes a deleted role off them afterwards, one role after
/// the other (discord-api-docs #6677), and does not say when it is through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// Each member was seen without any of them.
    Clean {
        /// How many members there are.
        members: u64,
    },
    /// When the time was up, somebody still held some.
    Dirty {
        /// Which roles.
        roles: Vec<Id<RoleMarker>>,
        /// How many members were seen without any.
        members: u64,
    },
    /// Nobody was seen with any, and not all were seen.
    CannotTell {
        /// Why not.
        why: String,
        /// How many members were seen without any.
        members: u64,
    },
}

/// Where a look at the members has come to.
#[derive(Debug, Default)]
struct Walk {
    after: Option<Id<UserMarker>>,
    /// Members that were seen without any of the roles. Nobody can be given a role that is gone, so they
    /// stay so.
    clean: u64,
    /// What was found where the walk stands.
    found: BTreeSet<Id<RoleMarker>>,
    total: Option<u64>,
}

// === impl Removal ===

impl<A: RoleApi, J: RoleJournal, C: Clock> Removal<A, J, C> {
    /// Looks until no member holds any of these roles, which are gone, or until the time is up: first at
    /// the counts, as long as Discord counts them, then at each member, page by page. A page that is
    /// not clean is looked at again until it is.
    pub async fn verify(
        &self,
        roles: &BTreeSet<Id<RoleMarker>>,
        time: Duration,
        watch: &(dyn Fn(Progress) + Send + Sync),
    ) -> Verdict {
        let mut walk = Walk::default();
        let ended = if roles.is_empty() {
            Some(Ok(()))
        } else {
            timeout(time, self.walk(roles, &mut walk, watch)).await.ok()
        };
        let members = walk.clean;
        match ended {
            Some(Ok(())) => Verdict::Clean { members },
            _ if !walk.found.is_empty() => Verdict::Dirty {
                roles: walk.found.into_iter().collect(),
                members,
            },
            Some(Err(RemovalError::Refused { source })) => Verdict::CannotTell {
                why: format!(
                    "discord does not show the bot the guild's members: switch on the Server \
                     Members Intent of the application in the developer portal ({source})"
                ),
                members,
            },
            Some(Err(error)) => Verdict::CannotTell {
                why: error.to_string(),
                members,
            },
            None => Verdict::CannotTell {
                why: "the time was up before all members were seen".to_owned(),
                members,
            },
        }
    }

    async fn walk(
        &self,
        roles: &BTreeSet<Id<RoleMarker>>,
        walk: &mut Walk,
        watch: Watch<'_>,
    ) -> Result<(), RemovalError> {
        let standing = within(self.api.standing(self.guild_id)).await;
        walk.total = standing.ok().and_then(|standing| standing.members);
        let mut pause = CLEAN_PAUSE;
        while let Some(found) = self.counted(roles).await {
            walk.found = found;
            if walk.found.is_empty() {
                break;
            }
            walk.tell(watch);
            sleep(pause).await;
            pause = (pause * 2).min(CLEAN_PAUSE_MAX);
        }
        for _ in 0..PAGES_MAX {
            if self.clean_page(roles, walk, watch).await? {
                return Ok(());
            }
        }
        let source = "the guild has more members than any that is known".into();
        Err(RemovalError::Unreachable { source })
    }

    /// Looks at the next page until it is clean. Whether it was the last one.
    async fn clean_page(
        &self,
        roles: &BTreeSet<Id<RoleMarker>>,
        walk: &mut Walk,
        watch: Watch<'_>,
    ) -> Result<bool, RemovalError> {
        let mut pause = CLEAN_PAUSE;
        loop {
            let page = self.page(walk.after).await?;
            let held = page.members.iter().flat_map(|(_, held)| held);
            walk.found = held.filter(|id| roles.contains(id)).copied().collect();
            if walk.found.is_empty() {
                walk.clean += page.members.len() as u64;
                walk.after = page.members.last().map_or(walk.after, |(id, _)| Some(*id));
                walk.tell(watch);
                return Ok(page.is_last || page.members.is_empty());
            }
            walk.tell(watch);
            sleep(pause).await;
            pause = (pause * 2).min(CLEAN_PAUSE_MAX);
        }
    }

    async fn page(&self, after: Option<Id<UserMarker>>) -> Result<MemberPage, RemovalError> {
        let mut patience = Patience::default();
        loop {
            match within(self.api.members(self.guild_id, after)).await {
                Ok(page) => return Ok(page),
                Err(failure) => sleep(patience.after(failure)?).await,
            }
        }
    }

    /// Which of the roles Discord still counts members of; `None`: it does not count at all.
    async fn counted(&self, roles: &BTreeSet<Id<RoleMarker>>) -> Option<BTreeSet<Id<RoleMarker>>> {
        let counts: Result<_, Failure> = within(self.api.holders(self.guild_id)).await;
        let counts = counts.ok()?;
        let held = counts.into_iter().filter(|(_, count)| *count > 0);
        Some(
            held.map(|(id, _)| id)
                .filter(|id| roles.contains(id))
                .collect(),
        )
    }
}

// === impl Walk ===

impl Walk {
    fn tell(&self, watch: Watch<'_>) {
        let message = match self.found.len() {
            0 => "members without removed roles".to_owned(),
            1 => "members; one removed role is still held".to_owned(),
            count => format!("members; {count} removed roles are still held"),
        };
        watch(Progress {
            done: self.clean,
            total: self.total,
            message,
        });
    }
}
