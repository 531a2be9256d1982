//! The record of the flood: where it is kept, and how long that takes.

use std::{fmt::Debug, sync::Arc, time::Duration};

use cordboard_recovery::{
    Batch, Committed, Consumer, ConsumerError, Consumers as _, Entries, Entry, EntryQuery,
    FailedEntry, Inbox, InboxError, Loaded, MemoryInbox, MessageLog as _,
};
use cordboard_store::{Location, SqliteInbox, Store};
use fastrand::Rng;
use futures_util::FutureExt as _;
use parking_lot::Mutex;
use tokio::time::sleep;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

/// The name of who reads the record.
const READER: &str = "reader";

/// The record in memory; or the same in a database, which has to answer as memory does. A write takes
/// its time, before it is durable and after, and whoever asked for it may be killed meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    memory: MemoryInbox,
    database: Option<SqliteInbox>,
    latency_ms: u64,
    dice: Arc<Mutex<Rng>>,
    /// Held by a write that goes on although whoever asked for it is dead: until it is through, memory and database do
    /// not say the same.
    writing: Arc<tokio::sync::Mutex<()>>,
}

// === impl Disk ===

impl Disk {
    pub(super) async fn draw(dice: &mut Rng) -> Self {
        let latency_ms = if dice.bool() { dice.u64(1..400) } else { 0 };
        let database = if dice.bool() {
            let store = Store::open(&Location::Memory).await;
            Some(store.expect("a database in memory opens").inbox())
        } else {
            None
        };
        Self {
            memory: MemoryInbox::default(),
            database,
            latency_ms,
            dice: Arc::new(Mutex::new(Rng::with_seed(dice.u64(..)))),
            writing: Arc::default(),
        }
    }

    /// Whether a message is on record.
    pub(super) fn has(&self, id: Id<MessageMarker>) -> bool {
        let held = self.memory.holds(vec![id]).now_or_never();
        held.and_then(Result::ok).is_some_and(|held| held[0])
    }

    /// Where a reader stands that began with the first entry.
    pub(super) async fn open(&self, name: &str) -> Result<Consumer, InboxError> {
        let _writing = self.writing.lock().await;
        let reader = self.memory.open(name, Some(0)).await?;
        if let Some(database) = &self.database {
            same(&reader, &database.open(name, Some(0)).await?)?;
        }
        Ok(reader)
    }

    pub(super) async fn entries(&self, query: EntryQuery) -> Result<Entries, InboxError> {
        let _writing = self.writing.lock().await;
        let mut page = self.memory.entries(query.clone()).await?;
        if let Some(database) = &self.database {
            // It looks through a part at a time.
            let other = database.entries(query).await?;
            let through = page.through.min(other.through);
            let upto = |entries: Vec<Entry>| {
                let entries = entries.into_iter();
                entries.filter(|entry| entry.sequence <= through).collect()
            };
            page.entries = upto(page.entries);
            page.through = through;
            same(&page.entries, &upto(other.entries))?;
        }
        Ok(page)
    }

    /// A reader chokes.
    pub(super) async fn fail(
        &self,
        name: &str,
        sequence: u64,
    ) -> Result<Result<FailedEntry, ConsumerError>, InboxError> {
        let _writing = self.writing.lock().await;
        let failed = self.memory.fail(name, sequence, "choked").await;
        if let Some(database) = &self.database {
            same(&failed, &database.fail(name, sequence, "choked").await)?;
        }
        Ok(failed)
    }

    /// A reader has dealt with so much.
    pub(super) async fn move_on(
        &self,
        name: &str,
        sequence: u64,
    ) -> Result<Result<Consumer, ConsumerError>, InboxError> {
        let _writing = self.writing.lock().await;
        let moved = self.memory.acknowledge(name, sequence).await;
        if let Some(database) = &self.database {
            same(&moved, &database.acknowledge(name, sequence).await)?;
        }
        Ok(moved)
    }

    /// All that the reader has not acknowledged.
    ///
    /// # Errors
    /// When memory and database do not say the same.
    pub(super) async fn unread(&self) -> Result<Vec<Entry>, InboxError> {
        let mut after = self.open(READER).await?.acknowledged;
        let mut all = Vec::new();
        loop {
            let query = EntryQuery {
                after,
                channels: Vec::new(),
                limit: 256,
            };
            let page = self.entries(query).await?.entries;
            let Some(last) = page.last() else {
                return Ok(all);
            };
            after = last.sequence;
            all.extend(page);
        }
    }

    /// The reader has dealt with so much; or dies before it can say so, or when it has said so of a part.
    ///
    /// # Errors
    /// When memory and database do not say the same.
    pub(super) async fn acknowledge(&self, entries: &[u64]) -> Result<(), InboxError> {
        let said = self.dice.lock().usize(0..=2 * entries.len());
        let Some(sequence) = entries[..said.min(entries.len())].last() else {
            return Ok(());
        };
        let acknowledged = self.move_on(READER, *sequence).await?;
        acknowledged.map(drop).map_err(|error| InboxError {
            source: error.into(),
        })
    }

    /// Writes, and is done with it however the caller fares.
    #[expect(
        clippy::disallowed_methods,
        reason = "a disk goes on when the process is dead"
    )]
    pub(super) async fn write(&self, batch: Batch) -> Result<Committed, InboxError> {
        let disk = self.clone();
        let writing = tokio::spawn(async move {
            let _writing = disk.writing.lock().await;
            let written = disk.memory.commit(batch.clone()).await?;
            if let Some(database) = &disk.database {
                same(&written, &database.commit(batch).await?)?;
            }
            Ok(written)
        });
        writing.await.map_err(|panic| InboxError {
            source: panic.into(),
        })?
    }

    /// What a write waits for.
    pub(super) async fn seek(&self) {
        if self.latency_ms > 0 {
            let wait_ms = self.dice.lock().u64(0..self.latency_ms);
            sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    pub(super) async fn load(&self, shard: u32) -> Result<Loaded, InboxError> {
        let _writing = self.writing.lock().await;
        let loaded = in_order(self.memory.load(shard).await?);
        if let Some(database) = &self.database {
            same(&loaded, &in_order(database.load(shard).await?))?;
        }
        Ok(loaded)
    }

    pub(super) async fn holds(
        &self,
        messages: Vec<Id<MessageMarker>>,
    ) -> Result<Vec<bool>, InboxError> {
        let _writing = self.writing.lock().await;
        let held = self.memory.holds(messages.clone()).await?;
        if let Some(database) = &self.database {
            same(&held, &database.holds(messages).await?)?;
        }
        Ok(held)
    }

    pub(super) async fn recent(
        &self,
        channel_id: Id<ChannelMarker>,
        limit: usize,
    ) -> Result<Vec<Id<MessageMarker>>, InboxError> {
        let _writing = self.writing.lock().await;
        let recent = self.memory.recent(channel_id, limit).await?;
        if let Some(database) = &self.database {
            same(&recent, &database.recent(channel_id, limit).await?)?;
        }
        Ok(recent)
    }
}

fn in_order(mut loaded: Loaded) -> Loaded {
    loaded.channels.sort_unstable_by_key(|channel| channel.id);
    loaded
}

fn same<T: Debug>(memory: &T, database: &T) -> Result<(), InboxError> {
    let (memory, database) = (format!("{memory:?}"), format!("{database:?}"));
    if memory == database {
        return Ok(());
    }
    Err(InboxError {
        source: format!("memory says {memory}, and the database {database}").into(),
    })
}
