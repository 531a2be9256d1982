//! What is wrong at the moment, by name.

use std::collections::BTreeMap;

use tokio::sync::watch;

/// Something that keeps the lifecycle from doing all of its work. Each ends by itself when its cause
/// does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Condition {
    /// No channels are created, because the embedder said so ([`crate::Channels::hold_openings`]).
    OpeningsHeld,
    /// Nothing is deleted, because an operator said so ([`crate::Channels::hold_deletions`]).
    DeletionsHeld,
    /// Nothing is deleted, because more was about to be deleted than can be right.
    Runaway,
    /// The audit log cannot be read: a channel whose creation was not answered cannot be proven
    /// ours.
    LogUnreadable,
    /// Channels of ours cannot be deleted as things stand; they are parked.
    Parked,
    /// Channels carry our mark and nothing proves that they are ours.
    Quarantined,
    /// The guild is out of reach.
    GuildAway,
    /// There is no room for another channel.
    Full,
    /// Discord creates no channels for us for a while.
    CreationClosed,
    /// Discord refuses to create channels for us, for a reason that somebody has to remove: a
    /// permission, a category or a parent channel that is gone, a prefix that no name may have.
    CreationRefused,
    /// The wall clock jumped a while ago, so that times on record do not fit each other.
    ClockJumped,
}

/// All that is wrong, with details for people.
#[derive(Debug)]
pub(crate) struct Conditions {
    now: watch::Sender<BTreeMap<Condition, String>>,
}

// === impl Condition ===

impl Condition {
    /// The condition's name in logs, health pages and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OpeningsHeld => "openings_held",
            Self::DeletionsHeld => "deletions_held",
            Self::Runaway => "runaway",
            Self::LogUnreadable => "audit_log_unreadable",
            Self::Parked => "parked",
            Self::Quarantined => "quarantined",
            Self::GuildAway => "guild_away",
            Self::Full => "full",
            Self::CreationClosed => "creation_closed",
            Self::CreationRefused => "creation_refused",
            Self::ClockJumped => "clock_jumped",
        }
    }

    /// Whether no channel can be opened while it lasts.
    #[must_use]
    pub const fn stops_openings(&self) -> bool {
        matches!(
            self,
            Self::OpeningsHeld
                | Self::GuildAway
                | Self::Full
                | Self::CreationClosed
                | Self::CreationRefused
        )
    }
}

// === impl Conditions ===

impl Conditions {
    pub(crate) fn new() -> Self {
        Self {
            now: watch::Sender::new(BTreeMap::new()),
        }
    }

    /// Says that a condition holds, and since it may have changed, why.
    pub(crate) fn begin(&self, condition: Condition, why: &str) {
        let begun = self
            .now
            .send_if_modified(|now| now.insert(condition, why.to_owned()).is_none());
        if begun {
            tracing::error!(condition = condition.name(), why, "degraded");
        }
    }

    /// Says that a condition does not hold any more.
    pub(crate) fn end(&self, condition: Condition) {
        let ended = self
            .now
            .send_if_modified(|now| now.remove(&condition).is_some());
        if ended {
            tracing::info!(condition = condition.name(), "no longer degraded");
        }
    }

    pub(crate) fn all(&self) -> Vec<(Condition, String)> {
        let now = self.now.borrow();
        now.iter().map(|(kind, why)| (*kind, why.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_holds_from_its_beginning_to_its_end() {
        let conditions = Conditions::new();
        conditions.begin(Condition::Runaway, "once");
        conditions.begin(Condition::Runaway, "twice");
        conditions.begin(Condition::Full, "500 channels");
        assert_eq!(
            conditions.all(),
            [
                (Condition::Runaway, "twice".to_owned()),
                (Condition::Full, "500 channels".to_owned())
            ]
        );
        conditions.end(Condition::Runaway);
        conditions.end(Condition::Parked);
        assert_eq!(conditions.all().len(), 1);
    }
}
