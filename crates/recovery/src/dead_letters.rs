//! What consumers have failed at too often, for whoever looks after it.

use crate::{ConsumerError, Entry};

/// The dead letters of consumers, on record as long as their entries.
///
/// A position never leads back, so no consumer gets a dead letter again. Each holds its entry instead:
/// whoever can deal with it takes it from here, and discards it then.
pub trait DeadLetters: Clone + Send + Sync + 'static {
    /// A consumer's dead letters above a sequence, in order. There may be fewer than were asked for;
    /// none: there are no more.
    fn dead_letters(
        &self,
        name: &str,
        query: DeadLetterQuery,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, ConsumerError>> + Send;

    /// Drops one that was dealt with, or never will be. It still counts among those there ever were.
    /// `false` if there was none.
    fn discard(
        &self,
        name: &str,
        sequence: u64,
    ) -> impl Future<Output = Result<bool, ConsumerError>> + Send;
}

/// Which of a consumer's dead letters are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetterQuery {
    /// Those above this sequence.
    pub after: u64,
    /// So many at most, those with the lowest sequences.
    pub limit: usize,
}

/// An entry that a consumer has failed at too often, and does not get any more.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The entry, as it was told.
    pub entry: Entry,
    /// How often it has failed.
    pub attempts: u32,
    /// Why it failed the last time, in the consumer's words: their first
    /// [`REASON_CHARS_MAX`](crate::REASON_CHARS_MAX) characters.
    pub reason: String,
    /// When it did, in milliseconds since 1970, by Discord's clock as far as it was known.
    pub at_ms: u64,
}
