//! Who reads the record, and how far they are.

use crate::InboxError;

/// Named readers and their positions, on record.
pub trait Consumers: Clone + Send + Sync + 'static {
    /// The consumer with this name. One that is not known yet is made, and begins behind `start`;
    /// `None`: with what is new from now on.
    fn open(
        &self,
        name: &str,
        start: Option<u64>,
    ) -> impl Future<Output = Result<Consumer, InboxError>> + Send;

    /// Moves a consumer forward: it has dealt with everything up to this entry. Less than before
    /// changes nothing.
    fn acknowledge(
        &self,
        name: &str,
        sequence: u64,
    ) -> impl Future<Output = Result<Consumer, ConsumerError>> + Send;

    /// A consumer could not deal with an entry. At the [`ATTEMPTS_MAX`](crate::ATTEMPTS_MAX)th time the
    /// entry becomes a dead letter, and the consumer moves on behind it.
    fn fail(
        &self,
        name: &str,
        sequence: u64,
        reason: &str,
    ) -> impl Future<Output = Result<FailedEntry, ConsumerError>> + Send;

    /// All consumers, by name.
    fn list(&self) -> impl Future<Output = Result<Vec<Consumer>, InboxError>> + Send;

    /// Forgets a consumer, and its dead letters. `false` if there was none.
    fn forget(&self, name: &str) -> impl Future<Output = Result<bool, InboxError>> + Send;
}

/// A named reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// It has dealt with everything up to this sequence.
    pub acknowledged: u64,
    /// Entries it could not deal with, and does not get any more: how many there ever were.
    pub dead_letters: u64,
}

/// What became of an entry that a consumer could not deal with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedEntry {
    /// How often it has failed.
    pub attempts: u32,
    /// Whether it is a dead letter.
    pub is_dead: bool,
    /// The consumer now.
    pub consumer: Consumer,
}

/// Why a position was not moved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsumerError {
    /// No consumer has this name.
    #[error("no consumer has this name")]
    Unknown,
    /// There is no such entry yet.
    #[error("the youngest entry is {newest}")]
    Future {
        /// The sequence of the youngest entry.
        newest: u64,
    },
    /// The consumer has dealt with it already, by its own word.
    #[error("everything up to {acknowledged} is acknowledged")]
    Past {
        /// How far it is.
        acknowledged: u64,
    },
    /// The record failed.
    #[error(transparent)]
    Failed(#[from] InboxError),
}
