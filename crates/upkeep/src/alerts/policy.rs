//! What follows from a delivery that failed.

use std::time::Duration;

use super::{
    Delivery, Outcome,
    limits::{ATTEMPTS_MAX, DELIVERY_AGE_MAX_MS, PAUSE_MAX, PAUSE_MIN, WAIT_MAX},
};
use crate::Failure;

/// What follows from an attempt that failed at `now_ms`: another one after a pause that grows, with
/// `jitter` (0 to 1) so that not all come back at the same time; or none, when it was tried long enough.
///
/// What an operator has to put right is tried again, too, at the longest pauses: perhaps somebody does.
#[must_use]
pub fn after_failure(failure: &Failure, delivery: &Delivery, jitter: f64, now_ms: u64) -> Outcome {
    let why = failure.reason();
    let age_ms = now_ms.saturating_sub(delivery.at_ms);
    if age_ms >= DELIVERY_AGE_MAX_MS || delivery.attempt >= ATTEMPTS_MAX {
        return Outcome::GivenUp { why };
    }
    let doublings = delivery.attempt.saturating_sub(1).min(16);
    let usual = PAUSE_MIN.saturating_mul(1 << doublings).min(PAUSE_MAX);
    let pause = match failure {
        Failure::Never { .. } => PAUSE_MAX,
        // Asked for: not a moment less.
        Failure::NotDone {
            wait: Some(wait), ..
        } => (*wait).clamp(usual, WAIT_MAX.max(usual)),
        Failure::NotDone { .. } | Failure::Unknown { .. } => usual,
    };
    let pause = pause + jittered(usual, jitter);
    let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    Outcome::Failed {
        next_at_ms: now_ms.saturating_add(pause_ms),
        why,
    }
}

/// Up to half as much again.
fn jittered(pause: Duration, jitter: f64) -> Duration {
    pause.mul_f64(jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{Alarm, Kind, State, limits::PUT_OFF_MAX_MS};

    fn delivery(attempt: u32) -> Delivery {
        let alarm = Alarm::new(Kind::BotSilent, "echo", "it is silent", "wake it");
        Delivery {
            id: Delivery::draw_id(),
            target: "ops".to_owned(),
            kind: alarm.kind,
            subject: alarm.subject,
            text: alarm.text,
            fix: alarm.fix,
            state: State::Begun,
            at_ms: 1_000,
            count: 1,
            untold: 0,
            attempt,
        }
    }

    fn not_done(wait: Option<u64>) -> Failure {
        Failure::NotDone {
            wait: wait.map(Duration::from_secs),
            source: "away".into(),
        }
    }

    fn pause_of(failure: &Failure, attempt: u32, jitter: f64) -> u64 {
        match after_failure(failure, &delivery(attempt), jitter, 2_000) {
            Outcome::Failed { next_at_ms, why } => {
                assert_eq!(why, "away");
                next_at_ms - 2_000
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pauses_grow_to_a_bound_and_are_not_shorter_than_asked_for() {
        let unknown = || Failure::Unknown {
            source: "away".into(),
        };
        let never = Failure::Never {
            source: "away".into(),
        };
        for (failure, attempt, jitter, pause) in [
            (not_done(None), 1, 0.0, 5_000),
            (unknown(), 1, 1.0, 7_500),
            (not_done(None), 3, 0.0, 20_000),
            (not_done(None), 60, 0.0, 900_000),
            (unknown(), ATTEMPTS_MAX - 1, 1.0, 1_350_000),
            (not_done(Some(1)), 3, 0.0, 20_000),
            (not_done(Some(60)), 1, 0.0, 60_000),
            (not_done(Some(60)), 1, 1.0, 62_500),
            (not_done(Some(1_000_000)), 60, 1.0, PUT_OFF_MAX_MS - 450_000),
            (never, 1, 0.0, 900_000),
        ] {
            let told = pause_of(&failure, attempt, jitter);
            assert_eq!(told, pause, "{failure:?} {attempt} {jitter}");
            assert!(told <= PUT_OFF_MAX_MS);
        }
    }

    #[test]
    fn nothing_is_tried_for_ever() {
        let last = delivery(ATTEMPTS_MAX);
        let given_up = after_failure(&not_done(None), &last, 0.0, 2_000);
        let why = "away".to_owned();
        assert_eq!(given_up, Outcome::GivenUp { why: why.clone() });
        let late = 1_000 + DELIVERY_AGE_MAX_MS;
        let old = after_failure(&not_done(None), &delivery(1), 0.0, late);
        assert_eq!(old, Outcome::GivenUp { why });
        // A clock that was set back gives up nothing early.
        let before = after_failure(&not_done(None), &delivery(1), 0.0, 10);
        assert!(matches!(before, Outcome::Failed { .. }));
    }
}
