//! How far each reader of the relay has come: the front's view of the named consumers.

use std::{error::Error, pin::Pin};

/// Who keeps the consumers' positions. A position is the sequence of the last event that is done.
///
/// Names are 1 to 64 of `[A-Za-z0-9._-]`; sequences are at most 2^63 - 1. Each method returns once
/// its effect is durable; when the future is dropped before, it may have been done or not. All but
/// [`Consumers::fail`], which counts, may be repeated with the same end.
pub trait Consumers: Send + Sync + 'static {
    /// The position of a consumer. One that does not exist is made: its position is `after` or,
    /// without it, the newest event.
    fn open(
        &self,
        name: &str,
        after: Option<u64>,
    ) -> impl Future<Output = Result<u64, ConsumersError>> + Send;

    /// Moves a position on to `sequence`, and tells where it is then. It never moves back.
    fn acknowledge(
        &self,
        name: &str,
        sequence: u64,
    ) -> impl Future<Output = Result<u64, ConsumersError>> + Send;

    /// Counts a failed attempt at an event. After too many the event goes to the dead letter, and
    /// the position moves on to it. One that is behind the position is settled: nothing is counted.
    fn fail(
        &self,
        name: &str,
        failure: Failure,
    ) -> impl Future<Output = Result<Verdict, ConsumersError>> + Send;

    /// All consumers, in the order of their names.
    fn list(&self) -> impl Future<Output = Result<Vec<Consumer>, ConsumersError>> + Send;

    /// Forgets a consumer, its position and its dead letters.
    fn forget(&self, name: &str) -> impl Future<Output = Result<(), ConsumersError>> + Send;
}

/// An event that its consumer could not deal with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The event.
    pub sequence: u64,
    /// Why, in the consumer's words: 500 characters at most, and maybe none.
    pub reason: String,
}

/// What became of a failed event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The consumer's position.
    pub acknowledged: u64,
    /// The failed attempts at this event so far.
    pub attempts: u32,
    /// Whether it is in the dead letter.
    pub dead: bool,
}

/// One consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// Its position.
    pub acknowledged: u64,
    /// How many sequences it is behind the newest event.
    pub lag: u64,
    /// How many events it has given up.
    pub dead_letters: u64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsumersError {
    /// There is no such consumer. Opening a stream with its name makes it.
    #[error("there is no such consumer")]
    Unknown,
    /// The sequence is of an event that has not happened yet.
    #[error("the newest event is {newest}")]
    Future {
        /// The newest there is.
        newest: u64,
    },
    /// There are as many consumers as there can be.
    #[error("there are {max} consumers already")]
    Full {
        /// So many.
        max: usize,
    },
    /// The positions are out of reach. Later they may not be.
    #[error("the consumers' positions are out of reach")]
    Unavailable {
        /// What is wrong with them.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, ConsumersError>> + Send + 'a>>;

/// [`Consumers`] of any type.
pub(crate) trait AnyConsumers: Send + Sync {
    fn open<'a>(&'a self, name: &'a str, after: Option<u64>) -> Pending<'a, u64>;
    fn acknowledge<'a>(&'a self, name: &'a str, sequence: u64) -> Pending<'a, u64>;
    fn fail<'a>(&'a self, name: &'a str, failure: Failure) -> Pending<'a, Verdict>;
    fn list(&self) -> Pending<'_, Vec<Consumer>>;
    fn forget<'a>(&'a self, name: &'a str) -> Pending<'a, ()>;
}

impl<T: Consumers> AnyConsumers for T {
    fn open<'a>(&'a self, name: &'a str, after: Option<u64>) -> Pending<'a, u64> {
        Box::pin(Consumers::open(self, name, after))
    }

    fn acknowledge<'a>(&'a self, name: &'a str, sequence: u64) -> Pending<'a, u64> {
        Box::pin(Consumers::acknowledge(self, name, sequence))
    }

    fn fail<'a>(&'a self, name: &'a str, failure: Failure) -> Pending<'a, Verdict> {
        Box::pin(Consumers::fail(self, name, failure))
    }

    fn list(&self) -> Pending<'_, Vec<Consumer>> {
        Box::pin(Consumers::list(self))
    }

    fn forget<'a>(&'a self, name: &'a str) -> Pending<'a, ()> {
        Box::pin(Consumers::forget(self, name))
    }
}
