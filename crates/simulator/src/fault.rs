//! What goes wrong, where, and how often.

use std::time::Duration;

use serde::Serialize;

mod armed;
mod build;
mod parse;

pub(crate) use self::{armed::Faults, parse::FaultRequest};

/// What goes wrong. The first group is for REST routes, the second for gateway events.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum FaultKind {
    /// Discord acts and closes the connection without a byte.
    ActThenHangUp,
    /// Discord acts and never answers; the connection stays open.
    ActThenHang,
    /// Discord acts twice and answers as for the first time.
    ActTwice,
    /// Discord never acts and never answers; the connection stays open.
    Hang,
    /// Discord closes the connection without a byte and without acting.
    HangUp,
    /// Discord resets the connection (RST) without acting.
    Reset,
    /// Discord acts only after the delay, and answers then to whoever still listens.
    Late {
        /// Milliseconds until the act.
        delay_ms: u64,
    },
    /// Discord acts at once and answers after the delay.
    SlowAnswer {
        /// Milliseconds until the answer.
        delay_ms: u64,
    },
    /// Discord answers this status with a JSON error and does not act.
    Status {
        /// The HTTP status.
        status: u16,
        /// The JSON error code; `0` is Discord's "general error".
        code: u64,
    },
    /// Discord acts and answers this status with a JSON error all the same.
    StatusAfter {
        /// The HTTP status.
        status: u16,
    },
    /// Something in front of Discord answers this status with a page of HTML; Discord does not act.
    Html {
        /// The HTTP status.
        status: u16,
    },
    /// Discord refuses with a 429 and the headers that belong to the scope.
    RateLimited {
        /// Whose limit it is.
        scope: Scope,
        /// What `Retry-After` says, in milliseconds (rounded up to seconds in the header).
        retry_after_ms: u64,
    },
    /// Discord acts, then sends the head and half of the body and no more.
    StallBody,
    /// Discord acts, then sends the head and half of the body and closes the connection.
    CutBody,
    /// Discord acts and answers 2xx with a body that is no JSON.
    Garbage,
    /// A replica that is behind answers one of the guild's lists (channels, active threads, audit
    /// log): what is younger than that is missing.
    Stale {
        /// Milliseconds.
        lag_ms: u64,
    },
    /// A replica answers one of the guild's lists without one of its entries, drawn from the seed.
    OmitOne,

    /// The event reaches no session.
    DropEvent,
    /// The event reaches each session twice.
    DuplicateEvent,
    /// The event reaches each session this much later.
    DelayEvent {
        /// Milliseconds.
        delay_ms: u64,
    },
    /// The event reaches each session after the one that follows it.
    ReorderEvent,
    /// The event reaches each session cut off in the middle: it is no JSON.
    CutEvent,
    /// The event reaches each session with nothing in it but where it belongs, its `channel_id` and its
    /// `guild_id`.
    HollowEvent,
    /// The event reaches each session with nothing in it at all.
    BlankEvent,
    /// The event reaches each session without its `author`.
    AuthorlessEvent,
    /// The event reaches each session with 8 MiB in it that nobody has asked for.
    BloatedEvent,
}

/// Whose rate limit a 429 speaks of (`X-RateLimit-Scope`).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// This bot's, on this route.
    User,
    /// This bot's, on all routes.
    Global,
    /// Everybody's, on this resource.
    Shared,
}

/// One fault, armed with [`Simulator::fault`](crate::Simulator::fault).
///
/// It strikes once, at the first match, unless told otherwise.
///
/// ```
/// # use cordboard_simulator::Fault;
/// let creation = "POST /guilds/{guild_id}/channels";
/// Fault::act_then_hang_up(creation).nth(2);
/// Fault::status(creation, 503).times(3);
/// Fault::late(creation, std::time::Duration::from_secs(30));
/// Fault::status("DELETE /channels/{channel_id}", 403).code(50013).always();
/// Fault::drop_event("MESSAGE_UPDATE").with_probability(0.1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[must_use = "a fault strikes only once it is given to `Simulator::fault`"]
pub struct Fault {
    pub(crate) target: String,
    #[serde(flatten)]
    pub(crate) kind: FaultKind,
    pub(crate) nth: u64,
    /// `None`: for ever.
    pub(crate) count: Option<u64>,
    pub(crate) probability: f64,
}

/// What a request meets.
pub(crate) type RestFault = FaultKind;

/// What an event meets on its way to the sessions.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum EventFault {
    /// Nothing: it is delivered.
    #[default]
    None,
    /// It reaches nobody.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// It arrives this much later.
    Delay(Duration),
    /// It arrives after the event that follows it.
    Reorder,
    /// It arrives cut off in the middle.
    Cut,
    /// It arrives with nothing in it but where it belongs.
    Hollow,
    /// It arrives with nothing in it.
    Blank,
    /// It arrives without its author.
    Authorless,
    /// It arrives with much in it that nobody has asked for.
    Bloated,
}

// === impl FaultKind ===

impl FaultKind {
    /// The names of all kinds.
    pub const NAMES: [&'static str; 26] = [
        "act_then_hang_up",
        "act_then_hang",
        "act_twice",
        "hang",
        "hang_up",
        "reset",
        "late",
        "slow_answer",
        "status",
        "status_after",
        "html",
        "rate_limited",
        "stall_body",
        "cut_body",
        "garbage",
        "stale",
        "omit_one",
        "drop_event",
        "duplicate_event",
        "delay_event",
        "reorder_event",
        "cut_event",
        "hollow_event",
        "blank_event",
        "authorless_event",
        "bloated_event",
    ];

    /// Its name, as `kind` in JSON and in [`Counters::struck`](crate::Counters::struck).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ActThenHangUp => "act_then_hang_up",
            Self::ActThenHang => "act_then_hang",
            Self::ActTwice => "act_twice",
            Self::Hang => "hang",
            Self::HangUp => "hang_up",
            Self::Reset => "reset",
            Self::Late { .. } => "late",
            Self::SlowAnswer { .. } => "slow_answer",
            Self::Status { .. } => "status",
            Self::StatusAfter { .. } => "status_after",
            Self::Html { .. } => "html",
            Self::RateLimited { .. } => "rate_limited",
            Self::StallBody => "stall_body",
            Self::CutBody => "cut_body",
            Self::Garbage => "garbage",
            Self::Stale { .. } => "stale",
            Self::OmitOne => "omit_one",
            Self::DropEvent => "drop_event",
            Self::DuplicateEvent => "duplicate_event",
            Self::DelayEvent { .. } => "delay_event",
            Self::ReorderEvent => "reorder_event",
            Self::CutEvent => "cut_event",
            Self::HollowEvent => "hollow_event",
            Self::BlankEvent => "blank_event",
            Self::AuthorlessEvent => "authorless_event",
            Self::BloatedEvent => "bloated_event",
        }
    }

    /// Whether it strikes lists alone.
    pub(crate) fn is_for_lists(self) -> bool {
        matches!(self, Self::Stale { .. } | Self::OmitOne)
    }

    /// Whether it strikes gateway events and not REST routes.
    #[must_use]
    pub fn is_for_events(self) -> bool {
        matches!(
            self,
            Self::DropEvent
                | Self::DuplicateEvent
                | Self::DelayEvent { .. }
                | Self::ReorderEvent
                | Self::CutEvent
                | Self::HollowEvent
                | Self::BlankEvent
                | Self::AuthorlessEvent
                | Self::BloatedEvent
        )
    }
}
