//! How far each watched channel is on record, and reading it again.

use std::collections::{BTreeMap, BTreeSet};

use cordboard_recovery::Channel;
use serde::Serialize;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    maintenance::{CommandError, Maintenance, Progress, Watcher, errand::Patience},
    orders::Instruction,
    settings,
};

/// The shard of a bot in one guild.
const SHARD: u32 = 0;

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Behind this message.
    Message(Id<MessageMarker>),
    /// At this time, in milliseconds since 1970.
    Time(u64),
    /// At the channel's beginning.
    Beginning,
}

/// Where reading ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Before this message.
    Message(Id<MessageMarker>),
    /// At this time, in milliseconds since 1970.
    Time(u64),
}

/// How far all of it is on record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cursors {
    /// All of the channels that are not to be read is on record up to here, in milliseconds since 1970.
    pub watermark_ms: u64,
    /// The watched channels.
    pub channels: Vec<CursorLine>,
}

/// How far one channel is on record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CursorLine {
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// Whether it is a thread.
    pub is_thread: bool,
    /// Why it is to be read (`lapse`, `new`, `refused`); `null`: it is on record up to the watermark.
    pub dirty: Option<&'static str>,
    /// What is to be read begins behind this message; `null` with `dirty`: at its beginning.
    pub after: Option<Id<MessageMarker>>,
}

/// What came of reading channels again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Backfilled {
    /// Channels that are read.
    pub done: Vec<Id<ChannelMarker>>,
    /// Channels that are still to be read, and of which nothing was read for minutes.
    pub left: Vec<Id<ChannelMarker>>,
    /// Channels that Discord refuses to show.
    pub refused: Vec<Id<ChannelMarker>>,
    /// Channels that nobody has named, and that are not watched any more.
    pub unwatched: Vec<Id<ChannelMarker>>,
    /// Messages, edits and deletions that came on record meanwhile, also those that were told as events.
    pub recorded: u64,
}

/// Discord counts from 2015 in the upper 42 bits of an id (reference#snowflakes).
const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

// === impl From ===

impl From {
    fn after(self) -> Option<Id<MessageMarker>> {
        match self {
            Self::Message(id) => Some(id),
            Self::Time(ms) => just_before(ms),
            Self::Beginning => None,
        }
    }
}

// === impl To ===

impl To {
    /// The last message that is to be read.
    fn until(self) -> Option<Id<MessageMarker>> {
        match self {
            Self::Message(id) => Id::new_checked(id.get() - 1),
            Self::Time(ms) => just_before(ms),
        }
    }
}

/// The largest id that is older than this millisecond. What is later than any id is as late as the last.
fn just_before(ms: u64) -> Option<Id<MessageMarker>> {
    let first = ms.saturating_sub(DISCORD_EPOCH_MS).min(u64::MAX >> 22) << 22;
    first.checked_sub(1).and_then(Id::new_checked)
}

// === impl Maintenance ===

