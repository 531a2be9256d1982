//! How a fault is written down.

use std::time::Duration;

use super::{Fault, FaultKind, Scope, parse};

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

    /// See [`FaultKind::Stale`].
    pub fn stale(route: &str, lag: Duration) -> Self {
        Self::new(
            route,
            FaultKind::Stale {
                lag_ms: millis(lag),
            },
        )
    }

    /// See [`FaultKind::OmitOne`].
    pub fn omit_one(route: &str) -> Self {
        Self::new(route, FaultKind::OmitOne)
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

    /// See [`FaultKind::CutEvent`].
    pub fn cut_event(event: &str) -> Self {
        Self::new(event, FaultKind::CutEvent)
    }

    /// See [`FaultKind::HollowEvent`].
    pub fn hollow_event(event: &str) -> Self {
        Self::new(event, FaultKind::HollowEvent)
    }

    /// See [`FaultKind::BlankEvent`].
    pub fn blank_event(event: &str) -> Self {
        Self::new(event, FaultKind::BlankEvent)
    }

    /// See [`FaultKind::AuthorlessEvent`].
    pub fn authorless_event(event: &str) -> Self {
        Self::new(event, FaultKind::AuthorlessEvent)
    }

    /// See [`FaultKind::BloatedEvent`].
    pub fn bloated_event(event: &str) -> Self {
        Self::new(event, FaultKind::BloatedEvent)
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
