//! What was said: the front's view of the log of messages.

use std::{error::Error, pin::Pin};

use serde_json::value::RawValue;

use crate::Event;

/// Who knows what was said, and hears what is being said.
///
/// All numbers it is given are at most 2^63 - 1. An answer that is no longer wanted is dropped.
pub trait MessageLog: Send + Sync + 'static {
    /// Messages as they are now, in the order of their ids.
    fn messages(
        &self,
        query: MessageQuery,
    ) -> impl Future<Output = Result<MessagePage, MessageLogError>> + Send;

    /// Ranges that could not be recovered, in the order of their ids.
    fn gaps(
        &self,
        query: GapQuery,
    ) -> impl Future<Output = Result<GapPage, MessageLogError>> + Send;

    /// What happened, in order. An event is told only when no earlier one can turn up any more.
    ///
    /// Where events behind `after` are no longer kept, it begins with the oldest there is. A consumer that
    /// existed when they were dropped, and had not acknowledged them, finds a gap of each channel in their
    /// place; other readers are not told.
    fn events(
        &self,
        query: EventQuery,
    ) -> impl Future<Output = Result<EventPage, MessageLogError>> + Send;

    /// The sequence of the newest event that [`MessageLog::events`] would tell; 0: there is none.
    fn newest(&self) -> impl Future<Output = Result<u64, MessageLogError>> + Send;

    /// Waits until there is an event behind `after`, in any channel. It is dropped and asked anew
    /// now and then.
    fn news(&self, after: u64) -> impl Future<Output = ()> + Send;
}

/// Which messages are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageQuery {
    /// Only those of this channel.
    pub channel_id: Option<u64>,
    /// Only ids above this one; 0: from the beginning.
    pub after: u64,
    /// Only ids below this one.
    pub before: Option<u64>,
    /// Also those that were deleted.
    pub deleted: bool,
    /// At most so many, 1 to 500: the lowest ids.
    pub limit: usize,
}

/// Some of the messages.
#[derive(Clone, Debug)]
pub struct MessagePage {
    /// The messages, ids ascending. Fewer than asked for will do, if that would be too much at once.
    pub messages: Vec<LoggedMessage>,
    /// Whether there are more behind the last one.
    pub has_more: bool,
}

/// A message as it is now.
#[derive(Clone, Debug)]
pub struct LoggedMessage {
    /// Its id.
    pub id: u64,
    /// The channel it is in.
    pub channel_id: u64,
    /// As Discord gives it; none: it was deleted.
    pub json: Option<Box<RawValue>>,
}

/// Which gaps are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapQuery {
    /// Only those of this channel.
    pub channel_id: Option<u64>,
    /// Only ids above this one; 0: from the beginning.
    pub after: u64,
    /// At most so many, 1 to 500: the lowest ids.
    pub limit: usize,
}

/// Some of the gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapPage {
    /// The gaps, ids ascending.
    pub gaps: Vec<Gap>,
    /// Whether there are more behind the last one.
    pub has_more: bool,
}

/// A range of a channel that could not be recovered: messages may be missing there for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its own id, larger than that of every earlier gap.
    pub id: u64,
    /// The channel.
    pub channel_id: u64,
    /// The message behind which they may be missing; none: that is not known.
    pub from: Option<u64>,
    /// The message up to which they may be missing; none: that is not known.
    pub to: Option<u64>,
    /// Why, for people.
    pub reason: String,
    /// When it was put on record, in Unix seconds.
    pub at: u64,
}

/// Which events are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventQuery {
    /// Only those behind this sequence.
    pub after: u64,
    /// Only those of these channels, 100 at most; empty: of all channels.
    pub channels: Vec<u64>,
    /// At most so many, 1 to 500: the first ones.
    pub limit: usize,
}

/// Some of the events.
#[derive(Clone, Debug)]
pub struct EventPage {
    /// The events, sequences ascending. None, or fewer than asked for, will do.
    pub events: Vec<Event>,
    /// Up to here there is nothing else that was asked for. The `after` of the query, as long as
    /// nothing happened behind it.
    pub last: u64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MessageLogError {
    /// The log does not answer. Later it may.
    #[error("the message log does not answer")]
    Unavailable {
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type Answer<'a, T> = Pending<'a, Result<T, MessageLogError>>;

/// [`MessageLog`] of any type: what it costs to box an answer is nothing beside reading it.
pub(crate) trait AnyMessageLog: Send + Sync {
    fn messages(&self, query: MessageQuery) -> Answer<'_, MessagePage>;
    fn gaps(&self, query: GapQuery) -> Answer<'_, GapPage>;
    fn events(&self, query: EventQuery) -> Answer<'_, EventPage>;
    fn newest(&self) -> Answer<'_, u64>;
    fn news(&self, after: u64) -> Pending<'_, ()>;
}

impl<T: MessageLog> AnyMessageLog for T {
    fn messages(&self, query: MessageQuery) -> Answer<'_, MessagePage> {
        Box::pin(MessageLog::messages(self, query))
    }

    fn gaps(&self, query: GapQuery) -> Answer<'_, GapPage> {
        Box::pin(MessageLog::gaps(self, query))
    }

    fn events(&self, query: EventQuery) -> Answer<'_, EventPage> {
        Box::pin(MessageLog::events(self, query))
    }

    fn newest(&self) -> Answer<'_, u64> {
        Box::pin(MessageLog::newest(self))
    }

    fn news(&self, after: u64) -> Pending<'_, ()> {
        Box::pin(MessageLog::news(self, after))
    }
}
