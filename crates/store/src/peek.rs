//! The store, for those who only look.

use std::collections::BTreeMap;

use cordboard_lifecycle::{AttemptId, Row};
use cordboard_recovery::{Channel, Consumer, GapQuery, Logged, MessageQuery, NumberedGap};
use rusqlite::Connection;
use twilight_model::id::{Id, marker::GuildMarker};

use crate::{
    Line, Location, ProtectedChannel, Reading, Settings, StoreError, inbox, journal, life,
    limits::{HISTORY_MAX, READ_ROWS_MAX},
    protected, record,
};

/// The store, opened for reading only: what is on record while a proxy works on it, or while none does.
/// A handle that is cheap to clone. See [`Reading`] for what that costs, and for how it can be copied
/// and checked.
#[derive(Clone, Debug)]
pub struct Peek {
    reading: Reading,
}

/// A row of the registry as it is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// The row's number, by which [`Peek::rows`] goes on. None is used twice.
    pub number: u64,
    /// The row.
    pub row: Row,
    /// When its deletion was first asked for, in milliseconds since 1970; `None`: never.
    pub asked_at_ms: Option<u64>,
}

/// What was begun and deleted in a guild since the beginning of the hour a day ago, as the brake on
/// deletions counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Rows that were begun: each is a creation that was to be sent.
    pub begun: u64,
    /// Rows whose deletion was asked for.
    pub deleted: u64,
}

// === impl Peek ===

impl Peek {
    /// Opens the store without its lock.
    ///
    /// # Errors
    /// As [`Reading::of_store`].
    pub async fn open(location: &Location, settings: Settings) -> Result<Self, StoreError> {
        Ok(Self {
            reading: Reading::of_store(location, settings).await?,
        })
    }

    /// The file.
    #[must_use]
    pub const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// A page of the registry, settled rows included, in the order in which they were begun: at most
    /// `rows_max`, and at most [`READ_ROWS_MAX`], above the number `after`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn rows(
        &self,
        after: Option<u64>,
        rows_max: usize,
    ) -> Result<Vec<Peeked>, StoreError> {
        let rows_max = rows_max.min(READ_ROWS_MAX);
        self.call(move |connection| {
            let rows = record::page(connection, after.unwrap_or_default(), rows_max)?;
            let rows = rows.into_iter().map(|(number, row, asked_at_ms)| Peeked {
                number,
                row,
                asked_at_ms,
            });
            Ok(rows.collect())
        })
        .await
    }

    /// A page of the rows that are open, by attempt: at most `rows_max`, and at most [`READ_ROWS_MAX`],
    /// after that one. What is settled is not read.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn open_rows(
        &self,
        after: Option<AttemptId>,
        rows_max: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let rows_max = rows_max.min(READ_ROWS_MAX);
        self.call(move |connection| record::open(connection, after, rows_max))
            .await
    }

    /// The row of an attempt; `None` when there is none, or none any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn row(&self, attempt: AttemptId) -> Result<Option<Row>, StoreError> {
        self.call(move |connection| record::read(connection, attempt))
            .await
    }

    /// How many rows stand at each stage, by its name ([`cordboard_lifecycle::Stage::name`]). A stage
    /// that is left out has none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn counts(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.call(|connection| {
            let mut query =
                connection.prepare_cached("SELECT stage, count(*) FROM channel GROUP BY stage")?;
            let counts = query.query_map([], |row| Ok((row.get(0)?, record::unsigned(row, 1)?)));
            counts?.collect()
        })
        .await
    }

    /// Whether an operator holds all deletions.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn deletions_held(&self) -> Result<bool, StoreError> {
        self.call(|connection| {
            connection.query_row("SELECT deletions_held FROM state", [], |row| row.get(0))
        })
        .await
    }

    /// The channels that operators have protected, the oldest channel first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn protected(&self) -> Result<Vec<ProtectedChannel>, StoreError> {
        self.call(protected::read).await
    }

    /// The fingerprint of the key that signs this store's marks, once it is on record.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn key_fingerprint(&self) -> Result<Option<String>, StoreError> {
        self.call(|connection| {
            connection.query_row("SELECT key_fingerprint FROM state", [], |row| row.get(0))
        })
        .await
    }

    /// What was begun and deleted in a guild in the last day. `now_ms` is in milliseconds since 1970.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn day(&self, guild_id: Id<GuildMarker>, now_ms: u64) -> Result<Day, StoreError> {
        self.call(move |connection| {
            let (begun, deleted) = life::day(connection, guild_id, now_ms)?;
            Ok(Day { begun, deleted })
        })
        .await
    }

    /// What happened last to any row, the newest first: at most `lines_max`, and at most
    /// [`HISTORY_MAX`] lines.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn journal(&self, lines_max: usize) -> Result<Vec<Line>, StoreError> {
        let lines_max = lines_max.min(HISTORY_MAX);
        self.call(move |connection| journal::newest(connection, lines_max))
            .await
    }

    /// Messages by channel, time and id, as they are known now, oldest first: a page of them.
    ///
    /// # Errors
    /// When the file cannot be read, or holds what is no message.
    pub async fn messages(&self, query: MessageQuery) -> Result<Vec<Logged>, StoreError> {
        let rows = self.call(move |connection| inbox::messages(connection, &query));
        rows.await
    }

    /// What could not be had of watched channels, in the order in which it was found: a page of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn gaps(&self, query: GapQuery) -> Result<Vec<NumberedGap>, StoreError> {
        self.call(move |connection| inbox::gaps(connection, query))
            .await
    }

    /// Who reads the record of messages, by name, and how far they are.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn consumers(&self) -> Result<Vec<Consumer>, StoreError> {
        self.call(inbox::consumers).await
    }

    /// The sequence of the youngest entry that was ever on record: what is recorded from now on is above it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn newest_entry(&self) -> Result<u64, StoreError> {
        self.call(inbox::newest_entry).await
    }

    /// The watched channels of a shard, and up to when all of those that are not to be read is on record,
    /// in milliseconds since 1970 by Discord's clock.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn watched(&self, shard: u32) -> Result<(Vec<Channel>, u64), StoreError> {
        self.call(move |connection| inbox::channels(connection, shard))
            .await
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.reading.call(work).await
    }
}
