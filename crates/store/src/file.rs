//! Opening a database file, and keeping others out.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use cordboard_lifecycle::kp;
use rusqlite::Connection;

use crate::{
    Location, StoreError,
    limits::{BUSY_TIMEOUT, STATEMENTS_KEPT},
    schema::{self, Found},
};

/// An open database that is ours alone.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) connection: Connection,
    /// Held for as long as the connection. Dropped after it, and by the operating system when we
    /// are killed.
    _lock: Option<File>,
}

// === impl Database ===

impl Database {
    /// Opens or makes the database. Blocks.
    pub(crate) fn open(location: &Location) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Failed {
            source: Some(source),
        };
        let (mut connection, lock, path) = match location {
            Location::Memory => (Connection::open_in_memory().map_err(failed)?, None, None),
            Location::Path(path) => {
                kp!("store.file.found");
                let lock = lock(path)?;
                kp!("store.file.locked");
                (
                    Connection::open(path).map_err(failed)?,
                    Some(lock),
                    Some(path.as_path()),
                )
            }
        };
        kp!("store.file.opened");
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        let path = path.unwrap_or(Path::new(":memory:")).to_owned();
        match schema::prepare(&mut connection).map_err(failed)? {
            Found::Ours => {}
            Found::Foreign => return Err(StoreError::Foreign { path }),
            Found::Newer(found) => {
                return Err(StoreError::Newer {
                    path,
                    found,
                    known: schema::VERSION,
                });
            }
        }
        // FULL: what was promised to be on record survives a power failure, not only a crash.
        let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;";
        kp!("store.file.migrated");
        connection.execute_batch(pragmas).map_err(failed)?;
        #[cfg(feature = "sabotage")]
        if crate::sabotage::is_synchronous_normal() {
            let sabotage = "PRAGMA synchronous = NORMAL";
            connection.execute_batch(sabotage).map_err(failed)?;
        }
        kp!("store.file.ready");
        Ok(Self {
            connection,
            _lock: lock,
        })
    }
}

/// Takes the lock that keeps a second process away from the database.
fn lock(database: &Path) -> Result<File, StoreError> {
    let mut path = database.to_owned().into_os_string();
    path.push(".lock");
    let path = PathBuf::from(path);
    let unusable = |source| StoreError::Unusable {
        path: database.to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy {
            path: database.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}
