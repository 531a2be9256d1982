//! Which heartbeat an acknowledgement answers.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::limits::HEARTBEATS_COUNTED_MAX;

/// The heartbeats of one connection that are not acknowledged yet, the first one first.
///
/// Discord acknowledges them in order and does not say which (Discord:
/// events/gateway#sending-heartbeats). In doubt an acknowledgement is taken for that of an earlier
/// heartbeat: who relies on it then relies on less than there is, never on more.
#[derive(Debug, Default)]
pub(crate) struct Heartbeats {
    sent: VecDeque<Instant>,
    /// Sent after those in `sent`, when there was no room to note the time.
    uncounted: u64,
    /// Heartbeats that Discord has asked for (opcode 1) since the last one was sent.
    asked: u64,
}

// === impl Heartbeats ===

impl Heartbeats {
    /// Discord asks for one, out of turn.
    pub(crate) fn asked(&mut self) {
        self.asked = self.asked.saturating_add(1);
    }

    /// One was sent, not before `at`. If Discord had asked for it, a regular one may have gone out in
    /// the same moment, which cannot be seen from here: then both are counted.
    pub(crate) fn sent(&mut self, at: Instant) {
        for _ in 0..=std::mem::take(&mut self.asked).min(HEARTBEATS_COUNTED_MAX as u64) {
            if self.uncounted == 0 && self.sent.len() < HEARTBEATS_COUNTED_MAX {
                self.sent.push_back(at);
            } else {
                self.uncounted = self.uncounted.saturating_add(1);
            }
        }
    }

    /// One is acknowledged: no earlier one than that returned, and sent not before then.
    pub(crate) fn acknowledged(&mut self) -> Option<Instant> {
        let sent = self.sent.pop_front();
        if sent.is_none() {
            self.uncounted = self.uncounted.saturating_sub(1);
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_acknowledgement_never_counts_for_a_later_heartbeat() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heartbeats = Heartbeats::default();
        assert_eq!(heartbeats.acknowledged(), None, "nothing was sent");
        heartbeats.sent(at(1));
        heartbeats.sent(at(2));
        assert_eq!(heartbeats.acknowledged(), Some(at(1)));
        assert_eq!(heartbeats.acknowledged(), Some(at(2)));

        // One that was asked for, and perhaps a regular one in the same poll.
        heartbeats.asked();
        heartbeats.sent(at(3));
        assert_eq!(heartbeats.acknowledged(), Some(at(3)));
        heartbeats.sent(at(4));
        assert_eq!(heartbeats.acknowledged(), Some(at(3)));
        heartbeats.sent(at(5));
        assert_eq!(heartbeats.acknowledged(), Some(at(4)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_acknowledges_costs_no_memory_and_gains_no_trust() {
        let start = Instant::now();
        let mut heartbeats = Heartbeats::default();
        let most = u64::try_from(HEARTBEATS_COUNTED_MAX).unwrap();
        for second in 0..most + 5 {
            heartbeats.sent(start + Duration::from_secs(second));
        }
        assert_eq!(heartbeats.sent.len(), HEARTBEATS_COUNTED_MAX);
        for second in 0..most {
            let sent = heartbeats.acknowledged();
            assert_eq!(sent, Some(start + Duration::from_secs(second)));
        }
        // Those whose time was not noted: none of these is the one that follows.
        heartbeats.sent(start + Duration::from_secs(1_000));
        for _ in 0..6 {
            assert_eq!(heartbeats.acknowledged(), None);
        }
        let late = start + Duration::from_secs(2_000);
        heartbeats.sent(late);
        assert_eq!(heartbeats.acknowledged(), Some(late));
    }
}
