//! The rules that no client may break, checked on what the simulator received.

use serde::Serialize;

use crate::config::id;

mod sightings;
mod watch;

pub(crate) use self::watch::Watch;

/// A rule that the proxy's bot broke. Times are milliseconds since 1970 on the simulator's clock.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Violation {
    /// A channel that the proxy's bot created is still there.
    Leak {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
        /// Its name.
        name: String,
    },
    /// A DELETE was received for a channel that the proxy's bot did not create.
    WrongDelete {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
        /// Who created it; `None`: no such channel ever was.
        #[serde(with = "id::option")]
        creator_id: Option<u64>,
        /// When.
        at_ms: u64,
    },
    /// A DELETE was received for a protected channel: one of the configuration, one that
    /// [`Simulator::protect`](crate::Simulator::protect) names, or one that the guild has used
    /// itself for ten seconds or more (rules, updates, system, AFK, safety alerts, widget,
    /// onboarding).
    ProtectedDelete {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
        /// When.
        at_ms: u64,
    },
    /// Two creations carried the same mark, and Discord had not refused the first.
    MarkSentTwice {
        /// The mark.
        mark: String,
        /// When the second one arrived.
        at_ms: u64,
    },
    /// A message was sent or edited without `"allowed_mentions": {"parse": []}`.
    UnguardedMentions {
        /// The route.
        route: &'static str,
        /// Where.
        #[serde(with = "id::option")]
        channel_id: Option<u64>,
        /// When.
        at_ms: u64,
    },
    /// A request arrived although Discord had said to wait.
    ClosedDoor {
        /// The route.
        route: &'static str,
        /// The channel, guild or webhook at the front of the path.
        #[serde(with = "id")]
        resource_id: u64,
        /// When.
        at_ms: u64,
        /// When Discord said so.
        told_ms: u64,
        /// Until when.
        until_ms: u64,
    },
    /// More 401, 403 and 429 within the window than the budget has.
    InvalidBudget {
        /// When the budget was exceeded.
        at_ms: u64,
        /// The budget.
        budget: u32,
    },
    /// A request named a channel that Discord had already told gone, and it was neither the one
    /// DELETE nor the one GET that may make sure of it.
    GoneChannel {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
        /// The route.
        route: &'static str,
        /// When.
        at_ms: u64,
        /// When Discord told it gone.
        told_ms: u64,
    },
    /// A DELETE was received for a role that Discord had already told gone, by 204 or by 404 with
    /// 10011. Whose role it was, `Truth::roles` knows.
    RoleDeletedTwice {
        /// Which.
        #[serde(with = "id")]
        role_id: u64,
        /// When.
        at_ms: u64,
        /// When Discord told it gone.
        told_ms: u64,
    },
    /// An IDENTIFY although Discord had said that none was left of the day's.
    IdentifyBudget {
        /// When.
        at_ms: u64,
        /// The budget.
        budget: u64,
    },
}
