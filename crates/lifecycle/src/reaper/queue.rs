//! The debts that wait for their time.

use std::collections::{BTreeMap, HashMap, HashSet};

use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::Debt;
use crate::{
    AttemptId, Row, Stage,
    limits::{HEARD_GONE_MAX, REARM_SPREAD, REFUSED_AGAIN_AFTER},
};

/// The debts that wait for their time, by time and by channel.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<(Instant, AttemptId), Debt>,
    places: HashMap<Id<ChannelMarker>, (Instant, AttemptId)>,
    /// Channels that Discord said are gone while somebody was at work on them, or before they were
    /// condemned.
    heard_gone: HashSet<Id<ChannelMarker>>,
}

// === impl Queue ===

impl Queue {
    /// Puts a debt in its place; gives it back if Discord has said meanwhile that its channel is
    /// gone.
    pub(super) fn put(&mut self, debt: Debt) -> Option<Debt> {
        let channel_id = debt.row.stage.channel_id();
        if channel_id.is_some_and(|id| self.heard_gone.remove(&id)) {
            return Some(debt);
        }
        let place = (debt.due, debt.row.attempt);
        if let Some(channel_id) = channel_id {
            self.places.insert(channel_id, place);
        }
        self.waiting.insert(place, debt);
        None
    }

    /// When the next of these debts is due.
    pub(super) fn due(&self, is_it: impl Fn(&Row) -> bool) -> Option<Instant> {
        let mut waiting = self.waiting.iter();
        let next = waiting.find(|(_, debt)| is_it(&debt.row));
        next.map(|((due, _), _)| *due)
    }

    /// The next of these debts, if it is due.
    pub(super) fn take_due(&mut self, now: Instant, is_it: impl Fn(&Row) -> bool) -> Option<Debt> {
        let mut due = self.waiting.iter().take_while(|((due, _), _)| *due <= now);
        let (place, _) = due.find(|(_, debt)| is_it(&debt.row))?;
        let place = *place;
        let debt = self.waiting.remove(&place)?;
        self.forget(&debt);
        Some(debt)
    }

    /// The debt of a channel that Discord says is gone. If nobody waits for it, the news is kept
    /// until somebody does, as long as somebody may: `is_owed` says whether.
    pub(super) fn take_gone(
        &mut self,
        channel_id: Id<ChannelMarker>,
        is_owed: impl Fn(Id<ChannelMarker>) -> bool,
    ) -> Option<Debt> {
        if let Some(place) = self.places.remove(&channel_id) {
            return self.waiting.remove(&place);
        }
        if self.heard_gone.len() >= HEARD_GONE_MAX {
            // Of what was kept, or left the quarantine, nobody asks any more.
            self.heard_gone.retain(|known| is_owed(*known));
        }
        if self.heard_gone.len() < HEARD_GONE_MAX {
            self.heard_gone.insert(channel_id);
        }
        None
    }

    /// Nobody waits for news of this channel any more.
    pub(super) fn settled(&mut self, channel_id: Id<ChannelMarker>) {
        self.heard_gone.remove(&channel_id);
    }

    /// Brings forward what failed: something has changed. Of what was refused, a few are tried, and
    /// all when one of them has gone; not those that are ruled out here, which are no sign of
    /// anything. Gives back those of which Discord has said meanwhile that they are gone.
    pub(super) fn rearm(
        &mut self,
        now: Instant,
        refused_max: usize,
        rules_out: impl Fn(&Row) -> bool,
    ) -> Vec<Debt> {
        let mut refused = 0;
        let failed = self.waiting.extract_if(.., |_, debt| {
            if rules_out(&debt.row) {
                return false;
            }
            refused += usize::from(debt.was_parked);
            debt.failed.is_some() && (!debt.was_parked || refused <= refused_max)
        });
        let failed: Vec<Debt> = failed.map(|(_, debt)| debt).collect();
        let back = failed
            .into_iter()
            .filter_map(|debt| self.bring_forward(debt, now));
        back.collect()
    }

    /// Brings forward the debt of one channel, if it failed: something about it has changed. Gives it
    /// back as [`Self::rearm`] does.
    pub(super) fn rearm_one(
        &mut self,
        channel_id: Id<ChannelMarker>,
        now: Instant,
    ) -> Option<Debt> {
        let place = self.places.get(&channel_id)?;
        self.waiting.get(place)?.failed?;
        let debt = self.waiting.remove(place)?;
        self.bring_forward(debt, now)
    }

    /// Takes out a parked debt, if it waits: nobody is to care any more.
    pub(super) fn take_parked(&mut self, attempt: AttemptId) -> Option<Debt> {
        let is_it =
            |debt: &Debt| debt.row.attempt == attempt && matches!(debt.row.stage, Stage::Parked(_));
        let place = self.waiting.iter().find(|(_, debt)| is_it(debt));
        let place = *place?.0;
        let debt = self.waiting.remove(&place)?;
        self.forget(&debt);
        Some(debt)
    }

    fn bring_forward(&mut self, debt: Debt, now: Instant) -> Option<Debt> {
        let again = debt.failed.map_or(now, |at| at + REFUSED_AGAIN_AFTER);
        let due = now.max(again) + REARM_SPREAD.mul_f64(fastrand::f64());
        let due = due.min(debt.due);
        self.forget(&debt);
        self.put(Debt { due, ..debt })
    }

    fn forget(&mut self, debt: &Debt) {
        if let Some(channel_id) = debt.row.stage.channel_id() {
            self.places.remove(&channel_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evidence, Kind, Owned, Owner};

    fn debt(channel_id: Id<ChannelMarker>) -> Debt {
        let row = Row {
            attempt: AttemptId::fresh(),
            request_id: String::new(),
            guild_id: Id::new(7),
            kind: Kind::Text,
            owner: Owner {
                instance: 1,
                epoch: 1,
            },
            stage: Stage::Condemned(Owned {
                channel_id,
                evidence: Evidence::Answer,
            }),
            since_ms: 0,
            not_before_ms: 0,
            deadline_at_ms: 0,
            next_at_ms: 0,
            tries: 0,
            reason: None,
        };
        Debt::new(row, Instant::now())
    }

    #[tokio::test]
    async fn news_of_what_nobody_owes_any_more_keeps_out_no_other() {
        let mut queue = Queue::default();
        let stale = Id::new(9);
        for id in 1..=u64::try_from(HEARD_GONE_MAX).unwrap() {
            assert!(queue.take_gone(Id::new(id), |_| true).is_none());
        }
        let late = Id::new(100_000);
        assert!(queue.take_gone(late, |id| id != stale).is_none());
        assert!(queue.put(debt(late)).is_some(), "it is gone");
        assert!(queue.put(debt(stale)).is_none(), "forgotten");
        assert!(queue.put(debt(Id::new(10))).is_some(), "kept");
    }

    #[tokio::test]
    async fn what_is_brought_forward_and_is_gone_is_given_back() {
        let mut queue = Queue::default();
        let (now, failed) = (Instant::now(), Some(Instant::now()));
        for id in [1, 2].map(Id::new) {
            assert!(queue.put(Debt { failed, ..debt(id) }).is_none());
            queue.heard_gone.insert(id);
        }
        assert!(queue.rearm_one(Id::new(1), now).is_some());
        assert_eq!(queue.rearm(now, usize::MAX, |_| false).len(), 1);
        assert!(queue.due(|_| true).is_none(), "nothing is left");
    }
}
