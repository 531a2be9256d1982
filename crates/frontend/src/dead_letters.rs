//! What the readers of the relay have given up: the front's view of their dead letters.

use std::pin::Pin;

use crate::{ConsumersError, Event};

/// Who keeps what consumers could not deal with.
///
/// Names and sequences are as with [`Consumers`](crate::Consumers). Both methods may be repeated.
pub trait DeadLetters: Send + Sync + 'static {
    /// A consumer's dead letters, in order.
    fn dead_letters(
        &self,
        name: &str,
        query: DeadLetterQuery,
    ) -> impl Future<Output = Result<DeadLetterPage, ConsumersError>> + Send;

    /// Drops one, and says whether there was one. It is durable when this returns.
    fn discard(
        &self,
        name: &str,
        sequence: u64,
    ) -> impl Future<Output = Result<bool, ConsumersError>> + Send;
}

/// Which dead letters are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetterQuery {
    /// Only those of events behind this sequence; 0: from the beginning.
    pub after: u64,
    /// At most so many, 1 to 500: the first ones.
    pub limit: usize,
}

/// Some of a consumer's dead letters.
#[derive(Clone, Debug)]
pub struct DeadLetterPage {
    /// They, sequences ascending.
    pub letters: Vec<DeadLetter>,
    /// Whether there are more behind the last one.
    pub has_more: bool,
}

/// An event that its consumer has failed at too often.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The event, as it was told.
    pub event: Event,
    /// How often it failed.
    pub attempts: u32,
    /// Why it failed last, in the consumer's words.
    pub reason: String,
    /// When, in Unix seconds; none: nobody knows.
    pub at: Option<u64>,
}

type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, ConsumersError>> + Send + 'a>>;

/// [`DeadLetters`] of any type.
pub(crate) trait AnyDeadLetters: Send + Sync {
    fn dead_letters<'a>(
        &'a self,
        name: &'a str,
        query: DeadLetterQuery,
    ) -> Pending<'a, DeadLetterPage>;
    fn discard<'a>(&'a self, name: &'a str, sequence: u64) -> Pending<'a, bool>;
}

impl<T: DeadLetters> AnyDeadLetters for T {
    fn dead_letters<'a>(
        &'a self,
        name: &'a str,
        query: DeadLetterQuery,
    ) -> Pending<'a, DeadLetterPage> {
        Box::pin(DeadLetters::dead_letters(self, name, query))
    }

    fn discard<'a>(&'a self, name: &'a str, sequence: u64) -> Pending<'a, bool> {
        Box::pin(DeadLetters::discard(self, name, sequence))
    }
}
