//! What came before something that is older.

use std::collections::HashMap;

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    Record, Sight,
    limits::{HELD_FOR_MAX, HELD_MAX},
};

/// Sights of channels whose older messages are still being read: they are told after those. Neither
/// for ever nor without number, though: then they are told before.
#[derive(Debug, Default)]
pub(crate) struct Held {
    lines: HashMap<Id<ChannelMarker>, Line>,
    /// How many sights wait, in all lines.
    count: usize,
}

#[derive(Debug)]
struct Line {
    /// Each with the sequence of its event, or [`OVER`].
    sights: Vec<(u64, Sight)>,
    /// When they have waited for too long; `None`: they have, and so nothing waits here any more.
    until: Option<Instant>,
}

/// Instead of a sequence: no session that goes on sends it again.
const OVER: u64 = u64::MAX;

// === impl Held ===

impl Held {
    /// Lets a sight wait, or gives it back if it has to be told.
    pub(crate) fn hold(
        &mut self,
        channel_id: Id<ChannelMarker>,
        sequence: u64,
        sight: Sight,
        now: Instant,
    ) -> Option<Record> {
        let line = self.lines.entry(channel_id).or_insert_with(|| Line {
            sights: Vec::new(),
            until: Some(now + HELD_FOR_MAX),
        });
        if line.until.is_none() {
            return Some(Record { channel_id, sight });
        }
        line.sights.push((sequence, sight));
        self.count += 1;
        None
    }

    /// Lets a message wait that Discord no longer shows, if what waits of its channel may be about it:
    /// behind that.
    pub(crate) fn hold_missed(
        &mut self,
        channel_id: Id<ChannelMarker>,
        message_id: Id<MessageMarker>,
    ) -> Option<Record> {
        let sight = Sight::Missed(message_id);
        match self.lines.get_mut(&channel_id) {
            Some(line) if !line.sights.is_empty() => {
                line.sights.push((OVER, sight));
                self.count += 1;
                None
            }
            _ => Some(Record { channel_id, sight }),
        }
    }

    /// The messages of a channel that wait: they are there, unless somebody says otherwise.
    pub(crate) fn created(
        &self,
        channel_id: Id<ChannelMarker>,
    ) -> impl Iterator<Item = Id<MessageMarker>> {
        let sights = self.lines.get(&channel_id).into_iter();
        let sights = sights.flat_map(|line| &line.sights);
        sights.filter_map(|(_, sight)| match sight {
            Sight::Created(message) => Some(message.id),
            _ => None,
        })
    }

    /// All that waits of a channel. What comes from now on may wait again.
    pub(crate) fn release(&mut self, channel_id: Id<ChannelMarker>) -> Vec<Record> {
        let line = self.lines.remove(&channel_id);
        self.told(channel_id, line.map(|line| line.sights))
    }

    /// What waits no longer, because that took too long, or because there is too much of it.
    pub(crate) fn give_up(&mut self, now: Instant) -> Vec<Record> {
        let mut told = Vec::new();
        while let Some((id, until)) = self.first()
            && (until <= now || self.count > HELD_MAX)
        {
            tracing::warn!(channel.id = %id, "what is new is told before what is older and still being read");
            let line = self.lines.get_mut(&id);
            let sights = line.map(|line| {
                line.until = None;
                std::mem::take(&mut line.sights)
            });
            told.extend(self.told(id, sights));
        }
        told
    }

    /// When something will have waited for too long.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        Some(self.first()?.1)
    }

    /// The channels of which something waits, or would have to.
    pub(crate) fn channels(&self) -> Vec<Id<ChannelMarker>> {
        self.lines.keys().copied().collect()
    }

    /// Up to which event of this session nothing waits; `None`: nothing of it does.
    pub(crate) fn before(&self) -> Option<u64> {
        let sights = self.lines.values().flat_map(|line| &line.sights);
        let first = sights.map(|(sequence, _)| *sequence).min()?;
        (first < OVER).then(|| first.saturating_sub(1))
    }

    /// A new session: what waits is of the one before.
    pub(crate) fn outlive_session(&mut self) {
        let lines = self.lines.values_mut();
        for (sequence, _) in lines.flat_map(|line| &mut line.sights) {
            *sequence = OVER;
        }
    }

    /// The line that has waited for the longest.
    fn first(&self) -> Option<(Id<ChannelMarker>, Instant)> {
        let waiting = self.lines.iter();
        let waiting = waiting.filter_map(|(id, line)| Some((line.until?, *id)));
        waiting.min().map(|(until, id)| (id, until))
    }

    fn told(
        &mut self,
        channel_id: Id<ChannelMarker>,
        sights: Option<Vec<(u64, Sight)>>,
    ) -> Vec<Record> {
        let sights = sights.unwrap_or_default();
        self.count -= sights.len();
        let sights = sights.into_iter();
        sights
            .map(|(_, sight)| Record { channel_id, sight })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ONE: Id<ChannelMarker> = Id::new(1);
    const TWO: Id<ChannelMarker> = Id::new(2);

    fn sight(id: u64) -> Sight {
        Sight::Deleted(Id::new(id))
    }

    fn ids(records: &[Record]) -> Vec<u64> {
        let ids = records.iter().map(|record| record.sight.message_id().get());
        ids.collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_keeps_its_order_and_holds_the_session_back() {
        let (mut held, now) = (Held::default(), Instant::now());
        for (channel_id, sequence) in [(ONE, 7), (TWO, 8), (ONE, 9)] {
            assert!(
                held.hold(channel_id, sequence, sight(sequence), now)
                    .is_none()
            );
        }
        assert_eq!(held.before(), Some(6));
        assert_eq!(ids(&held.release(ONE)), [7, 9]);
        assert_eq!(held.before(), Some(7));
        held.outlive_session();
        assert_eq!(held.before(), None);
        assert_eq!(ids(&held.release(TWO)), [8]);
        assert!(held.release(TWO).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_waits_for_ever() {
        let (mut held, now) = (Held::default(), Instant::now());
        assert!(held.hold(ONE, 1, sight(1), now).is_none());
        let due = held.next_due().unwrap();
        assert!(
            held.hold(TWO, 2, sight(2), due - Duration::from_secs(1))
                .is_none()
        );
        assert!(held.give_up(due - Duration::from_millis(1)).is_empty());
        assert_eq!(ids(&held.give_up(due)), [1]);
        let told = held.hold(ONE, 3, sight(3), due);
        assert_eq!(ids(&told.into_iter().collect::<Vec<_>>()), [3], "at once");
        assert!(held.release(ONE).is_empty());
        assert!(held.hold(ONE, 4, sight(4), due).is_none(), "as before");
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_a_bound_to_what_waits() {
        let (mut held, now) = (Held::default(), Instant::now());
        let most = u64::try_from(HELD_MAX).unwrap();
        for sequence in 1..=most {
            let channel_id = if sequence == 1 { ONE } else { TWO };
            let later = now + Duration::from_millis(sequence);
            assert!(
                held.hold(channel_id, sequence, sight(sequence), later)
                    .is_none()
            );
        }
        assert!(held.give_up(now).is_empty());
        assert!(held.hold(TWO, most + 1, sight(most + 1), now).is_none());
        assert_eq!(ids(&held.give_up(now)), [1], "the oldest line, and no more");
        assert_eq!(held.channels().len(), 2);
    }
}
