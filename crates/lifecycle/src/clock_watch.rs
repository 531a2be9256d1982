//! Tells when the wall clock jumps.

use std::{convert::Infallible, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    Clock, Condition,
    condition::Conditions,
    core::milliseconds,
    limits::{CLOCK_JUMP, CLOCK_JUMP_TOLD, CLOCK_LOOK_EVERY},
};

/// Holds the wall clock against tokio's, and says so for a while when it jumped. Nothing else follows
/// from it; an operator who compares times on record, or looks for a deadline that came early after
/// a restart, has to know.
pub(crate) async fn run<C: Clock>(clock: &C, conditions: &Conditions) -> Infallible {
    let (mut read_ms, mut read_at) = (clock.now_ms(), Instant::now());
    let mut told_until = None;
    loop {
        sleep(CLOCK_LOOK_EVERY).await;
        let (now_ms, now) = (clock.now_ms(), Instant::now());
        let expected_ms = read_ms.saturating_add(milliseconds(now - read_at));
        let away = Duration::from_millis(now_ms.abs_diff(expected_ms));
        (read_ms, read_at) = (now_ms, now);
        if away > CLOCK_JUMP {
            let direction = if now_ms > expected_ms {
                "ahead"
            } else {
                "back"
            };
            let seconds = away.as_secs();
            let why = format!(
                "the machine's clock jumped {direction} by {seconds} s, or the machine slept: times on \
                 record from before do not fit those from after"
            );
            conditions.begin(Condition::ClockJumped, &why);
            told_until = Some(now + CLOCK_JUMP_TOLD);
        } else if told_until.is_some_and(|until| until <= now) {
            conditions.end(Condition::ClockJumped);
            told_until = None;
        }
    }
}
