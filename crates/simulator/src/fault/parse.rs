//! Faults as `POST /__sim/faults` reads them.

use serde::Deserialize;

use super::{Fault, FaultKind, Scope};
use crate::{
    limits::{EVENT_DELAY_MS, FAULT_DELAY_MS_MAX, LATE_MS, LIST_LAG_MS, RETRY_AFTER_MS},
    rest::Route,
    world::event::is_event,
};

/// The JSON form: flat, with the numbers that the kind asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRequest {
    route: Option<String>,
    event: Option<String>,
    kind: String,
    #[serde(default = "one")]
    count: Option<u64>,
    nth: Option<u64>,
    probability: Option<f64>,
    status: Option<u16>,
    code: Option<u64>,
    delay_ms: Option<u64>,
    scope: Option<String>,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "`null` means for ever, absence means once"
)]
fn one() -> Option<u64> {
    Some(1)
}

impl FaultRequest {
    /// The fault, or a sentence that says what is wrong with the request.
    pub(crate) fn into_fault(self) -> Result<Fault, String> {
        let kind = self.kind()?;
        let target = match (self.route, self.event, kind.is_for_events()) {
            (Some(target), None, _) | (None, Some(target), true) => target,
            (_, _, false) => {
                return Err(format!("kind `{}` needs `route` and no `event`", self.kind));
            }
            (_, _, true) => {
                return Err(format!("kind `{}` needs `event` and no `route`", self.kind));
            }
        };
        check_target(&target, kind)?;
        check_delay(kind)?;
        if self.count == Some(0) || self.nth == Some(0) {
            return Err("`count` and `nth` begin at 1; `count: null` means for ever".to_owned());
        }
        let probability = self.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err("`probability` lies between 0 and 1".to_owned());
        }
        Ok(Fault {
            target,
            kind,
            nth: self.nth.unwrap_or(1),
            count: self.count,
            probability,
        })
    }

    fn kind(&self) -> Result<FaultKind, String> {
        let delay_ms = |default: u64| self.delay_ms.unwrap_or(default);
        Ok(match self.kind.as_str() {
            "act_then_hang_up" => FaultKind::ActThenHangUp,
            "act_then_hang" => FaultKind::ActThenHang,
            "act_twice" => FaultKind::ActTwice,
            "hang" => FaultKind::Hang,
            "hang_up" => FaultKind::HangUp,
            "reset" => FaultKind::Reset,
            "late" => FaultKind::Late {
                delay_ms: delay_ms(LATE_MS),
            },
            "slow_answer" => FaultKind::SlowAnswer {
                delay_ms: delay_ms(LATE_MS),
            },
            "status" => FaultKind::Status {
                status: self.status(500)?,
                code: self.code.unwrap_or(0),
            },
            "status_after" => FaultKind::StatusAfter {
                status: self.status(500)?,
            },
            "html" => FaultKind::Html {
                status: self.status(502)?,
            },
            "rate_limited" => {
                let retry_after_ms = delay_ms(RETRY_AFTER_MS);
                FaultKind::RateLimited {
                    scope: self.scope()?,
                    retry_after_ms,
                }
            }
            "stall_body" => FaultKind::StallBody,
            "cut_body" => FaultKind::CutBody,
            "garbage" => FaultKind::Garbage,
            "stale" => FaultKind::Stale {
                lag_ms: delay_ms(LIST_LAG_MS),
            },
            "omit_one" => FaultKind::OmitOne,
            "drop_event" => FaultKind::DropEvent,
            "duplicate_event" => FaultKind::DuplicateEvent,
            "delay_event" => FaultKind::DelayEvent {
                delay_ms: delay_ms(EVENT_DELAY_MS),
            },
            "reorder_event" => FaultKind::ReorderEvent,
            "cut_event" => FaultKind::CutEvent,
            "hollow_event" => FaultKind::HollowEvent,
            "blank_event" => FaultKind::BlankEvent,
            "authorless_event" => FaultKind::AuthorlessEvent,
            "bloated_event" => FaultKind::BloatedEvent,
            other => {
                return Err(format!(
                    "no fault kind `{other}`; known: {}",
                    FaultKind::NAMES.join(", ")
                ));
            }
        })
    }

    fn status(&self, default: u16) -> Result<u16, String> {
        match self.status.unwrap_or(default) {
            status @ 400..=599 => Ok(status),
            other => Err(format!("`status` {other} is no error status (400 to 599)")),
        }
    }

    fn scope(&self) -> Result<Scope, String> {
        match self.scope.as_deref() {
            None | Some("user") => Ok(Scope::User),
            Some("global") => Ok(Scope::Global),
            Some("shared") => Ok(Scope::Shared),
            Some(other) => Err(format!("`scope` is user, global or shared, not `{other}`")),
        }
    }
}

/// The lists that a replica answers.
const LISTS: [&str; 3] = [
    "GET /guilds/{guild_id}/channels",
    "GET /guilds/{guild_id}/threads/active",
    "GET /guilds/{guild_id}/audit-logs",
];

/// The target, if there is such a route or event: a typing error would otherwise arm a fault that
/// never strikes.
pub(super) fn check_target(target: &str, kind: FaultKind) -> Result<(), String> {
    if kind.is_for_lists() && !LISTS.contains(&target) {
        let lists = LISTS.join("`, `");
        return Err(format!("kind `{}` needs one of `{lists}`", kind.name()));
    }
    if target == "*" {
        return Ok(());
    }
    if kind.is_for_events() && !is_event(target) {
        return Err(format!(
            "no event `{target}` that a change causes; write it as in `MESSAGE_CREATE`, or `*`"
        ));
    }
    if !kind.is_for_events() && !Route::is_template(target) {
        return Err(format!(
            "no route `{target}`; write it as in `POST /guilds/{{guild_id}}/channels`, or `*`"
        ));
    }
    Ok(())
}

/// Refuses delays that no clock can add to its own time.
pub(super) fn check_delay(kind: FaultKind) -> Result<(), String> {
    let delay_ms = match kind {
        FaultKind::Late { delay_ms }
        | FaultKind::SlowAnswer { delay_ms }
        | FaultKind::DelayEvent { delay_ms } => delay_ms,
        FaultKind::RateLimited { retry_after_ms, .. } => retry_after_ms,
        FaultKind::Stale { lag_ms } => lag_ms,
        _ => 0,
    };
    if delay_ms > FAULT_DELAY_MS_MAX {
        return Err(format!("`delay_ms` is at most {FAULT_DELAY_MS_MAX}, a day"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_called_what_it_is_asked_for_by() {
        for name in FaultKind::NAMES {
            let text =
                format!(r#"{{"route":"GET /guilds/{{guild_id}}/channels","kind":"{name}"}}"#);
            let request: FaultRequest = serde_json::from_str(&text).unwrap();
            let kind = request.kind().unwrap();
            assert_eq!(kind.name(), name);
            let shown = serde_json::to_value(kind).unwrap();
            assert_eq!(shown["kind"], name);
        }
    }
}
