//! What can be wrong, by names that stay.

use std::fmt;

use serde::Serialize;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What is wrong. Its name is in configurations and in what is delivered: it never changes.
        #[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Kind {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// A bot does not answer.
    BotSilent = "bot_silent",
    /// A bot says that it has reached its limit.
    BotLimit = "bot_limit",
    /// There is no channel in which a bot could be spoken to.
    BotChannel = "bot_channel",
    /// A bot could not be spoken to when it was due: Discord, or the daybook, was out of reach.
    KeepAliveFailed = "keepalive_failed",
    /// Channels that should be gone are not, and may stay: parked, without proof, or late.
    DebtOld = "debt_old",
    /// The brake, or an operator, holds all deletions.
    DeletionsStopped = "deletions_stopped",
    /// The guild is about to be full.
    GuildNearlyFull = "guild_nearly_full",
    /// There is no room for another channel.
    GuildFull = "guild_full",
    /// The guild is out of reach.
    GuildAway = "guild_away",
    /// Discord creates no channels for us.
    CreationClosed = "creation_closed",
    /// The audit log cannot be read.
    LogUnreadable = "audit_log_unreadable",
    /// No events come, and that has been so for a while.
    GatewayDown = "gateway_down",
    /// The gateway has given up: an operator must act.
    GatewayFatal = "gateway_fatal",
    /// Few sessions may still be started today.
    IdentifiesLow = "identifies_low",
    /// Discord's REST API does not answer.
    RestDown = "rest_down",
    /// The record of channels does not answer, or has failed.
    StoreFailing = "store_failing",
    /// The disk of the store is nearly full.
    DiskNearlyFull = "disk_nearly_full",
    /// Nothing: somebody wants to see whether alerts arrive. It goes to whom it is meant for, whatever
    /// kinds they want, and has no end.
    Test = "test",
}

// === impl Kind ===

impl Kind {
    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether it is told once and is over then.
    #[must_use]
    pub const fn is_momentary(self) -> bool {
        matches!(self, Self::Test)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_is_found_by_its_name_and_no_two_share_one() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(*kind));
        }
        let names: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        assert_eq!(Kind::named("bot_silen"), None);
    }
}
