//! The limit over all routes: so many requests in any second. Pure: time is a parameter.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::limits::{GLOBAL_WINDOW, WAIT_MARGIN};

/// A sliding window: it remembers when each of the last `per_second` requests left.
///
/// A fixed window would let twice as many go across its border, and Discord's windows do not begin
/// when ours do.
#[derive(Debug)]
pub(crate) struct Global {
    per_second: usize,
    sent: VecDeque<Instant>,
    closed_until: Option<Instant>,
}

impl Global {
    pub(crate) fn new(per_second: u16) -> Self {
        Self {
            per_second: usize::from(per_second),
            sent: VecDeque::new(),
            closed_until: None,
        }
    }

    /// Whether one request may leave now; if not, when to ask again.
    pub(crate) fn check(&mut self, now: Instant) -> Result<(), Instant> {
        if let Some(until) = self.closed_until {
            if until > now {
                return Err(until);
            }
            self.closed_until = None;
        }
        while self
            .sent
            .front()
            .is_some_and(|sent| *sent + GLOBAL_WINDOW <= now)
        {
            self.sent.pop_front();
        }
        match self.sent.front() {
            Some(oldest) if self.sent.len() >= self.per_second => Err(*oldest + GLOBAL_WINDOW),
            _ => Ok(()),
        }
    }

    /// Counts one request; to be called right after [`Self::check`] said yes.
    pub(crate) fn take(&mut self, now: Instant) {
        self.sent.push_back(now);
    }

    /// A global 429 asked to wait.
    pub(crate) fn close(&mut self, wait: Duration, now: Instant) {
        let until = now + wait + WAIT_MARGIN;
        self.closed_until = Some(self.closed_until.map_or(until, |closed| closed.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_than_the_limit() {
        let start = Instant::now();
        let mut global = Global::new(50);
        let mut left = Vec::new();
        let mut now = start;
        while left.len() < 400 {
            match global.check(now) {
                Ok(()) => {
                    global.take(now);
                    left.push(now);
                    // Uneven gaps: bursts and pauses.
                    now += Duration::from_millis(u64::from(left.len() % 7 == 0) * 13);
                }
                Err(until) => {
                    assert!(until > now);
                    now = until;
                }
            }
        }
        for pair in left.windows(51) {
            assert!(pair[50] - pair[0] >= Duration::from_secs(1));
        }
        assert!(global.sent.len() <= 50);
    }

    #[tokio::test(start_paused = true)]
    async fn a_global_429_closes_it_and_a_shorter_one_does_not_open_it() {
        let now = Instant::now();
        let mut global = Global::new(50);
        global.close(Duration::from_secs(5), now);
        global.close(Duration::from_secs(1), now);
        let until = global.check(now).unwrap_err();
        assert_eq!(until, now + Duration::from_secs(5) + WAIT_MARGIN);
        assert_eq!(global.check(until), Ok(()));
    }
}
