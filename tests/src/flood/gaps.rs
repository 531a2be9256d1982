//! Gaps that a consumer is told of without need.

use cordboard_recovery::{Gap, GapReason};

use super::{checked::State, fields::created_ms};

/// So many messages of one millisecond fill a page: none says then which of them are missing.
const TIED: usize = 100;

impl State {
    /// What is wrong with the gaps that were told: each has to have its reason in what happened.
    pub(super) fn needless_gaps(&self) -> Vec<String> {
        let needless = self
            .consumer
            .gaps()
            .iter()
            .filter(|gap| !self.has_reason(gap));
        let wrong = needless.map(|gap| format!("C11: there is no reason for {gap:?}"));
        wrong.collect()
    }

    fn has_reason(&self, gap: &Gap) -> bool {
        let channel_id = gap.channel_id.get();
        match gap.reason {
            GapReason::ChannelGone => self.closed.contains(&channel_id),
            // One that was opened and deleted while all were hidden is noted by nobody.
            GapReason::Refused => {
                let may_be_veiled = self.closed.contains(&channel_id) && self.excuses.has_veils();
                self.excuses.has_for_order(channel_id) || may_be_veiled
            }
            GapReason::Tie => self.is_tied(channel_id),
            // A list that fails for minutes is done without, and any list may.
            GapReason::Unlisted => true,
            // Nothing is dropped by age or size.
            GapReason::Expired => false,
        }
    }

    fn is_tied(&self, channel_id: u64) -> bool {
        let ids = self.excuses.written_in(channel_id);
        let ms: Vec<_> = ids.map(created_ms).collect();
        ms.chunk_by(|one, other| one == other)
            .any(|at_once| at_once.len() >= TIED)
    }
}
