//! When to try again: pure, so that it can be read and tested.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::{
    BACK_OFF_BASE, BACK_OFF_CAPS, BACK_OFF_FLOOR, CLOSED_MAX, PARKED_WAITS, RECONCILE_AT,
    RETRY_PAUSE, WAIT_MAX,
};

/// The wait after the `tries`-th failure of something that has been due for `age`: full jitter
/// below a bound that doubles, `dice` in 0..1.
pub(crate) fn back_off(tries: u32, age: Duration, dice: f64) -> Duration {
    let cap = BACK_OFF_CAPS.iter().find(|(until, _)| age < *until);
    let cap = cap.map_or(BACK_OFF_BASE, |(_, cap)| *cap);
    // Beyond 2^20 s the cap decides anyway.
    let bound = (BACK_OFF_BASE * (1 << tries.min(20))).min(cap);
    bound.mul_f64(dice).max(BACK_OFF_FLOOR)
}

/// The moment after a wait, however long somebody says that it is.
pub(crate) fn after(wait: Duration) -> Instant {
    Instant::now() + wait.min(WAIT_MAX)
}

/// The wait that Discord asked for, plus up to a tenth and a quarter of a second: not all who were
/// told the same should come back at once.
pub(crate) fn told(wait: Duration, dice: f64) -> Duration {
    let wait = wait.min(CLOSED_MAX);
    wait + (wait / 10 + Duration::from_millis(250)).mul_f64(dice)
}

/// The wait before a second attempt to create when Discord named none.
pub(crate) fn retry_pause(dice: f64) -> Duration {
    let (shortest, more) = RETRY_PAUSE;
    shortest + more.mul_f64(dice)
}

/// The wait before a channel that was parked `tries` times is tried again.
pub(crate) fn parked_wait(tries: u32) -> Duration {
    let index = usize::try_from(tries).unwrap_or(usize::MAX);
    *PARKED_WAITS
        .get(index)
        .unwrap_or(&PARKED_WAITS[PARKED_WAITS.len() - 1])
}

/// When, counted from the loss, to look next after a look at `last`; `None` when the row is no
/// longer urgent. Looks that an outage made impossible are not made up for.
pub(crate) fn next_look(last: Duration) -> Option<Duration> {
    RECONCILE_AT.iter().find(|at| **at > last).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn minutes(minutes: u64) -> Duration {
        Duration::from_mins(minutes)
    }

    #[test]
    fn a_debt_is_retried_less_often_as_it_ages() {
        assert_eq!(back_off(0, Duration::ZERO, 1.0), Duration::from_secs(1));
        assert_eq!(back_off(5, Duration::ZERO, 1.0), Duration::from_secs(32));
        assert_eq!(back_off(30, minutes(14), 1.0), minutes(1));
        assert_eq!(back_off(30, minutes(16), 1.0), minutes(15));
        assert_eq!(back_off(u32::MAX, minutes(100_000), 1.0), minutes(360));
    }

    #[test]
    fn parked_channels_are_tried_for_ever() {
        let waits: Vec<Duration> = [0, 1, 2, 3, u32::MAX].map(parked_wait).to_vec();
        assert_eq!(
            waits,
            [
                minutes(5),
                minutes(60),
                minutes(360),
                minutes(360),
                minutes(360)
            ]
        );
    }

    #[tokio::test]
    async fn a_wait_without_end_is_a_wait() {
        assert!(told(Duration::MAX, 1.0) < 2 * CLOSED_MAX);
        assert!(after(Duration::MAX) > Instant::now());
    }

    #[test]
    fn an_unknown_row_is_looked_for_often_at_first() {
        let mut looks = vec![Duration::ZERO];
        while let Some(next) = next_look(*looks.last().unwrap()) {
            looks.push(next);
        }
        assert_eq!(looks[1..], RECONCILE_AT);
        assert_eq!(next_look(minutes(3)), Some(minutes(5)));
    }

    proptest! {
        #[test]
        fn no_wait_is_zero_or_endless(tries: u32, age in 0u64..10_000_000, dice in 0.0..1.0f64) {
            let wait = back_off(tries, Duration::from_secs(age), dice);
            prop_assert!(wait >= BACK_OFF_FLOOR && wait <= minutes(360));
            prop_assert!(retry_pause(dice) >= RETRY_PAUSE.0 && retry_pause(dice) <= 4 * RETRY_PAUSE.0);
            let asked = Duration::from_secs(age);
            prop_assert!(told(asked, dice) >= asked.min(CLOSED_MAX));
        }
    }
}