impl Maintenance {
    /// How far each watched channel is on record. Works beside a running proxy.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn cursors(&self) -> Result<Cursors, CommandError> {
        let watched = self.peek().await?.watched(SHARD).await;
        let (mut channels, watermark_ms) = watched.map_err(settings::store_failed)?;
        channels.retain(|channel| !channel.is_forum);
        channels.sort_unstable_by_key(|channel| channel.id);
        Ok(Cursors {
            watermark_ms,
            channels: channels.iter().map(CursorLine::new).collect(),
        })
    }

    /// Has channels read again from there, and returns once that is on record. It may only say that less is
    /// on record than was said before: more never.
    ///
    /// # Errors
    /// When one of them is not watched, or whoever holds the store does not do it.
    pub async fn set_cursors(
        &self,
        channel_ids: BTreeSet<Id<ChannelMarker>>,
        from: From,
    ) -> Result<Cursors, CommandError> {
        let after = from.after();
        let instruction = Instruction::Reread {
            channel_ids,
            after,
            until: None,
            watched_only: false,
        };
        self.instruct(&instruction).await?.end().await?;
        self.cursors().await
    }

    /// As [`Self::set_cursors`], and waits until the channels are read: without channels, all watched ones, but
    /// for those that are not watched any more when it begins.
    /// When it is interrupted, whoever holds the store next goes on where it was. It ends with the page that
    /// reaches `to`; after an interruption, or when something else is missing, with the present.
    ///
    /// # Errors
    /// As [`Self::set_cursors`], or when what reads cannot go on.
    pub async fn backfill(
        &self,
        channel_ids: BTreeSet<Id<ChannelMarker>>,
        from: From,
        to: Option<To>,
        watcher: Watcher<'_>,
    ) -> Result<Backfilled, CommandError> {
        let (after, until) = (from.after(), to.and_then(To::until));
        if to.is_some() && until <= after {
            let why = "the end is not behind the beginning: there is nothing to read in between";
            return Err(CommandError::Usage(why.to_owned()));
        }
        let watched_only = channel_ids.is_empty();
        let mut channel_ids = channel_ids;
        if watched_only {
            channel_ids = self.watched().await?;
        }
        let instruction = Instruction::Reread {
            channel_ids: channel_ids.clone(),
            after,
            until,
            watched_only,
        };
        let count = channel_ids.len();
        let s = if count == 1 { "" } else { "s" };
        self.teller.tell(&format!(
            "reading {count} channel{s} again, a page at a time"
        ));
        let began_at = self.newest_entry().await?;
        let mut errand = self.instruct(&instruction).await?;
        let unwatched = errand.told.unwatched();
        channel_ids.retain(|id| !unwatched.contains(id));
        let mut patience = Patience::new();
        let backfilled = loop {
            let cursors = self.cursors().await?;
            // Last: whatever made a channel clean is counted.
            let recorded = self.newest_entry().await?.saturating_sub(began_at);
            let lines: BTreeMap<_, _> = cursors
                .channels
                .iter()
                .map(|line| (line.channel_id, line))
                .collect();
            let dirty = |id: &Id<ChannelMarker>| lines.get(id).and_then(|line| line.dirty);
            let is_left = |id: &&Id<ChannelMarker>| dirty(id).is_some_and(|why| why != "refused");
            let left = channel_ids.iter().filter(is_left).count();
            let total = u64::try_from(channel_ids.len()).unwrap_or(u64::MAX);
            watcher(Progress {
                done: total - u64::try_from(left).unwrap_or_default(),
                total: Some(total),
                message: format!("channels read; {recorded} messages recorded"),
            });
            // A long history moves its channel's cursor.
            let cursors = lines.values().map(|line| line.after);
            if left == 0 || patience.is_over(cursors.collect::<Vec<_>>()) {
                let (refused, shown): (Vec<_>, Vec<_>) = channel_ids
                    .iter()
                    .partition(|id| dirty(id) == Some("refused"));
                let (left, done) = shown.into_iter().partition(|id| dirty(id).is_some());
                break Backfilled {
                    done,
                    left,
                    refused,
                    unwatched,
                    recorded,
                };
            }
            errand.wait().await?;
        };
        errand.end().await?;
        Ok(backfilled)
    }
}

impl Maintenance {
    async fn newest_entry(&self) -> Result<u64, CommandError> {
        let newest = self.peek().await?.newest_entry().await;
        Ok(newest.map_err(settings::store_failed)?)
    }
}

// === impl CursorLine ===

impl CursorLine {
    fn new(channel: &Channel) -> Self {
        Self {
            channel_id: channel.id,
            is_thread: channel.is_thread,
            dirty: channel.dirty.map(|dirty| dirty.reason.name()),
            after: channel.dirty.and_then(|dirty| dirty.after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_that_of_all_ids_is_behind_them() {
        let last = just_before(DISCORD_EPOCH_MS + (u64::MAX >> 22));
        assert!(last.is_some());
        assert_eq!(just_before(DISCORD_EPOCH_MS + (1 << 42)), last);
        assert_eq!(just_before(DISCORD_EPOCH_MS), None);
    }
}
