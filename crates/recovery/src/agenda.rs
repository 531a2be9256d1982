//! Which channel is read next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    limits::{PREFERRED_MAX, READ_AT_ONCE},
    walk::{Purpose, Walk},
};

/// Which channel is read next: in turns, a page each, so that no long history holds up the others;
/// what may be missing before what is only verified, and before that what somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    walks: BTreeMap<Id<ChannelMarker>, Walk>,
    /// Channels that somebody waits for: few, so that places are left for the others.
    preferred: BTreeSet<Id<ChannelMarker>>,
    awaited: VecDeque<Id<ChannelMarker>>,
    urgent: VecDeque<Id<ChannelMarker>>,
    idle: VecDeque<Id<ChannelMarker>>,
    later: BTreeSet<(Instant, Id<ChannelMarker>)>,
    reading: usize,
    /// Walks begun so far.
    begun: u64,
}

// === impl Agenda ===

impl Agenda {
    /// Forgets everything, but for what somebody waits for.
    pub(crate) fn clear(&mut self) {
        // Reads under way come to nothing; they still count until they are over.
        *self = Self {
            preferred: std::mem::take(&mut self.preferred),
            reading: self.reading,
            begun: self.begun,
            ..Self::default()
        };
    }

    /// Begins a walk, or begins it anew.
    pub(crate) fn begin(&mut self, id: Id<ChannelMarker>, mut walk: Walk) {
        self.forget(id);
        self.begun += 1;
        walk.number = self.begun;
        self.line(id, walk.purpose).push_back(id);
        self.walks.insert(id, walk);
    }

    pub(crate) fn forget(&mut self, id: Id<ChannelMarker>) -> Option<Walk> {
        let walk = self.walks.remove(&id)?;
        self.take_from_line(id);
        self.later.retain(|(_, other)| *other != id);
        Some(walk)
    }

    pub(crate) fn has(&self, id: Id<ChannelMarker>) -> bool {
        self.walks.contains_key(&id)
    }

    /// Whether something may be missing of this one, and is going to be read.
    pub(crate) fn is_catching_up(&self, id: Id<ChannelMarker>) -> bool {
        let walk = self.walks.get(&id);
        walk.is_some_and(|walk| walk.purpose == Purpose::CatchUp)
    }

    /// A walk that was begun need not go further than to there.
    pub(crate) fn end_at(&mut self, id: Id<ChannelMarker>, until: Option<Id<MessageMarker>>) {
        if let Some(walk) = self.walks.get_mut(&id) {
            walk.until = until;
        }
    }

    /// The walk that an order was for, unless it has ended.
    pub(crate) fn get(&mut self, id: Id<ChannelMarker>, number: u64) -> Option<&mut Walk> {
        self.walks.get_mut(&id).filter(|walk| walk.number == number)
    }

    /// How many pages seem to be left to catch up with these channels, the youngest messages of which are
    /// known.
    pub(crate) fn pages_left(
        &self,
        channels: impl Iterator<Item = (Id<ChannelMarker>, Option<Id<MessageMarker>>)>,
    ) -> u64 {
        let left = channels.filter_map(|(id, last)| {
            let walk = self.walks.get(&id)?;
            (walk.purpose == Purpose::CatchUp).then(|| walk.pages_left(last))
        });
        left.sum()
    }

    /// How much is held in memory.
    pub(crate) fn held(&self) -> usize {
        let lines = self.awaited.len() + self.urgent.len() + self.idle.len();
        self.walks.len() + lines + self.later.len() + self.preferred.len()
    }

    /// Somebody waits for this one: it is read before others until it is [settled](Self::settle). Enough
    /// others may be waited for already.
    pub(crate) fn prefer(&mut self, id: Id<ChannelMarker>) {
        if self.preferred.len() < PREFERRED_MAX
            && self.preferred.insert(id)
            && self.take_from_line(id)
        {
            self.awaited.push_back(id);
        }
    }

    /// Nobody waits for this one any more.
    pub(crate) fn settle(&mut self, id: Id<ChannelMarker>) {
        if self.preferred.remove(&id) && self.take_from_line(id) {
            self.again(id, None);
        }
    }

    /// Nobody waits for any but these any more.
    pub(crate) fn settle_unless(&mut self, is_missing: impl Fn(Id<ChannelMarker>) -> bool) {
        let settled = self.preferred.iter().copied().filter(|id| !is_missing(*id));
        for id in settled.collect::<Vec<_>>() {
            self.settle(id);
        }
    }

    /// Takes a channel out of line, and tells whether it stood in one.
    fn take_from_line(&mut self, id: Id<ChannelMarker>) -> bool {
        let mut stood = false;
        for line in [&mut self.awaited, &mut self.urgent, &mut self.idle] {
            let before = line.len();
            line.retain(|other| *other != id);
            stood |= line.len() < before;
        }
        stood
    }

    /// A channel whose turn it is; `None` when there is none, or enough are being read.
    pub(crate) fn next(&mut self, now: Instant) -> Option<(Id<ChannelMarker>, &Walk)> {
        if self.reading >= READ_AT_ONCE {
            return None;
        }
        while let Some((due, id)) = self.later.pop_first() {
            if due > now {
                self.later.insert((due, id));
                break;
            }
            if let Some(walk) = self.walks.get(&id) {
                let purpose = walk.purpose;
                self.line(id, purpose).push_back(id);
            }
        }
        let lines = [&mut self.awaited, &mut self.urgent, &mut self.idle];
        let id = lines.into_iter().find_map(VecDeque::pop_front)?;
        self.reading += 1;
        let walk = self.walks.get(&id);
        Some((id, walk.expect("what is in line has a walk")))
    }

    /// When a delayed one is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        // One that may not be read yet is due when another read is over.
        let due = self.later.first().map(|(due, _)| *due);
        due.filter(|_| self.reading < READ_AT_ONCE)
    }

    /// A read is over, whatever came of it.
    pub(crate) fn read(&mut self) {
        self.reading = self.reading.saturating_sub(1);
    }

    /// There is more to read of it.
    pub(crate) fn again(&mut self, id: Id<ChannelMarker>, at: Option<Instant>) {
        let Some(walk) = self.walks.get(&id) else {
            return;
        };
        let purpose = walk.purpose;
        match at {
            Some(at) => {
                self.later.insert((at, id));
            }
            None => self.line(id, purpose).push_back(id),
        }
    }

    /// It is not read before then.
    pub(crate) fn delay(&mut self, id: Id<ChannelMarker>, at: Instant) {
        self.take_from_line(id);
        self.again(id, Some(at));
    }

    /// What waits for a permission waits no longer than to there.
    pub(crate) fn hasten(&mut self, at: Instant, is_meant: impl Fn(Id<ChannelMarker>) -> bool) {
        let meant: Vec<_> = self
            .later
            .iter()
            .copied()
            .filter(|(_, id)| is_meant(*id))
            .collect();
        for (due, id) in meant {
            self.later.remove(&(due, id));
            self.later.insert((at.min(due), id));
        }
    }

    fn line(
        &mut self,
        id: Id<ChannelMarker>,
        purpose: Purpose,
    ) -> &mut VecDeque<Id<ChannelMarker>> {
        match purpose {
            _ if self.preferred.contains(&id) => &mut self.awaited,
            Purpose::CatchUp => &mut self.urgent,
            Purpose::Scrub => &mut self.idle,
        }
    }
}
