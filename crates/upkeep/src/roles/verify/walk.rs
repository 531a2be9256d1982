//! What was seen of the members, and what that says.

use std::collections::BTreeSet;

use twilight_model::id::{
    Id,
    marker::{RoleMarker, UserMarker},
};

use super::Verdict;
use crate::roles::{
    MemberPage, Progress, RemovalError, Source, limits::SAMPLE_QUERIES, removal::Watch,
};

/// Where a look at the members has come to.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) reach: Reach,
    /// Up to this one each member was seen.
    after: Option<Id<UserMarker>>,
    /// Whom the sample has added to those: whoever has a nickname may be found twice.
    sampled: BTreeSet<Id<UserMarker>>,
    /// Members that were seen without any of the roles. Nobody can be given a role that is gone, so they
    /// stay so.
    clean: u64,
    /// What was found where the walk stands.
    pub(super) found: BTreeSet<Id<RoleMarker>>,
    pub(super) total: Option<u64>,
}

/// Who is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// Everybody.
    #[default]
    All,
    /// A sample, because Discord does not list everybody.
    Sample {
        /// How many of its parts were seen.
        done: u64,
    },
}

// === impl Walk ===

impl Walk {
    /// Up to which member all were seen.
    pub(super) const fn after(&self) -> Option<Id<UserMarker>> {
        self.after
    }

    /// Sees some members. Whether none of them holds any of the roles; each counts then, and counts once.
    pub(super) fn see(&mut self, page: &MemberPage, roles: &BTreeSet<Id<RoleMarker>>) -> bool {
        let held = page.members.iter().flat_map(|(_, held)| held);
        self.found = held.filter(|id| roles.contains(id)).copied().collect();
        if !self.found.is_empty() {
            return false;
        }
        let mut ids = page.members.iter().map(|(id, _)| *id);
        match &mut self.reach {
            Reach::All => {
                self.clean += page.members.len() as u64;
                self.after = ids.next_back().or(self.after);
            }
            Reach::Sample { done } => {
                let added = ids.filter(|id| Some(*id) > self.after && self.sampled.insert(*id));
                self.clean += added.count() as u64;
                *done += 1;
            }
        }
        true
    }

    /// What it says about the members, when it has come to its end, or (`None`) the time was up.
    pub(super) fn verdict(self, ended: Option<Result<(), RemovalError>>) -> Verdict {
        let members = self.clean;
        let cannot_tell = |why: String| Verdict::CannotTell { why, members };
        match (ended, self.reach) {
            (Some(Ok(())), Reach::All) => Verdict::Clean { members },
            (Some(Ok(())), Reach::Sample { .. }) if members > 0 => Verdict::Sampled { members },
            _ if !self.found.is_empty() => Verdict::Dirty {
                roles: self.found.into_iter().collect(),
                members,
            },
            (Some(Ok(())), Reach::Sample { .. }) => {
                cannot_tell(not_listed(&"nor is any found by name".into()))
            }
            (Some(Err(RemovalError::Refused { source })), _) => cannot_tell(not_listed(&source)),
            (Some(Err(error)), _) => cannot_tell(error.to_string()),
            (None, Reach::All) => {
                cannot_tell("the time was up before all members were seen".to_owned())
            }
            (None, Reach::Sample { .. }) => {
                cannot_tell("the time was up before a sample of the members was seen".to_owned())
            }
        }
    }

    /// Tells how far it has come.
    pub(super) fn tell(&self, watch: Watch<'_>) {
        let held = match self.found.len() {
            0 => String::new(),
            1 => "; one removed role is still held".to_owned(),
            count => format!("; {count} removed roles are still held"),
        };
        watch(match self.reach {
            Reach::All => Progress {
                done: self.clean,
                total: self.total,
                message: if held.is_empty() {
                    "members without removed roles".to_owned()
                } else {
                    format!("members{held}")
                },
            },
            Reach::Sample { done } => Progress {
                done,
                total: Some(SAMPLE_QUERIES.len() as u64),
                message: format!(
                    "parts of a sample; {} members without removed roles{held}",
                    self.clean
                ),
            },
        });
    }
}

fn not_listed(source: &Source) -> String {
    format!(
        "discord does not show the bot the guild's members: switch on the Server Members Intent of \
         the application in the developer portal ({source})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GONE: Id<RoleMarker> = Id::new(1);
    const KEPT: Id<RoleMarker> = Id::new(2);
    const SAMPLE: Reach = Reach::Sample { done: 0 };

    fn page(members: &[(u64, Id<RoleMarker>)]) -> MemberPage {
        let members = members.iter().map(|(id, held)| (Id::new(*id), vec![*held]));
        MemberPage {
            members: members.collect(),
            is_last: false,
        }
    }

    /// After a look at these pages, one after the other.
    fn walk(reach: Reach, pages: &[MemberPage]) -> Walk {
        let mut walk = Walk {
            reach,
            ..Walk::default()
        };
        for page in pages {
            walk.see(page, &BTreeSet::from([GONE]));
        }
        walk
    }

    fn refused() -> RemovalError {
        let source = "missing access".into();
        RemovalError::Refused { source }
    }

    #[test]
    fn who_is_found_by_name_and_by_nickname_counts_once() {
        let (one, other) = (page(&[(5, KEPT), (6, KEPT)]), page(&[(6, KEPT), (7, KEPT)]));
        let verdict = walk(SAMPLE, &[one, other]).verdict(Some(Ok(())));
        assert_eq!(verdict, Verdict::Sampled { members: 3 });
    }

    #[test]
    fn who_was_listed_before_discord_refused_the_list_counts_once() {
        let mut walk = walk(Reach::All, &[page(&[(5, KEPT), (6, KEPT)])]);
        walk.reach = SAMPLE;
        assert!(walk.see(&page(&[(6, KEPT), (7, KEPT)]), &BTreeSet::from([GONE])));
        let verdict = walk.verdict(Some(Ok(())));
        assert_eq!(verdict, Verdict::Sampled { members: 3 });
    }

    #[test]
    fn a_page_counts_when_nobody_in_it_holds_any() {
        for reach in [Reach::All, SAMPLE] {
            let dirty = walk(reach, &[page(&[(5, KEPT), (6, GONE)])]);
            assert_eq!((dirty.clean, dirty.after), (0, None));
            let roles = vec![GONE];
            let verdict = dirty.verdict(None);
            assert_eq!(verdict, Verdict::Dirty { roles, members: 0 });
        }
    }

    #[test]
    fn what_was_not_seen_to_its_end_cannot_be_told_and_the_reason_is_said() {
        let clean = || page(&[(5, KEPT)]);
        let of_nobody = || page(&[]);
        let cases = [
            (walk(Reach::All, &[clean()]), None, "all members"),
            (walk(SAMPLE, &[clean()]), None, "a sample"),
            (
                walk(Reach::All, &[]),
                Some(Err(refused())),
                "Server Members Intent",
            ),
            (
                walk(SAMPLE, &[clean()]),
                Some(Err(refused())),
                "Server Members Intent",
            ),
            (
                walk(SAMPLE, &[of_nobody()]),
                Some(Ok(())),
                "Server Members Intent",
            ),
        ];
        for (walk, ended, reason) in cases {
            let seen = walk.clean;
            let Verdict::CannotTell { why, members } = walk.verdict(ended) else {
                panic!("it told: {reason}");
            };
            assert!(why.contains(reason), "{why}");
            assert_eq!(members, seen);
        }
    }
}
