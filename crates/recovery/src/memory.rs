//! The record in memory: for tests, and for bots that need not survive their process.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use parking_lot::Mutex;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    ATTEMPTS_MAX, Batch, Channel, Committed, Consumer, ConsumerError, Consumers, Entries, Entry,
    EntryQuery, FailedEntry, Gap, GapQuery, Inbox, InboxError, Known, Loaded, Logged, MessageLog,
    MessageQuery, News, NumberedGap, Presence, Record, Retention, SessionMark, fields::author_id,
    snowflake::created_ms,
};

/// The record in memory. Clones are handles to the same one: it lasts as long as one of them.
#[derive(Clone, Debug, Default)]
pub struct MemoryInbox {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    shards: HashMap<u32, Shard>,
    channels: BTreeMap<Id<ChannelMarker>, (u32, Channel)>,
    messages: BTreeMap<(Id<ChannelMarker>, Id<MessageMarker>), Known>,
    ids: HashSet<Id<MessageMarker>>,
    entries: BTreeMap<u64, Entry>,
    newest: u64,
    consumers: BTreeMap<String, Reader>,
}

#[derive(Debug, Default)]
struct Shard {
    session: Option<SessionMark>,
    watermark_ms: u64,
}

#[derive(Debug, Default)]
struct Reader {
    acknowledged: u64,
    attempts: BTreeMap<u64, u32>,
    dead: BTreeMap<u64, String>,
}

// === impl MemoryInbox ===

impl Inbox for MemoryInbox {
    async fn load(&self, shard: u32) -> Result<Loaded, InboxError> {
        let mut state = self.state.lock();
        let Shard {
            session,
            watermark_ms,
        } = state.shards.entry(shard).or_default();
        let (session, watermark_ms) = (session.clone(), *watermark_ms);
        let channels = state.channels.values();
        let channels = channels.filter(|(of, _)| *of == shard);
        Ok(Loaded {
            session,
            watermark_ms,
            channels: channels.map(|(_, channel)| channel.clone()).collect(),
        })
    }

    async fn commit(&self, batch: Batch) -> Result<Committed, InboxError> {
        Ok(self.state.lock().commit(batch))
    }

    async fn holds(&self, messages: Vec<Id<MessageMarker>>) -> Result<Vec<bool>, InboxError> {
        let state = self.state.lock();
        Ok(messages.iter().map(|id| state.ids.contains(id)).collect())
    }

    async fn recent(
        &self,
        channel_id: Id<ChannelMarker>,
        limit: usize,
    ) -> Result<Vec<Id<MessageMarker>>, InboxError> {
        let state = self.state.lock();
        let there = state
            .of_channel(channel_id)
            .rev()
            .filter(|(_, known)| known.presence == Presence::There);
        let mut youngest: Vec<_> = there.map(|(id, _)| id).take(limit).collect();
        youngest.reverse();
        Ok(youngest)
    }
}

impl MessageLog for MemoryInbox {
    async fn entries(&self, query: EntryQuery) -> Result<Entries, InboxError> {
        let state = self.state.lock();
        let wanted = |entry: &&Entry| {
            query.channels.is_empty() || query.channels.contains(&entry.channel_id)
        };
        let above = state.entries.range(query.after.saturating_add(1)..);
        let found = above.map(|(_, entry)| entry).filter(wanted);
        let entries: Vec<_> = found.take(query.limit).cloned().collect();
        let through = match entries.last() {
            Some(last) if entries.len() == query.limit => last.sequence,
            _ => state.newest.max(query.after),
        };
        Ok(Entries {
            entries,
            through,
            newest: state.newest,
        })
    }

    async fn messages(&self, query: MessageQuery) -> Result<Vec<Logged>, InboxError> {
        let state = self.state.lock();
        let found = state.of_channel(query.channel_id).filter(|(id, known)| {
            query.after.is_none_or(|after| *id > after)
                && query.before.is_none_or(|before| *id < before)
                && (query.with_deleted || known.presence == Presence::There)
        });
        let logged = found.map(|(id, known)| Logged {
            id,
            channel_id: query.channel_id,
            author_id: known.json.as_deref().and_then(author_id),
            edited_ms: known.edited_ms,
            is_deleted: known.presence != Presence::There,
            json: known.json.clone(),
        });
        if query.after.is_some() || query.before.is_none() {
            return Ok(logged.take(query.limit).collect());
        }
        let mut below: Vec<_> = logged.rev().take(query.limit).collect();
        below.reverse();
        Ok(below)
    }

    async fn gaps(&self, query: GapQuery) -> Result<Vec<NumberedGap>, InboxError> {
        let state = self.state.lock();
        let above = state.entries.range(query.after.saturating_add(1)..);
        let gaps = above.filter_map(|(sequence, entry)| match &entry.news {
            News::Gap(gap) if query.channel_id.is_none_or(|id| id == gap.channel_id) => {
                let (sequence, gap) = (*sequence, gap.clone());
                Some(NumberedGap { sequence, gap })
            }
            _ => None,
        });
        Ok(gaps.take(query.limit).collect())
    }

    async fn prune(&self, retention: Retention) -> Result<u64, InboxError> {
        Ok(self.state.lock().prune(retention))
    }
}

impl Consumers for MemoryInbox {
    async fn open(&self, name: &str, start: Option<u64>) -> Result<Consumer, InboxError> {
        let mut state = self.state.lock();
        let newest = state.newest;
        let reader = state.consumers.entry(name.to_owned());
        let reader = reader.or_insert_with(|| Reader {
            acknowledged: start.unwrap_or(newest).min(newest),
            ..Reader::default()
        });
        Ok(reader.consumer(name))
    }

