//! What came before something that is older.

use std::collections::BTreeMap;

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    Message, Record, Sight,
    limits::{WAITING_BYTES_MAX, WAITING_FOR_MAX, WAITING_MAX},
};

/// Sights of channels whose older messages are still being read: they are told after those. Neither
/// for ever nor without number, though: then they are told before.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    lines: BTreeMap<Id<ChannelMarker>, Line>,
    /// How many sights wait, in all lines, and how large they are.
    count: usize,
    bytes: usize,
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

// === impl Waiting ===

impl Waiting {
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
            until: Some(now + WAITING_FOR_MAX),
        });
        if line.until.is_none() {
            return Some(Record { channel_id, sight });
        }
        self.count += 1;
        self.bytes += size(&sight);
        line.sights.push((sequence, sight));
        None
    }

    /// Whether something waits that was seen of a message.
    pub(crate) fn is_about(
        &self,
        channel_id: Id<ChannelMarker>,
        message_id: Id<MessageMarker>,
    ) -> bool {
        let line = self.lines.get(&channel_id);
        let mut sights = line.into_iter().flat_map(|line| &line.sights);
        sights.any(|(_, sight)| sight.message_id() == message_id)
    }

    /// Lets a message wait that Discord no longer shows, if something waits that was seen of it: behind
    /// that.
    pub(crate) fn hold_missed(
        &mut self,
        channel_id: Id<ChannelMarker>,
        message_id: Id<MessageMarker>,
        at_ms: u64,
    ) -> Option<Record> {
        let sight = Sight::Missed(message_id, at_ms);
        if !self.is_about(channel_id, message_id) {
            return Some(Record { channel_id, sight });
        }
        let line = self.lines.get_mut(&channel_id)?;
        self.count += 1;
        self.bytes += size(&sight);
        line.sights.push((OVER, sight));
        None
    }

    /// Discord shows these messages: if it did not before, that was a mistake.
    pub(crate) fn found(&mut self, channel_id: Id<ChannelMarker>, messages: &[Message]) {
        let Some(line) = self.lines.get_mut(&channel_id) else {
            return;
        };
        let is_found = |id| messages.iter().any(|message| message.id == id);
        let before = line.sights.len();
        line.sights
            .retain(|(_, sight)| !matches!(sight, Sight::Missed(id, _) if is_found(*id)));
        let gone = before - line.sights.len();
        self.count -= gone;
        self.bytes -= gone * SIGHT_BYTES;
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
            && (until <= now || self.count > WAITING_MAX || self.bytes > WAITING_BYTES_MAX)
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

    /// How much waits.
    pub(crate) fn count(&self) -> usize {
        self.lines.len() + self.count
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
        let bytes = sights.iter().map(|(_, sight)| size(sight));
        self.bytes -= bytes.sum::<usize>();
        let sights = sights.into_iter();
        sights
            .map(|(_, sight)| Record { channel_id, sight })
            .collect()
    }
}

/// What a sight takes beside the message's object.
const SIGHT_BYTES: usize = 64;

fn size(sight: &Sight) -> usize {
    let object = match sight {
        Sight::Created(message) | Sight::Updated(message) | Sight::Read(message) => {
            message.json.get().len()
        }
        Sight::Deleted(_) | Sight::Missed(..) => 0,
    };
    SIGHT_BYTES + object
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
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        for (channel_id, sequence) in [(ONE, 7), (TWO, 8), (ONE, 9)] {
            assert!(
                waiting
                    .hold(channel_id, sequence, sight(sequence), now)
                    .is_none()
            );
        }
        assert_eq!(waiting.before(), Some(6));
        assert_eq!(ids(&waiting.release(ONE)), [7, 9]);
        assert_eq!(waiting.before(), Some(7));
        waiting.outlive_session();
        assert_eq!(waiting.before(), None);
        assert_eq!(ids(&waiting.release(TWO)), [8]);
        assert!(waiting.release(TWO).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_waits_for_ever() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        assert!(waiting.hold(ONE, 1, sight(1), now).is_none());
        let due = waiting.next_due().unwrap();
        assert!(
            waiting
                .hold(TWO, 2, sight(2), due - Duration::from_secs(1))
                .is_none()
        );
        assert!(waiting.give_up(due - Duration::from_millis(1)).is_empty());
        assert_eq!(ids(&waiting.give_up(due)), [1]);
        let told = waiting.hold(ONE, 3, sight(3), due);
        assert_eq!(ids(&told.into_iter().collect::<Vec<_>>()), [3], "at once");
        assert!(waiting.release(ONE).is_empty());
        assert!(waiting.hold(ONE, 4, sight(4), due).is_none(), "as before");
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_a_bound_to_what_waits() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        let most = u64::try_from(WAITING_MAX).unwrap();
        for sequence in 1..=most {
            let channel_id = if sequence == 1 { ONE } else { TWO };
            let later = now + Duration::from_millis(sequence);
            assert!(
                waiting
                    .hold(channel_id, sequence, sight(sequence), later)
                    .is_none()
            );
        }
        assert!(waiting.give_up(now).is_empty());
        assert!(waiting.hold(TWO, most + 1, sight(most + 1), now).is_none());
        assert_eq!(
            ids(&waiting.give_up(now)),
            [1],
            "the oldest line, and no more"
        );
        assert_eq!(waiting.channels().len(), 2);
    }
}
