//! Looks until no member holds what was removed.

mod walk;

use std::{collections::BTreeSet, time::Duration};

use cordboard_lifecycle::Clock;
use serde::Serialize;
use tokio::time::{sleep, timeout};
use twilight_model::id::{
    Id,
    marker::{RoleMarker, UserMarker},
};

use self::walk::{Reach, Walk};
use super::{
    Failure, MemberApi, MemberPage, Removal, RemovalError, RoleApi, RoleJournal,
    limits::{CLEAN_PAUSE, CLEAN_PAUSE_MAX, PAGES_MAX, SAMPLE_QUERIES},
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
    /// Each member of a sample was seen without any of them. Not all members were looked at, because
    /// Discord does not list them: that takes the *Server Members Intent* in the developer portal.
    Sampled {
        /// How many members are in the sample, one at least.
        members: u64,
    },
    /// When the time was up, somebody still held some.
    Dirty {
        /// Which roles.
        roles: Vec<Id<RoleMarker>>,
        /// How many members were seen without any.
        members: u64,
    },
    /// Nobody was seen with any, and neither all nor a sample were seen.
    CannotTell {
        /// Why not.
        why: String,
        /// How many members were seen without any.
        members: u64,
    },
}

/// Which members are looked at together.
#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    /// A page, after this one.
    After(Option<Id<UserMarker>>),
    /// Those whose name or nickname begins so.
    Named(&'a str),
}

// === impl Removal ===

impl<A: RoleApi + MemberApi, J: RoleJournal, C: Clock> Removal<A, J, C> {
    /// Looks until no member holds any of these roles, which are gone, or until the time is up: first at
    /// the counts, as long as Discord counts them, then at each member, page by page. Where Discord does
    /// not list the members, it looks at a sample: at those who are found by the first letter of their names.
    /// A page that is not clean is looked at again until it is.
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
        walk.verdict(ended)
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
        match self.all(roles, walk, watch).await {
            Err(RemovalError::Refused { source }) => {
                self.sample(roles, walk, watch).await.map_err(|error| {
                    // It is the list that somebody can do something about.
                    if matches!(error, RemovalError::Refused { .. }) {
                        RemovalError::Refused { source }
                    } else {
                        error
                    }
                })
            }
            listed => listed,
        }
    }

    /// Looks at each member.
    async fn all(
        &self,
        roles: &BTreeSet<Id<RoleMarker>>,
        walk: &mut Walk,
        watch: Watch<'_>,
    ) -> Result<(), RemovalError> {
        for _ in 0..PAGES_MAX {
            let part = Part::After(walk.after());
            let page = self.clean_part(part, roles, walk, watch).await?;
            if page.is_last || page.members.is_empty() {
                return Ok(());
            }
        }
        let source = "the guild has more members than any that is known".into();
        Err(RemovalError::Unreachable { source })
    }

    /// Looks at those who are found by their names.
    async fn sample(
        &self,
        roles: &BTreeSet<Id<RoleMarker>>,
        walk: &mut Walk,
        watch: Watch<'_>,
    ) -> Result<(), RemovalError> {
        walk.reach = Reach::Sample { done: 0 };
        for query in SAMPLE_QUERIES {
            let part = Part::Named(query);
            self.clean_part(part, roles, walk, watch).await?;
        }
        Ok(())
    }

    /// Looks at a part of the members until it is clean.
    async fn clean_part(
        &self,
        part: Part<'_>,
        roles: &BTreeSet<Id<RoleMarker>>,
        walk: &mut Walk,
        watch: Watch<'_>,
    ) -> Result<MemberPage, RemovalError> {
        let mut pause = CLEAN_PAUSE;
        loop {
            let page = self.page(part).await?;
            let is_clean = walk.see(&page, roles);
            walk.tell(watch);
            if is_clean {
                return Ok(page);
            }
            sleep(pause).await;
            pause = (pause * 2).min(CLEAN_PAUSE_MAX);
        }
    }

    async fn page(&self, part: Part<'_>) -> Result<MemberPage, RemovalError> {
        let mut patience = Patience::default();
        loop {
            let page = match part {
                Part::After(after) => within(self.api.members(self.guild_id, after)).await,
                Part::Named(query) => within(self.api.search_members(self.guild_id, query)).await,
            };
            match page {
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
