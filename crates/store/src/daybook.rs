//! What upkeep has done and is doing: a file beside the store that several processes share.

mod acts;
mod alerts;
mod diary;
mod keepalive;
mod lease;
mod orders;
mod roles;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::time::{Instant, sleep};

pub use self::{
    acts::{Act, ActId, Acted},
    keepalive::{KeepAlives, KeptAlive},
    lease::Lease,
    orders::{Order, OrderId, OrderState, TakenOrder},
    roles::DaybookRoles,
};
use crate::{
    Location, Settings, StoreError,
    blocking::blocking,
    file::{place, real, refuse_network, unusable},
    file_system,
    limits::{BUSY_TIMEOUT, LOCK_PAUSE, STATEMENTS_KEPT, WAL_KEPT_BYTES},
    schema::DAYBOOK,
};

/// What the daybook's path has behind that of the store.
pub(crate) const ENDING: &str = ".daybook";

/// An open daybook; a handle that is cheap to clone.
///
/// The store belongs to one process, which never reads back what it has written. What is in here is
/// written seldom, and by whoever has something to do: a proxy, a service beside it, somebody at a
/// terminal. So it is a file of its own, each call is one transaction of it, and SQLite's locks keep
/// them apart. An error of one call says nothing of the next.
#[derive(Clone, Debug)]
pub struct Daybook {
    connection: Arc<Mutex<Connection>>,
    /// Who we are in it: drawn when it was opened.
    holder: Arc<str>,
}

// === impl Daybook ===

impl Daybook {
    /// Opens the daybook of the store at `location`, and makes it at the first time. For a store in
    /// memory it is in memory, too, and nobody else's.
    ///
    /// # Errors
    /// [`StoreError`] says what is wrong with the file, and what to do.
    pub async fn open(location: &Location, settings: Settings) -> Result<Self, StoreError> {
        // Of two that make it at once, SQLite tells one that it is busy without letting it wait.
        let deadline = Instant::now() + BUSY_TIMEOUT;
        let connection = loop {
            let path = path(location);
            let opened = blocking(move || match path {
                Some(path) => connect(&path, settings),
                None => connect_to_memory(),
            });
            match opened.await {
                Err(StoreError::Busy { .. }) if Instant::now() < deadline => {
                    sleep(LOCK_PAUSE).await;
                }
                opened => break opened?,
            }
        };
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            holder: format!("{:032x}", fastrand::u128(..)).into(),
        })
    }

    /// Where the daybook of the store at `location` is; `None` for one in memory.
    #[must_use]
    pub fn path(location: &Location) -> Option<PathBuf> {
        path(location)
    }

    /// Does some work in one transaction and returns when it is durable. If the caller leaves, it is
    /// done all the same.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.on_connection(|connection| {
            let behavior = TransactionBehavior::Immediate;
            let transaction = connection.transaction_with_behavior(behavior)?;
            let answer = work(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        })
        .await
    }

    /// Asks one question, for which nobody who writes has to wait.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.on_connection(|connection| question(connection)).await
    }

    async fn on_connection<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        blocking(move || {
            work(&mut connection.lock()).map_err(|source| StoreError::Failed {
                source: Some(source),
            })
        })
        .await
    }
}

fn path(location: &Location) -> Option<PathBuf> {
    match location {
        Location::Memory => None,
        Location::Path(path) => {
            let mut path = OsString::from(path);
            path.push(ENDING);
            Some(path.into())
        }
    }
}

fn connect(path: &Path, settings: Settings) -> Result<Connection, StoreError> {
    let path = real(path).map_err(|source| unusable(path, source))?;
    let found = file_system::network_of(place(&path)).map_err(|source| unusable(&path, source))?;
    refuse_network(&path, found, settings)?;
    let sorted = |error| StoreError::at_open(&path, error);
    let mut connection = Connection::open(&path).map_err(sorted)?;
    prepare(&mut connection).map_err(sorted)?;
    let found = DAYBOOK.prepare(&mut connection).map_err(sorted)?;
    found.accepted(&path, &DAYBOOK)?;
    // FULL: an intention that is on record survives a power failure, as what it led to does.
    let pragmas = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA journal_size_limit = {WAL_KEPT_BYTES};"
    );
    connection.execute_batch(&pragmas).map_err(sorted)?;
    Ok(connection)
}

fn connect_to_memory() -> Result<Connection, StoreError> {
    let failed = |error| StoreError::Failed {
        source: Some(error),
    };
    let mut connection = Connection::open_in_memory().map_err(failed)?;
    prepare(&mut connection).map_err(failed)?;
    DAYBOOK.prepare(&mut connection).map_err(failed)?;
    Ok(connection)
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;")
}

#[cfg(test)]
mod tests;
