//! Who is next before a gate. Pure: it knows neither clocks nor tasks.

use std::collections::VecDeque;

use super::share::Share;

/// What one request costs a share of 100 percent; the others pay inversely to their percentage.
/// Divisible by all of them.
const COST: u64 = 200;

/// Those who want to pass one gate: one has the turn, the others wait. Start-time fair queueing
/// (Goyal, Vin, Cheng 1996) between the shares, first come, first served within one.
///
/// Each share has a clock of its own that runs the faster the smaller the share is; the share whose
/// clock is furthest behind is next. A clock that stood still because nobody waited is put forward
/// to the others', so an unused share is neither saved up nor owed.
#[derive(Debug)]
pub(crate) struct Fair<W> {
    waiting: [VecDeque<(u64, W)>; Share::ALL.len()],
    clocks: [u64; Share::ALL.len()],
    /// The clock of whoever passed last, at that moment.
    now: u64,
    turn: Option<Holder>,
    entered: u64,
    deletions_first: bool,
}

/// A place in line; the turn, when it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    share: Share,
    number: u64,
}

#[derive(Debug)]
struct Holder {
    place: Place,
    /// When it passes, in its share's time. `None`: it was called out of turn and pays nothing.
    start: Option<u64>,
}

impl<W> Default for Fair<W> {
    fn default() -> Self {
        Self {
            waiting: Default::default(),
            clocks: [0; Share::ALL.len()],
            now: 0,
            turn: None,
            entered: 0,
            deletions_first: false,
        }
    }
}

impl<W> Fair<W> {
    /// Takes a place. `true`: nobody is before it, and it has the turn without being called.
    pub(crate) fn enter(&mut self, share: Share, waker: W) -> (Place, bool) {
        self.entered += 1;
        let number = self.entered;
        self.waiting[index(share)].push_back((number, waker));
        let alone = self.turn.is_none() && self.call(None).is_some();
        (Place { share, number }, alone)
    }

    /// Gives a place up, and the turn if it had come; `passed` through the gate, or not. Returns
    /// whom to call next.
    pub(crate) fn leave(&mut self, place: Place, passed: bool) -> Option<W> {
        let Some(holder) = self.turn.take_if(|holder| holder.place == place) else {
            let line = &mut self.waiting[index(place.share)];
            if let Ok(at) = line.binary_search_by_key(&place.number, |(number, _)| *number) {
                line.remove(at);
            }
            return None;
        };
        if let Some(start) = holder.start.filter(|_| passed) {
            self.now = self.now.max(start);
            self.clocks[index(place.share)] = start + COST / place.share.percent();
        }
        self.call(None)
    }

    /// Lets the other shares go first, where somebody of them waits: the gate is closed to this one
    /// and may be open to them. Its place is the first of its share. Returns whom to call.
    pub(crate) fn step_aside(&mut self, place: Place, waker: W) -> Option<W> {
        self.turn.as_ref().filter(|holder| holder.place == place)?;
        let called = self.call(Some(place.share))?;
        self.waiting[index(place.share)].push_front((place.number, waker));
        Some(called)
    }

    /// Whose turn it is.
    pub(crate) fn turn(&self) -> Option<Share> {
        self.turn.as_ref().map(|holder| holder.place.share)
    }

    /// From now on deletions pass before all others, or no longer.
    pub(crate) fn prefer_deletions(&mut self, first: bool) {
        self.deletions_first = first;
    }

    /// Gives the turn to the next in line, if there is one.
    fn call(&mut self, except: Option<Share>) -> Option<W> {
        let waits =
            |share: &Share| Some(*share) != except && !self.waiting[index(*share)].is_empty();
        let (share, start) = if self.deletions_first && waits(&Share::Deletion) {
            (Share::Deletion, None)
        } else {
            let clock = |share: &Share| self.clocks[index(*share)].max(self.now);
            let next = Share::ALL.into_iter().filter(waits).min_by_key(clock)?;
            (next, Some(clock(&next)))
        };
        let (number, waker) = self.waiting[index(share)].pop_front()?;
        let place = Place { share, number };
        self.turn = Some(Holder { place, start });
        Some(waker)
    }
}

fn index(share: Share) -> usize {
    share as usize
}

#[cfg(test)]
mod tests;
