//! What goes wrong, where, and how often.

use std::time::Duration;

use serde::Serialize;

mod armed;
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
}

// === impl FaultKind ===

impl FaultKind {
    /// Whether it strikes gateway events and not REST routes.
    #[must_use]
    pub fn is_for_events(self) -> bool {
        matches!(
            self,
            Self::DropEvent | Self::DuplicateEvent | Self::DelayEvent { .. } | Self::ReorderEvent
        )
    }
}

// === impl Fault ===

/// A duration in whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Fault {
    /// `kind` at `target`: a route template such as `DELETE /channels/{channel_id}`, an event name
    /// such as `MESSAGE_UPDATE`, or `*` for all of them.
    pub fn new(target: impl Into<String>, kind: FaultKind) -> Self {
        Self {
            target: target.into(),
            kind,
            nth: 1,
            count: Some(1),
            probability: 1.0,
        }
    }

    /// See [`FaultKind::ActThenHangUp`].
    pub fn act_then_hang_up(route: &str) -> Self {
        Self::new(route, FaultKind::ActThenHangUp)
    }

    /// See [`FaultKind::ActThenHang`].
    pub fn act_then_hang(route: &str) -> Self {
        Self::new(route, FaultKind::ActThenHang)
    }

    /// See [`FaultKind::ActTwice`].
    pub fn act_twice(route: &str) -> Self {
        Self::new(route, FaultKind::ActTwice)
    }

    /// See [`FaultKind::Hang`].
    pub fn hang(route: &str) -> Self {
        Self::new(route, FaultKind::Hang)
    }

    /// See [`FaultKind::HangUp`].
    pub fn hang_up(route: &str) -> Self {
        Self::new(route, FaultKind::HangUp)
    }

    /// See [`FaultKind::Reset`].
    pub fn reset(route: &str) -> Self {
        Self::new(route, FaultKind::Reset)
    }

    /// See [`FaultKind::Late`].
    pub fn late(route: &str, delay: Duration) -> Self {
        Self::new(
            route,
            FaultKind::Late {
                delay_ms: millis(delay),
            },
        )
    }

    /// See [`FaultKind::SlowAnswer`].
    pub fn slow_answer(route: &str, delay: Duration) -> Self {
        Self::new(
            route,
            FaultKind::SlowAnswer {
                delay_ms: millis(delay),
            },
        )
    }

    /// See [`FaultKind::Status`]; [`Fault::code`] sets the JSON code.
    pub fn status(route: &str, status: u16) -> Self {
        Self::new(route, FaultKind::Status { status, code: 0 })
    }

    /// See [`FaultKind::StatusAfter`].
    pub fn status_after(route: &str, status: u16) -> Self {
        Self::new(route, FaultKind::StatusAfter { status })
    }

    /// See [`FaultKind::Html`].
    pub fn html(route: &str, status: u16) -> Self {
        Self::new(route, FaultKind::Html { status })
    }

    /// See [`FaultKind::RateLimited`].
    pub fn rate_limited(route: &str, scope: Scope, retry_after: Duration) -> Self {
        let retry_after_ms = millis(retry_after);
        Self::new(
            route,
            FaultKind::RateLimited {
                scope,
                retry_after_ms,
            },
        )
    }

    /// See [`FaultKind::StallBody`].
    pub fn stall_body(route: &str) -> Self {
        Self::new(route, FaultKind::StallBody)
    }

    /// See [`FaultKind::CutBody`].
    pub fn cut_body(route: &str) -> Self {
        Self::new(route, FaultKind::CutBody)
    }

    /// See [`FaultKind::Garbage`].
    pub fn garbage(route: &str) -> Self {
        Self::new(route, FaultKind::Garbage)
    }

    /// See [`FaultKind::DropEvent`].
    pub fn drop_event(event: &str) -> Self {
        Self::new(event, FaultKind::DropEvent)
    }

    /// See [`FaultKind::DuplicateEvent`].
    pub fn duplicate_event(event: &str) -> Self {
        Self::new(event, FaultKind::DuplicateEvent)
    }

    /// See [`FaultKind::DelayEvent`].
    pub fn delay_event(event: &str, delay: Duration) -> Self {
        Self::new(
            event,
            FaultKind::DelayEvent {
                delay_ms: millis(delay),
            },
        )
    }

    /// See [`FaultKind::ReorderEvent`].
    pub fn reorder_event(event: &str) -> Self {
        Self::new(event, FaultKind::ReorderEvent)
    }

    /// Lets the matches before the `nth` one (counted from 1) pass.
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = nth.max(1);
        self
    }

    /// Strikes so many times.
    pub fn times(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// Strikes until the faults are cleared.
    pub fn always(mut self) -> Self {
        self.count = None;
        self
    }

    /// Strikes each match with this probability, drawn from the seed, until cleared or, with
    /// [`Fault::times`] after it, so many times.
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self.count = None;
        self
    }

    /// The JSON error code of a [`Fault::status`]; other kinds carry none.
    pub fn code(mut self, json_code: u64) -> Self {
        if let FaultKind::Status { code, .. } = &mut self.kind {
            *code = json_code;
        }
        self
    }

    /// Refuses a target that does not exist, and a delay beyond a day.
    pub(crate) fn check(&self) -> Result<(), String> {
        parse::check_target(&self.target, self.kind)?;
        parse::check_delay(self.kind)
    }
}
