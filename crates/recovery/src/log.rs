//! Reading what is on record.

use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker, UserMarker},
};

use crate::{Entry, Gap, InboxError};

/// What is on record, to be read.
pub trait MessageLog: Clone + Send + Sync + 'static {
    /// Entries above a sequence, in order.
    fn entries(
        &self,
        query: EntryQuery,
    ) -> impl Future<Output = Result<Entries, InboxError>> + Send;

    /// Waits until there is an entry above this sequence, whoever has recorded it: the drivers of several
    /// shards share one record. If several processes do, it looks now and then. Cancel-safe.
    fn news(&self, after: u64) -> impl Future<Output = Result<(), InboxError>> + Send;

    /// Messages by channel, time and id, as they are known now, oldest first.
    fn messages(
        &self,
        query: MessageQuery,
    ) -> impl Future<Output = Result<Vec<Logged>, InboxError>> + Send;

    /// What could not be had, in the order in which it was found.
    fn gaps(
        &self,
        query: GapQuery,
    ) -> impl Future<Output = Result<Vec<NumberedGap>, InboxError>> + Send;

    /// Drops what is kept no longer, a bounded part of it at a time: entries that are older, and the
    /// oldest ones as long as it is too much. Says how many entries it dropped; 0: nothing is left to
    /// drop.
    ///
    /// What is known of a message goes with the last entry about it. Should the message be seen again
    /// after that, it is told as created, as if for the first time.
    ///
    /// A consumer that has not acknowledged what goes is told so: in the place of the entries of each
    /// channel it finds one gap, [`Expired`](crate::GapReason::Expired). Gaps stay until they are old
    /// and every consumer has passed them. Readers without a name are not told.
    fn prune(&self, retention: Retention) -> impl Future<Output = Result<u64, InboxError>> + Send;
}

/// Which entries are asked for.
#[derive(Clone, Debug)]
pub struct EntryQuery {
    /// Entries with larger sequences.
    pub after: u64,
    /// Of these channels only; none: of all.
    pub channels: Vec<Id<ChannelMarker>>,
    /// At most so many.
    pub limit: usize,
}

/// Some entries.
#[derive(Clone, Debug)]
pub struct Entries {
    /// In the order of their sequences.
    pub entries: Vec<Entry>,
    /// Everything up to this was looked through: where to go on, whatever was asked for.
    pub through: u64,
    /// The sequence of the youngest entry there is, of whatever channel.
    pub newest: u64,
}

/// Which messages are asked for.
#[derive(Clone, Debug)]
pub struct MessageQuery {
    /// Of this channel; `None`: of all.
    pub channel_id: Option<Id<ChannelMarker>>,
    /// With larger ids.
    pub after: Option<Id<MessageMarker>>,
    /// With smaller ids. Without `after` these are the ones directly below.
    pub before: Option<Id<MessageMarker>>,
    /// At most so many. A store may give fewer at once: no message is the end, not a few.
    pub limit: usize,
    /// Whether deleted ones are asked for as well.
    pub with_deleted: bool,
}

/// A message that is on record.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Its id.
    pub id: Id<MessageMarker>,
    /// Its channel.
    pub channel_id: Id<ChannelMarker>,
    /// Who wrote it; `None` of one that was only seen deleted.
    pub author_id: Option<Id<UserMarker>>,
    /// When it was edited last, in milliseconds since 1970; 0 for never.
    pub edited_ms: u64,
    /// Whether it is gone.
    pub is_deleted: bool,
    /// The message object; `None` of one that was only seen deleted.
    pub json: Option<Box<RawValue>>,
}

/// Which gaps are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct GapQuery {
    /// Of this channel; `None`: of all.
    pub channel_id: Option<Id<ChannelMarker>>,
    /// With larger sequences.
    pub after: u64,
    /// At most so many. A store may give fewer at once: no gap is the end, not a few.
    pub limit: usize,
}

/// A gap, and the sequence of the entry that told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedGap {
    /// The sequence.
    pub sequence: u64,
    /// The gap.
    pub gap: Gap,
}

/// What is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// What was told before this goes, in milliseconds since 1970, by Discord's clock as far as the
    /// record knows it: from the ids of messages and from the watermark. Not what was made before it:
    /// old messages that were read a moment ago must reach the consumers.
    pub before_ms: u64,
    /// The bytes of message objects in entries that are kept; beyond it the oldest go.
    pub bytes_max: u64,
}
