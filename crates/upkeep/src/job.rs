//! What is done on a schedule.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::Schedule;

/// Something that is done on a schedule, by one process at a time.
pub trait Job: Send + Sync + 'static {
    /// Its name in the diary: the same in each process that may do it, and for good.
    fn name(&self) -> &str;

    /// When it is due.
    fn schedule(&self) -> &Schedule;

    /// Does it once. It has an end: nothing else stops it, except that it is dropped when somebody else
    /// has taken it over. If [`Turn::again`] says that somebody else has begun, it looks first.
    fn run(&self, turn: Turn) -> BoxFuture<'_, Ended>;
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is done, and this is what came of it in a word or two.
    Done(String),
    /// It cannot be done from here, and somebody else who has the same job can: nothing was done.
    Left,
}

/// All that is to be done.
pub type Jobs = Vec<Arc<dyn Job>>;

/// One time that a job is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The due time, in milliseconds since 1970, without its jitter.
    pub due_ms: u64,
    /// How many due times before it nobody was there for.
    pub missed: u64,
    /// Somebody has begun with it, and died: what is done of it is not known.
    pub again: bool,
}
