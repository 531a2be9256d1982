//! The store: one database, and the ports over it.

use std::{fmt, sync::Arc};

use cordboard_lifecycle::AttemptId;
use rusqlite::Connection;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    LeftSession, Line, Location, Pruned, Settings, Space, SqliteInbox, SqliteRegistry, StoreError,
    blocking::blocking,
    file::{self, Database, place},
    group_commit::GroupCommit,
    journal,
    limits::{LOCK_PAUSE, LOCK_WAIT},
    prune, session,
};

/// An open database; a handle that is cheap to clone. The file is closed, and its lock given back,
/// when the last clone and the last port over it are dropped.
#[derive(Clone)]
pub struct Store {
    location: Location,
    database: Arc<GroupCommit>,
    /// The sequence of the youngest entry on record: whoever waits for one may have another inbox.
    newest_entry: watch::Sender<u64>,
}

// === impl Store ===

impl Store {
    /// Opens the store, and makes it at the first start. If another process holds it, waits a
    /// moment for that process to end.
    ///
    /// # Errors
    /// [`StoreError`] says what is wrong with the file, and what to do.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        Self::open_with(location, Settings::default()).await
    }

    /// As [`Self::open`], with what the operator says about it.
    ///
    /// # Errors
    /// [`StoreError`] says what is wrong with the file, and what to do.
    pub async fn open_with(location: &Location, settings: Settings) -> Result<Self, StoreError> {
        let deadline = Instant::now() + LOCK_WAIT;
        loop {
            match Self::open_at_once(location, settings).await {
                Err(StoreError::Busy { .. }) if Instant::now() < deadline => {
                    sleep(LOCK_PAUSE).await;
                }
                opened => return opened,
            }
        }
    }

    /// Whether another process holds the store.
    ///
    /// # Errors
    /// When its lock cannot be tried.
    pub async fn is_held(location: &Location) -> Result<bool, StoreError> {
        let place = location.clone();
        blocking(move || file::is_held(&place)).await
    }

    /// As [`Self::open_with`], and waits for nobody: [`StoreError::Busy`] when another process holds it.
    ///
    /// # Errors
    /// [`StoreError`] says what is wrong with the file, and what to do.
    pub async fn open_at_once(location: &Location, settings: Settings) -> Result<Self, StoreError> {
        let place = location.clone();
        let database = blocking(move || Database::open(&place, settings)).await?;
        Ok(Self {
            location: location.clone(),
            database: Arc::new(GroupCommit::new(database)),
            newest_entry: watch::Sender::new(0),
        })
    }

    pub(crate) const fn database(&self) -> &Arc<GroupCommit> {
        &self.database
    }

    /// The registry of owned channels.
    #[must_use]
    pub fn registry(&self) -> SqliteRegistry {
        SqliteRegistry::new(Arc::clone(&self.database))
    }

    /// The record of messages in watched channels, and of who has read how far.
    #[must_use]
    pub fn inbox(&self) -> SqliteInbox {
        SqliteInbox::new(Arc::clone(&self.database), self.newest_entry.clone())
    }

    /// What happened to a row, the oldest line first, at most [`HISTORY_MAX`](crate::limits::HISTORY_MAX) lines. Empty when
    /// there is no such row, or when all of it is older than what is kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn journal(&self, attempt: AttemptId) -> Result<Vec<Line>, StoreError> {
        self.database
            .call(move |connection| journal::read(connection, attempt))
            .await
    }

    /// Waits until the store has failed, in whosever call it did: the process should end then,
    /// although nobody may ask the store for anything for a while. Cancel-safe.
    pub async fn failed(&self) -> StoreError {
        self.database.failed().await;
        StoreError::Failed { source: None }
    }

    /// Leaves the gateway session of a shard to the next process, or writes down how far it has come,
    /// in case this one is killed. `terms` say what it was begun with, in the caller's words: its bot,
    /// its intents, the number of shards.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leave_session(
        &self,
        shard: u32,
        terms: &str,
        session: LeftSession,
    ) -> Result<(), StoreError> {
        let terms = terms.to_owned();
        self.database
            .call(move |connection| session::leave(connection, shard, &terms, &session))
            .await
    }

    /// The gateway session that a former process left for this shard on the same `terms`, if one did: on
    /// other terms, it sends what was asked for then. It stays on record
    /// until it is left anew or forgotten, but is given only [`SESSION_TAKES_MAX`] times in a row.
    ///
    /// [`SESSION_TAKES_MAX`]: crate::limits::SESSION_TAKES_MAX
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_session(
        &self,
        shard: u32,
        terms: &str,
    ) -> Result<Option<LeftSession>, StoreError> {
        let terms = terms.to_owned();
        self.database
            .call(move |connection| session::take(connection, shard, &terms))
            .await
    }

    /// Discord has ended the gateway session of this shard: nobody is to go on with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_session(&self, shard: u32) -> Result<(), StoreError> {
        self.database
            .call(move |connection| session::forget(connection, shard))
            .await
    }

    /// Whether an operator holds all deletions. It outlasts the process.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deletions_held(&self) -> Result<bool, StoreError> {
        self.database
            .call(|connection| {
                let mut query = connection.prepare_cached("SELECT deletions_held FROM state")?;
                query.query_row([], |row| row.get(0))
            })
            .await
    }

    /// Writes what is there once more, and waits until that is durable: tells whether anything can be written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn touch(&self) -> Result<(), StoreError> {
        self.database
            .call(|connection| {
                // There and back: what stays as it is SQLite does not write.
                let mut update = connection
                    .prepare_cached("UPDATE state SET deletions_held = 1 - deletions_held")?;
                update.execute([])?;
                update.execute([]).map(drop)
            })
            .await
    }

    /// Writes down whether an operator holds all deletions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_deletions(&self, is_held: bool) -> Result<(), StoreError> {
        self.database
            .call(move |connection| {
                let mut update =
                    connection.prepare_cached("UPDATE state SET deletions_held = ?1")?;
                update.execute([is_held]).map(drop)
            })
            .await
    }

    /// The fingerprint of the key that signs this store's marks, once it is on record.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn key_fingerprint(&self) -> Result<Option<String>, StoreError> {
        self.database
            .call(|connection| {
                let mut query = connection.prepare_cached("SELECT key_fingerprint FROM state")?;
                query.query_row([], |row| row.get(0))
            })
            .await
    }

    /// Writes down the fingerprint of the key that signs marks from now on. It must not tell the key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_key_fingerprint(&self, fingerprint: String) -> Result<(), StoreError> {
        self.database
            .call(move |connection| {
                let mut update =
                    connection.prepare_cached("UPDATE state SET key_fingerprint = ?1")?;
                update.execute([fingerprint]).map(drop)
            })
            .await
    }

    /// Forgets what has been settled for [`PRUNED_AFTER_MS`](crate::limits::PRUNED_AFTER_MS): rows that are gone, were never created
    /// or are given up on, and lines of the journal. Open and kept rows stay, however old. `now_ms` may
    /// be wrong: what is younger by Discord's clock, as it was when the last row was planned, stays as
    /// well. Works in small batches that share commits with everybody else, until nothing is left to
    /// forget.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(&self, now_ms: u64) -> Result<Pruned, StoreError> {
        let horizon = move |connection: &Connection| prune::horizon_ms(connection, now_ms);
        let before_ms = self.database.call(horizon).await?;
        let mut all = Pruned::default();
        loop {
            let prune = move |connection: &Connection| prune::prune(connection, before_ms);
            let batch = self.database.call(prune).await?;
            all = all.and(batch);
            if batch.is_last() {
                return Ok(all);
            }
        }
    }

    /// How much room the disk of the database has; `None` for a store in memory.
    ///
    /// # Errors
    /// When the operating system cannot tell, or does not answer.
    pub async fn space(&self) -> Result<Option<Space>, StoreError> {
        let Location::Path(path) = self.location.clone() else {
            return Ok(None);
        };
        let measured = blocking(move || {
            Space::of(place(&path)).map_err(|source| StoreError::Unusable {
                path,
                source: source.into(),
            })
        });
        measured.await.map(Some)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
