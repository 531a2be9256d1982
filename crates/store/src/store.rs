//! The store: one database, and the ports over it.

use std::{fmt, sync::Arc};

use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};

use crate::{
    Location, SqliteRegistry, StoreError,
    file::Database,
    group_commit::GroupCommit,
    limits::{ANSWER_TIMEOUT, LOCK_PAUSE, LOCK_WAIT},
};

/// An open database; a handle that is cheap to clone. The file is closed, and its lock given back,
/// when the last clone and the last port over it are dropped.
#[derive(Clone)]
pub struct Store {
    database: Arc<GroupCommit>,
}

// === impl Store ===

impl Store {
    /// Opens the store, and makes it at the first start. If another process holds it, waits a
    /// moment for that process to end.
    ///
    /// # Errors
    /// [`StoreError`] says what is wrong with the file, and what to do.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let deadline = Instant::now() + LOCK_WAIT;
        let database = loop {
            let location = location.clone();
            let opening = spawn_blocking(move || Database::open(&location));
            let stuck = |_| StoreError::Stuck {
                within: ANSWER_TIMEOUT,
            };
            let opened = timeout(ANSWER_TIMEOUT, opening).await.map_err(stuck)?;
            match opened.map_err(|_| StoreError::Failed { source: None })? {
                Err(StoreError::Busy { .. }) if Instant::now() < deadline => {
                    sleep(LOCK_PAUSE).await;
                }
                opened => break opened?,
            }
        };
        Ok(Self {
            database: Arc::new(GroupCommit::new(database)),
        })
    }

    /// The registry of owned channels.
    #[must_use]
    pub fn registry(&self) -> SqliteRegistry {
        SqliteRegistry::new(Arc::clone(&self.database))
    }

    /// How many channels are not settled: neither gone, nor never created, nor given up on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_rows(&self) -> Result<u64, StoreError> {
        let count = "SELECT count(*) FROM channel
            WHERE stage NOT IN ('not_created', 'gone') AND stage <> 'abandoned'";
        let count = self
            .database
            .call(move |connection| connection.query_row(count, [], |row| row.get::<_, i64>(0)));
        count.await.map(i64::unsigned_abs)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
