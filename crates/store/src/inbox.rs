//! `cordboard_recovery`'s ports over SQLite: the record of messages, and who has read how far.

mod batch;
mod column;
mod consumer;
mod dead_letter;
mod entry;
mod gap;
mod looking;
mod message;
mod retention;
mod shard;
mod tally;
mod watched;

use std::{fmt, sync::Arc};

use cordboard_recovery::{
    Batch, Committed, Consumer, ConsumerError, Consumers, DeadLetter, DeadLetterQuery, DeadLetters,
    Entries, EntryQuery, FailedEntry, GapQuery, Inbox, InboxError, Loaded, Logged, MessageLog,
    MessageQuery, NumberedGap, Retention,
};
use rusqlite::Connection;
use tokio::sync::watch;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

pub(crate) use self::looking::{channels, consumers, gaps, messages, newest_entry};
use crate::{group_commit::GroupCommit, limits::HELD_MAX};

/// The record of messages in watched channels, and of who has read how far, in SQLite. It shares its
/// commits with the registry of the same store. What a call says it wrote survives a power failure.
#[derive(Clone)]
pub struct SqliteInbox {
    database: Arc<GroupCommit>,
    /// The sequence of the youngest entry, as far as anybody has asked or written: no other process does.
    newest: watch::Sender<u64>,
}

// === impl SqliteInbox ===

impl SqliteInbox {
    /// `newest` is the same for all of one store.
    pub(crate) const fn new(database: Arc<GroupCommit>, newest: watch::Sender<u64>) -> Self {
        Self { database, newest }
    }

    /// Reads share the one connection with the writes: a full page keeps it for less than a sync of the
    /// disk does (`examples/inbox_rows.rs`), and there is one order of things and one way to fail.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, InboxError> {
        self.database.call(work).await.map_err(failed)
    }

    /// Lets a consumer go on behind this sequence, forwards or back, as if it were new: its dead letters go.
    /// `false`: there was none of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reset(&self, name: &str, to: u64) -> Result<bool, InboxError> {
        let name = name.to_owned();
        self.call(move |connection| consumer::reset(connection, &name, to))
            .await
    }

    fn hear(&self, newest: u64) {
        self.newest.send_if_modified(|known| {
            let is_news = newest > *known;
            *known = newest.max(*known);
            is_news
        });
    }
}

impl Inbox for SqliteInbox {
    async fn load(&self, shard: u32) -> Result<Loaded, InboxError> {
        self.call(move |connection| {
            let (session, watermark_ms) = shard::read(connection, shard)?;
            Ok(Loaded {
                session,
                watermark_ms,
                channels: watched::read(connection, shard)?,
            })
        })
        .await
    }

    async fn commit(&self, batch: Batch) -> Result<Committed, InboxError> {
        let committed = self.call(move |connection| batch::write(connection, batch));
        let committed = committed.await?;
        self.hear(committed.newest);
        Ok(committed)
    }

    async fn holds(&self, messages: Vec<Id<MessageMarker>>) -> Result<Vec<bool>, InboxError> {
        let mut holds = Vec::with_capacity(messages.len());
        for some in messages.chunks(HELD_MAX) {
            let some = some.to_vec();
            let found = self.call(move |connection| message::holds(connection, &some));
            holds.append(&mut found.await?);
        }
        Ok(holds)
    }

    async fn recent(
        &self,
        channel_id: Id<ChannelMarker>,
        limit: usize,
    ) -> Result<Vec<Id<MessageMarker>>, InboxError> {
        self.call(move |connection| message::recent(connection, channel_id, limit))
            .await
    }
}

impl MessageLog for SqliteInbox {
    async fn entries(&self, query: EntryQuery) -> Result<Entries, InboxError> {
        let page = self.call(move |connection| entry::read(connection, &query));
        page.await?.into_entries().map_err(failed)
    }

    async fn news(&self, after: u64) -> Result<(), InboxError> {
        let mut newest = self.newest.subscribe();
        if *newest.borrow() == 0 {
            // What a former process has recorded counts as well.
            let tally = self.call(tally::Tally::read).await?;
            self.hear(tally.newest);
        }
        let news = newest.wait_for(|newest| *newest > after).await;
        news.expect("the sender is in the record, which we borrow");
        Ok(())
    }

    async fn messages(&self, query: MessageQuery) -> Result<Vec<Logged>, InboxError> {
        let found = self.call(move |connection| message::read(connection, &query));
        let found = found.await?.into_iter();
        let logged = found.map(message::MessageRow::into_logged);
        logged.collect::<Result<_, _>>().map_err(failed)
    }

    async fn gaps(&self, query: GapQuery) -> Result<Vec<NumberedGap>, InboxError> {
        self.call(move |connection| gap::read(connection, query))
            .await
    }

    async fn prune(&self, retention: Retention) -> Result<u64, InboxError> {
        self.call(move |connection| retention::prune(connection, retention))
            .await
    }
}

impl Consumers for SqliteInbox {
    async fn open(&self, name: &str, start: Option<u64>) -> Result<Consumer, InboxError> {
        let name = name.to_owned();
        self.call(move |connection| consumer::open(connection, &name, start))
            .await
    }

    async fn acknowledge(&self, name: &str, sequence: u64) -> Result<Consumer, ConsumerError> {
        let name = name.to_owned();
        self.call(move |connection| consumer::acknowledge(connection, &name, sequence))
            .await?
    }

    async fn fail(
        &self,
        name: &str,
        sequence: u64,
        reason: &str,
    ) -> Result<FailedEntry, ConsumerError> {
        let (name, reason) = (name.to_owned(), reason.to_owned());
        self.call(move |connection| consumer::fail(connection, &name, sequence, &reason))
            .await?
    }

    async fn list(&self) -> Result<Vec<Consumer>, InboxError> {
        self.call(consumer::list).await
    }

    async fn forget(&self, name: &str) -> Result<bool, InboxError> {
        let name = name.to_owned();
        self.call(move |connection| consumer::forget(connection, &name))
            .await
    }
}

impl DeadLetters for SqliteInbox {
    async fn dead_letters(
        &self,
        name: &str,
        query: DeadLetterQuery,
    ) -> Result<Vec<DeadLetter>, ConsumerError> {
        let name = name.to_owned();
        let found = self.call(move |connection| dead_letter::read(connection, &name, query));
        let letters = dead_letter::into_letters(found.await??);
        Ok(letters.map_err(failed)?)
    }

    async fn discard(&self, name: &str, sequence: u64) -> Result<bool, ConsumerError> {
        let name = name.to_owned();
        self.call(move |connection| dead_letter::discard(connection, &name, sequence))
            .await?
    }
}

impl fmt::Debug for SqliteInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteInbox").finish_non_exhaustive()
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> InboxError {
    InboxError {
        source: error.into(),
    }
}

#[cfg(test)]
mod tests;
