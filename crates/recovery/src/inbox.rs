//! The durable record of what was seen.

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{Channel, Gap, Record};

/// The durable record of what was seen in watched channels, and of how far that reaches.
///
/// What a call says it wrote must survive the death of the process and of the machine: what comes
/// after it relies on it, and Discord is told to send nothing of it again. The suite in
/// `cordboard_recovery::conformance` (feature `conformance`) tells whether an implementation is one.
pub trait Inbox: Clone + Send + Sync + 'static {
    /// What a former life has left of a shard.
    fn load(&self, shard: u32) -> impl Future<Output = Result<Loaded, InboxError>> + Send;

    /// Writes a batch, all of it or nothing. Of each record, in their order, what is on record of its
    /// message and what is told to consumers follow from [`Sight::verdict`](crate::Sight::verdict);
    /// each gap is told once for its channel, reason and beginning. Sequence numbers grow with the
    /// order of the batch.
    fn commit(&self, batch: Batch) -> impl Future<Output = Result<Committed, InboxError>> + Send;

    /// Which of these messages are on record, deleted ones included, in the order of the question. The
    /// youngest that [`prune`](crate::MessageLog::prune) dropped of a watched channel counts as well, so
    /// that a channel in which nothing happens need not be read for having been quiet too long.
    fn holds(
        &self,
        messages: Vec<Id<MessageMarker>>,
    ) -> impl Future<Output = Result<Vec<bool>, InboxError>> + Send;

    /// The youngest messages of a channel that are on record and there, at most `limit`, oldest first.
    /// Of a watched one only those above the youngest that [`prune`](crate::MessageLog::prune) dropped:
    /// what is read again from there on must not be news because it was forgotten.
    fn recent(
        &self,
        channel_id: Id<ChannelMarker>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Id<MessageMarker>>, InboxError>> + Send;
}

/// What a former life has left of a shard.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The session to go on with.
    pub session: Option<SessionMark>,
    /// Every message of a clean channel that was made before this is on record, in milliseconds since
    /// 1970, by Discord's clock; 0: nothing is.
    pub watermark_ms: u64,
    /// The channels.
    pub channels: Vec<Channel>,
}

/// How far a gateway session is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionMark {
    /// Discord's name for it.
    pub id: String,
    /// Where Discord wants it to be resumed.
    pub resume_url: Option<String>,
    /// `s` of the last event whose effect is on record: everything after it is to be sent again.
    pub sequence: u64,
}

/// What is to be written at once.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The shard it is of.
    pub shard: u32,
    /// What was seen.
    pub records: Vec<Record>,
    /// What could not be.
    pub gaps: Vec<Gap>,
    /// Channels, as they are from now on.
    pub channels: Vec<Channel>,
    /// Channels that are watched no longer. What is on record of their messages stays.
    pub closed: Vec<Id<ChannelMarker>>,
    /// How far the session is on record with this; `None`: as far as before.
    pub session: Option<SessionMark>,
    /// The watermark with this; it only ever grows. `None`: as before.
    pub watermark_ms: Option<u64>,
    /// What Discord's clock has not reached yet, in milliseconds since 1970: what names a later time says nothing
    /// of it. `None`: that is not known.
    pub latest_ms: Option<u64>,
}

/// What a batch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The sequence of the youngest entry there is; 0: there is none.
    pub newest: u64,
    /// How many entries the batch made.
    pub entries: u64,
}

/// The record failed: what was under way may have been written or not, and nothing is promised any
/// more. The process should end.
#[derive(Debug, thiserror::Error)]
#[error("the record of messages cannot be kept")]
pub struct InboxError {
    /// What was observed.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

// === impl Batch ===

impl Batch {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.gaps.is_empty()
            && self.channels.is_empty()
            && self.closed.is_empty()
            && self.session.is_none()
            && self.watermark_ms.is_none()
    }
}
