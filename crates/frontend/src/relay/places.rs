//! The places of those who read the stream: so many in all, and one for each consumer.

use std::{collections::HashMap, sync::Arc};

use cordboard_openai::ApiError;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::feed::moved;
use crate::limits::{STREAMS_MAX, STREAMS_RETRY_AFTER};

/// All places.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    room: Arc<Semaphore>,
    consumers: Arc<Holders>,
    moves: Arc<Mutex<Moves>>,
}

/// The consumers that were set somewhere else, and have not begun there.
#[derive(Debug, Default)]
struct Moves {
    /// How many there have been, of all.
    count: u64,
    /// The last one of each.
    last: HashMap<String, Move>,
}

/// The number of a move.
pub(super) type Move = u64;

/// How to end the open stream of each consumer.
type Holders = Mutex<HashMap<String, oneshot::Sender<Ending>>>;

/// Why a consumer's stream has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Another one was opened with the same name.
    TakenOver,
    /// The consumer was forgotten.
    Forgotten,
    /// The consumer was set somewhere else.
    Moved,
}

/// The right to have a stream open. It ends when this is dropped.
pub(super) struct Place {
    _room: OwnedSemaphorePermit,
    consumer: Option<Held>,
}

/// The place of a consumer.
struct Held {
    name: String,
    ending: oneshot::Receiver<Ending>,
    holders: Arc<Holders>,
}

// === impl Places ===

impl Places {
    /// A place, if one is left.
    pub(super) fn enter(&self) -> Result<Place, ApiError> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_| {
            let message = "Too many streams are open at this time.";
            ApiError::rate_limited(message, STREAMS_RETRY_AFTER)
        })?;
        Ok(Place {
            _room: room,
            consumer: None,
        })
    }

    /// Makes `place` the one of this consumer, and ends the stream that had it before: that is most
    /// often a connection which is dead and has not found out. `known` is what was known of its moves when it
    /// was read where it stands; when it was set somewhere else since, it has to read that again.
    pub(super) fn take(
        &self,
        place: &mut Place,
        name: String,
        known: Option<Move>,
    ) -> Result<(), ApiError> {
        let mut moves = self.moves.lock();
        let last = moves.last.get(&name).copied();
        if last.is_some() && last != known {
            return Err(moved());
        }
        moves.last.remove(&name);
        let (sender, ending) = oneshot::channel();
        let before = self.consumers.lock().insert(name.clone(), sender);
        if let Some(before) = before {
            // Nobody may be there any more.
            let _ = before.send(Ending::TakenOver);
        }
        drop(moves);
        place.consumer = Some(Held {
            name,
            ending,
            holders: Arc::clone(&self.consumers),
        });
        Ok(())
    }

    /// A consumer is set somewhere else: its stream ends, and until it has another one, what it says of how
    /// far it was counts no more.
    pub(super) fn move_away(&self, name: &str) {
        let mut moves = self.moves.lock();
        moves.count += 1;
        let count = moves.count;
        moves.last.insert(name.to_owned(), count);
        drop(moves);
        self.end(name, Ending::Moved);
    }

    /// That a consumer was set somewhere else, and has not begun there.
    pub(super) fn moved(&self, name: &str) -> Option<Move> {
        self.moves.lock().last.get(name).copied()
    }

    /// Ends the stream of a consumer, if one is open.
    pub(super) fn end(&self, name: &str, ending: Ending) {
        if ending == Ending::Forgotten {
            self.moves.lock().last.remove(name);
        }
        let holder = self.consumers.lock().remove(name);
        if let Some(holder) = holder {
            let _ = holder.send(ending);
        }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(STREAMS_MAX)),
            consumers: Arc::default(),
            moves: Arc::default(),
        }
    }
}

// === impl Place ===

impl Place {
    /// Until the stream has to end. Never for one without a consumer.
    pub(super) async fn ending(&mut self) -> Ending {
        match &mut self.consumer {
            // A sender is dropped only when another took its place.
            Some(held) => (&mut held.ending).await.unwrap_or(Ending::TakenOver),
            None => std::future::pending().await,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Closed first, so that it is told apart from the place of one who came later.
        self.ending.close();
        let mut holders = self.holders.lock();
        if holders
            .get(&self.name)
            .is_some_and(oneshot::Sender::is_closed)
        {
            holders.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(places: &Places) -> Place {
        let mut place = places.enter().unwrap();
        let known = places.moved("bot");
        places.take(&mut place, "bot".into(), known).unwrap();
        place
    }

    #[tokio::test]
    async fn the_last_one_to_come_has_the_place() {
        let places = Places::default();
        let (mut first, mut second) = (taken(&places), taken(&places));
        assert_eq!(first.ending().await, Ending::TakenOver);
        // What the first leaves behind is not the second's end.
        drop(first);
        assert_eq!(places.consumers.lock().len(), 1);
        places.end("bot", Ending::Forgotten);
        assert_eq!(second.ending().await, Ending::Forgotten);
        drop(second);
        assert!(places.consumers.lock().is_empty());
    }

    #[tokio::test]
    async fn who_is_set_somewhere_else_begins_there_with_the_next_place() {
        let places = Places::default();
        let mut first = taken(&places);
        places.move_away("bot");
        assert_eq!(first.ending().await, Ending::Moved);
        assert!(places.moved("bot").is_some() && places.moved("other").is_none());
        drop(taken(&places));
        assert_eq!(places.moved("bot"), None);
        places.move_away("bot");
        places.end("bot", Ending::Forgotten);
        assert_eq!(places.moved("bot"), None);
    }

    #[tokio::test]
    async fn who_is_set_somewhere_else_while_it_comes_reads_again_where_it_stands() {
        let places = Places::default();
        let mut place = places.enter().unwrap();
        places.move_away("bot");
        for known in [None, places.moved("bot")] {
            places.move_away("bot");
            let taken = places.take(&mut place, "bot".into(), known);
            assert_eq!(taken.unwrap_err().status, moved().status);
        }
        assert!(place.consumer.is_none());
        drop(taken(&places));
    }

    #[test]
    fn nothing_is_kept_of_those_who_left() {
        let places = Places::default();
        drop(taken(&places));
        assert!(places.consumers.lock().is_empty());
        let all: Vec<_> = (0..STREAMS_MAX).map(|_| taken(&places)).collect();
        assert_eq!(places.enter().err().unwrap().status, 429);
        drop(all);
        assert!(places.consumers.lock().is_empty());
        assert!(places.enter().is_ok());
    }
}