    async fn acknowledge(&self, name: &str, sequence: u64) -> Result<Consumer, ConsumerError> {
        let mut state = self.state.lock();
        let newest = state.newest;
        let reader = state.consumers.get_mut(name);
        let reader = reader.ok_or(ConsumerError::Unknown)?;
        if sequence > newest {
            return Err(ConsumerError::Future { newest });
        }
        reader.move_to(sequence);
        Ok(reader.consumer(name))
    }

    async fn fail(
        &self,
        name: &str,
        sequence: u64,
        reason: &str,
    ) -> Result<FailedEntry, ConsumerError> {
        let mut state = self.state.lock();
        let newest = state.newest;
        let reader = state.consumers.get_mut(name);
        let reader = reader.ok_or(ConsumerError::Unknown)?;
        let acknowledged = reader.acknowledged;
        if sequence > newest {
            return Err(ConsumerError::Future { newest });
        }
        if sequence <= acknowledged {
            return Err(ConsumerError::Past { acknowledged });
        }
        let attempts = reader.attempts.entry(sequence).or_default();
        *attempts += 1;
        let attempts = *attempts;
        let is_dead = attempts >= ATTEMPTS_MAX;
        if is_dead {
            reader.dead.insert(sequence, reason.to_owned());
            reader.move_to(sequence);
        }
        Ok(FailedEntry {
            attempts,
            is_dead,
            consumer: reader.consumer(name),
        })
    }

    async fn list(&self) -> Result<Vec<Consumer>, InboxError> {
        let state = self.state.lock();
        let consumers = state.consumers.iter();
        Ok(consumers
            .map(|(name, reader)| reader.consumer(name))
            .collect())
    }

    async fn forget(&self, name: &str) -> Result<bool, InboxError> {
        Ok(self.state.lock().consumers.remove(name).is_some())
    }
}

// === impl State ===

impl State {
    fn commit(&mut self, batch: Batch) -> Committed {
        let before = self.newest;
        for record in batch.records {
            self.take(record);
        }
        for gap in batch.gaps {
            self.miss(gap);
        }
        for channel in batch.channels {
            self.channels.insert(channel.id, (batch.shard, channel));
        }
        for id in batch.closed {
            self.channels.remove(&id);
        }
        let shard = self.shards.entry(batch.shard).or_default();
        shard.session = batch.session.or_else(|| shard.session.take());
        let watermark_ms = batch.watermark_ms.unwrap_or_default();
        shard.watermark_ms = shard.watermark_ms.max(watermark_ms);
        Committed {
            newest: self.newest,
            entries: self.newest - before,
        }
    }

    fn take(&mut self, Record { channel_id, sight }: Record) {
        let message_id = sight.message_id();
        let key = (channel_id, message_id);
        let Some(verdict) = sight.verdict(self.messages.get(&key)) else {
            return;
        };
        self.messages.insert(key, verdict.known);
        self.ids.insert(message_id);
        if let Some(news) = verdict.news {
            self.tell(channel_id, news);
        }
    }

    fn miss(&mut self, gap: Gap) {
        let is_told = self.entries.values().any(|entry| match &entry.news {
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

    fn tell(&mut self, channel_id: Id<ChannelMarker>, news: News) {
        self.newest += 1;
        let sequence = self.newest;
        let entry = Entry {
            sequence,
            channel_id,
            news,
        };
        self.entries.insert(sequence, entry);
    }

    fn of_channel(
        &self,
        channel_id: Id<ChannelMarker>,
    ) -> impl DoubleEndedIterator<Item = (Id<MessageMarker>, &Known)> {
        let range = (channel_id, Id::new(1))..=(channel_id, Id::new(u64::MAX));
        let found = self.messages.range(range);
        found.map(|((_, id), known)| (*id, known))
    }

    fn prune(&mut self, retention: Retention) -> u64 {
        let kept = |id: Id<MessageMarker>| created_ms(id) >= retention.before_ms;
        let before = self.entries.len();
        let mut bytes: u64 = self.entries.values().map(size).sum();
        while let Some(entry) = self.entries.first_entry() {
            let is_old = entry.get().message_id().is_some_and(|id| !kept(id));
            if !is_old && bytes <= retention.bytes_max {
                break;
            }
            bytes -= size(&entry.remove());
        }
        self.messages.retain(|(_, id), _| kept(*id));
        u64::try_from(before - self.entries.len()).unwrap_or(u64::MAX)
    }
}

/// The bytes of an entry's message object.
fn size(entry: &Entry) -> u64 {
    let length = match &entry.news {
        News::Created { json, .. } | News::Updated { json, .. } => json.get().len(),
        News::Deleted { .. } | News::Gap(_) => 0,
    };
    u64::try_from(length).unwrap_or(u64::MAX)
}

// === impl Reader ===

impl Reader {
    fn move_to(&mut self, sequence: u64) {
        self.acknowledged = self.acknowledged.max(sequence);
        self.attempts = self.attempts.split_off(&(self.acknowledged + 1));
    }

    fn consumer(&self, name: &str) -> Consumer {
        Consumer {
            name: name.to_owned(),
            acknowledged: self.acknowledged,
            dead_letters: u64::try_from(self.dead.len()).unwrap_or(u64::MAX),
        }
    }
}
