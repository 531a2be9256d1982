//! Whom alarms are told to.

use std::{collections::BTreeSet, time::Duration};

use super::{Kind, limits::REMIND_AFTER};

/// Whom alarms are told to, and which of them. Where it is, is a [`Messenger`](super::Messenger)'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name, which no other one has.
    pub name: String,
    /// What it wants to know of; `None`: everything.
    pub kinds: Option<BTreeSet<Kind>>,
    /// After how long it wants to be told again of what still stands.
    pub remind_after: Duration,
}

// === impl Target ===

impl Target {
    /// One that wants to know of everything, and be reminded daily.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kinds: None,
            remind_after: REMIND_AFTER,
        }
    }

    /// Whether it wants to know of this. Tests are for whom they are meant for, by name.
    #[must_use]
    pub fn wants(&self, kind: Kind, subject: &str) -> bool {
        if kind == Kind::Test {
            return subject
                .strip_prefix(&self.name)
                .is_some_and(|rest| rest.starts_with(' '));
        }
        self.kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&kind))
    }

    /// After how many milliseconds it wants to be reminded.
    #[must_use]
    pub fn remind_after_ms(&self) -> u64 {
        u64::try_from(self.remind_after.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_hears_what_it_wants_and_its_own_tests() {
        let all = Target::new("ops");
        let some = Target {
            kinds: Some([Kind::BotSilent].into()),
            ..Target::new("bots")
        };
        assert!(all.wants(Kind::GuildFull, "7") && some.wants(Kind::BotSilent, "echo"));
        assert!(!some.wants(Kind::GuildFull, "7"));
        assert!(some.wants(Kind::Test, "bots 77"));
        assert!(!all.wants(Kind::Test, "bots 77") && !all.wants(Kind::Test, "opsy 77"));
    }
}
