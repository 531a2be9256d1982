//! Which roles somebody wants gone, and why one cannot go.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;
use twilight_model::id::{Id, marker::RoleMarker};

use super::Pattern;

/// Which roles somebody wants gone. Each kind of criterion that is given has to be met: one of the
/// ids, one of the patterns, and having no members. Without any, no role is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Roles by id.
    pub ids: BTreeSet<Id<RoleMarker>>,
    /// Roles by name.
    pub names: Vec<Pattern>,
    /// Only roles that nobody holds.
    pub without_members: bool,
}

/// Why a role is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "detail")]
#[non_exhaustive]
pub enum Refusal {
    /// There is no role of this id in the guild.
    Unknown,
    /// It is `@everyone`, which every guild has.
    Everyone,
    /// A bot or another integration owns it: it goes with its owner.
    Managed,
    /// The bot lacks *Manage Roles*.
    MissingPermission,
    /// It does not stand below the bot's highest role.
    NotBelowUs,
    /// It is on record as deleted a moment ago; the list lags behind.
    AlreadyGone,
    /// So many members hold it, and only roles without members are wanted.
    HasMembers(u64),
    /// Discord does not say how many members hold it, and only roles without members are wanted.
    MembersNotTold,
    /// Its id was given, and a pattern that its name does not match.
    NotNamedSo,
    /// It has another name than when it was planned: perhaps it is another role now, to people.
    Renamed,
    /// Discord refused when it was asked, in its own words.
    Discord(String),
}

// === impl Selection ===

impl Selection {
    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.names.is_empty() && !self.without_members
    }

    /// Whether a role of this name is meant, by its name.
    pub(super) fn names_it(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|pattern| pattern.matches(name))
    }
}

// === impl Refusal ===

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no such role in this guild"),
            Self::Everyone => f.write_str("it is @everyone, which every guild has"),
            Self::Managed => {
                f.write_str("a bot or an integration owns it; it goes when its owner is removed")
            }
            Self::MissingPermission => f.write_str("the bot lacks Manage Roles in this guild"),
            Self::NotBelowUs => f.write_str(
                "it is not below the bot's highest role; move the bot's role above it in the \
                 server settings",
            ),
            Self::AlreadyGone => f.write_str("it was deleted a moment ago; the list lags behind"),
            Self::HasMembers(1) => f.write_str("one member holds it"),
            Self::HasMembers(count) => write!(f, "{count} members hold it"),
            Self::MembersNotTold => f.write_str("discord does not say how many members hold it"),
            Self::NotNamedSo => f.write_str("its name does not match"),
            Self::Renamed => f.write_str("it was renamed since it was planned"),
            Self::Discord(why) => f.write_str(why),
        }
    }
}
