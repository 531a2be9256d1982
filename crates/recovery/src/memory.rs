//! The record in memory: for tests, and for bots that need not survive their process.

mod reader;
mod retain;
mod state;

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::watch;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use self::{reader::Reader, state::State};
use crate::{
    Batch, Committed, Consumer, ConsumerError, Consumers, DeadLetter, DeadLetterQuery, DeadLetters,
    Entries, Entry, EntryQuery, FailedEntry, GapQuery, Inbox, InboxError, Loaded, Logged,
    MessageLog, MessageQuery, News, NumberedGap, Presence, Retention,
};

/// The record in memory. Clones are handles to the same one: it lasts as long as one of them.
#[derive(Clone, Debug, Default)]
pub struct MemoryInbox {
    state: Arc<Mutex<State>>,
    /// The sequence of the youngest entry.
    newest: watch::Sender<u64>,
}

// === impl MemoryInbox ===

impl Inbox for MemoryInbox {
    async fn load(&self, shard: u32) -> Result<Loaded, InboxError> {
        Ok(self.state.lock().load(shard))
    }

    async fn commit(&self, batch: Batch) -> Result<Committed, InboxError> {
        let committed = self.state.lock().commit(batch);
        self.newest.send_if_modified(|newest| {
            let is_news = committed.newest > *newest;
            *newest = committed.newest.max(*newest);
            is_news
        });
        Ok(committed)
    }

    async fn holds(&self, messages: Vec<Id<MessageMarker>>) -> Result<Vec<bool>, InboxError> {
        let state = self.state.lock();
        let dropped = state.watched.values().filter_map(|it| it.dropped_id);
        let dropped: HashSet<_> = dropped.collect();
        let holds = |id| state.ids.contains(id) || dropped.contains(id);
        Ok(messages.iter().map(holds).collect())
    }

    async fn recent(
        &self,
        channel_id: Id<ChannelMarker>,
        limit: usize,
    ) -> Result<Vec<Id<MessageMarker>>, InboxError> {
        let state = self.state.lock();
        let watched = state.watched.get(&channel_id);
        let dropped_id = watched.and_then(|watched| watched.dropped_id);
        let there = state
            .of_channel(channel_id)
            .rev()
            .filter(|(id, known)| known.presence == Presence::There && Some(*id) > dropped_id);
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
        let found = above.map(|(_, told)| &told.entry).filter(wanted);
        let entries: Vec<_> = found.take(query.limit).cloned().collect();
        let through = if entries.len() == query.limit {
            entries.last().map_or(query.after, |last| last.sequence)
        } else {
            state.newest.max(query.after)
        };
        Ok(Entries {
            entries,
            through,
            newest: state.newest,
        })
    }

    async fn news(&self, after: u64) -> Result<(), InboxError> {
        let mut newest = self.newest.subscribe();
        let news = newest.wait_for(|newest| *newest > after).await;
        news.expect("the sender is in the record, which we borrow");
        Ok(())
    }

    async fn messages(&self, query: MessageQuery) -> Result<Vec<Logged>, InboxError> {
        let state = self.state.lock();
        let mut found: Vec<_> = match query.channel_id {
            Some(channel_id) => state
                .of_channel(channel_id)
                .map(|it| (channel_id, it))
                .collect(),
            None => state
                .messages
                .iter()
                .map(|((of, id), held)| (*of, (*id, &held.known)))
                .collect(),
        };
        found.sort_by_key(|(_, (id, _))| *id);
        let found = found.into_iter().filter(|(_, (id, known))| {
            query.after.is_none_or(|after| *id > after)
                && query.before.is_none_or(|before| *id < before)
                && (query.with_deleted || known.presence == Presence::There)
        });
        let logged = found.map(|(channel_id, (id, known))| Logged {
            id,
            channel_id,
            author_id: known.author_id(),
            edited_ms: known.last_edit_ms(),
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
        let gaps = above.filter_map(|(sequence, told)| match &told.entry.news {
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
        let reader =
            reader.or_insert_with(|| Reader::starting_after(start.unwrap_or(newest).min(newest)));
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
        let (newest, at_ms) = (state.newest, state.at_ms);
        let reader = state.consumers.get_mut(name);
        let reader = reader.ok_or(ConsumerError::Unknown)?;
        if sequence > newest {
            return Err(ConsumerError::Future { newest });
        }
        reader.fail(name, sequence, (reason, at_ms))
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

impl DeadLetters for MemoryInbox {
    async fn dead_letters(
        &self,
        name: &str,
        query: DeadLetterQuery,
    ) -> Result<Vec<DeadLetter>, ConsumerError> {
        let state = self.state.lock();
        let reader = state.consumers.get(name).ok_or(ConsumerError::Unknown)?;
        let above = reader.dead.range(query.after.saturating_add(1)..);
        let letters = above.filter_map(|(sequence, dead)| {
            Some(DeadLetter {
                entry: state.entries.get(sequence)?.entry.clone(),
                attempts: dead.attempts,
                reason: dead.reason.clone(),
                at_ms: dead.at_ms,
            })
        });
        Ok(letters.take(query.limit).collect())
    }

    async fn discard(&self, name: &str, sequence: u64) -> Result<bool, ConsumerError> {
        let mut state = self.state.lock();
        let reader = state.consumers.get_mut(name);
        let reader = reader.ok_or(ConsumerError::Unknown)?;
        Ok(reader.dead.remove(&sequence).is_some())
    }
}
