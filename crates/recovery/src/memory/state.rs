//! What the record in memory holds, and how a batch changes it.

use std::collections::{BTreeMap, HashMap, HashSet};

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::reader::Reader;
use crate::{Batch, Channel, Committed, Entry, Gap, Known, Loaded, News, Record, SessionMark};

#[derive(Debug, Default)]
pub(super) struct State {
    shards: HashMap<u32, Shard>,
    pub(super) watched: BTreeMap<Id<ChannelMarker>, Watched>,
    pub(super) messages: BTreeMap<(Id<ChannelMarker>, Id<MessageMarker>), Held>,
    pub(super) ids: HashSet<Id<MessageMarker>>,
    pub(super) entries: BTreeMap<u64, Told>,
    pub(super) newest: u64,
    /// Discord's clock, as far as the record knows it.
    pub(super) at_ms: u64,
    pub(super) consumers: BTreeMap<String, Reader>,
}

#[derive(Debug, Default)]
struct Shard {
    session: Option<SessionMark>,
    watermark_ms: u64,
}

#[derive(Debug)]
pub(super) struct Watched {
    shard: u32,
    channel: Channel,
    /// Its youngest message that was dropped.
    pub(super) dropped_id: Option<Id<MessageMarker>>,
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) known: Known,
    /// The sequence of the last entry about it.
    pub(super) told_in: u64,
}

#[derive(Debug)]
pub(super) struct Told {
    pub(super) at_ms: u64,
    pub(super) entry: Entry,
}

// === impl State ===

impl State {
    pub(super) fn load(&self, shard: u32) -> Loaded {
        let watched = self.watched.values();
        let watched = watched.filter(|watched| watched.shard == shard);
        let found = self.shards.get(&shard);
        Loaded {
            session: found.and_then(|shard| shard.session.clone()),
            watermark_ms: found.map_or(0, |shard| shard.watermark_ms),
            channels: watched.map(|watched| watched.channel.clone()).collect(),
        }
    }

    pub(super) fn commit(&mut self, batch: Batch) -> Committed {
        let before = self.newest;
        let watermark_ms = batch.watermark_ms.unwrap_or_default();
        self.at_ms = self.at_ms.max(watermark_ms);
        for record in batch.records {
            self.take(record, batch.latest_ms);
        }
        for gap in batch.gaps {
            self.miss(gap);
        }
        for channel in batch.channels {
            self.watch(batch.shard, channel);
        }
        for id in batch.closed {
            self.watched.remove(&id);
        }
        let shard = self.shards.entry(batch.shard).or_default();
        shard.session = batch.session.or_else(|| shard.session.take());
        shard.watermark_ms = shard.watermark_ms.max(watermark_ms);
        Committed {
            newest: self.newest,
            entries: self.newest - before,
        }
    }

    pub(super) fn of_channel(
        &self,
        channel_id: Id<ChannelMarker>,
    ) -> impl DoubleEndedIterator<Item = (Id<MessageMarker>, &Known)> {
        let range = (channel_id, Id::new(1))..=(channel_id, Id::new(u64::MAX));
        let found = self.messages.range(range);
        found.map(|((_, id), held)| (*id, &held.known))
    }

    fn take(&mut self, Record { channel_id, sight }: Record, latest_ms: Option<u64>) {
        let message_id = sight.message_id();
        let key = (channel_id, message_id);
        self.at_ms = self.at_ms.max(sight.tells_ms(latest_ms));
        let held = self.messages.get(&key);
        let told_in = held.map_or(0, |held| held.told_in);
        let Some(verdict) = sight.verdict(held.map(|held| &held.known)) else {
            return;
        };
        let told_in = verdict
            .news
            .map_or(told_in, |news| self.tell(channel_id, news));
        let known = verdict.known;
        self.messages.insert(key, Held { known, told_in });
        self.ids.insert(message_id);
    }

    fn miss(&mut self, gap: Gap) {
        let is_told = self.entries.values().any(|told| match &told.entry.news {
            News::Gap(told) => {
                (told.channel_id, told.reason, told.after)
                    == (gap.channel_id, gap.reason, gap.after)
            }
            _ => false,
        });
        if !is_told {
            self.tell(gap.channel_id, News::Gap(gap));
        }
    }

    fn watch(&mut self, shard: u32, channel: Channel) {
        let former = self.watched.get(&channel.id);
        let watched = Watched {
            shard,
            dropped_id: former.and_then(|former| former.dropped_id),
            channel,
        };
        self.watched.insert(watched.channel.id, watched);
    }

    fn tell(&mut self, channel_id: Id<ChannelMarker>, news: News) -> u64 {
        self.newest += 1;
        self.put(self.newest, channel_id, news);
        self.newest
    }

    pub(super) fn put(&mut self, sequence: u64, channel_id: Id<ChannelMarker>, news: News) {
        let told = Told {
            at_ms: self.at_ms,
            entry: Entry {
                sequence,
                channel_id,
                news,
            },
        };
        self.entries.insert(sequence, told);
    }
}
