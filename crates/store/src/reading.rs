//! A file of ours that is only looked at: without its lock, beside whoever works on it.

mod checkup;
mod copy;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rusqlite::{Connection, InterruptHandle, OpenFlags, config::DbConfig};
use tokio::{task::spawn_blocking, time::timeout};

pub use self::{checkup::Checkup, copy::Copied};
use crate::{
    Daybook, Location, Settings, StoreError,
    file::{place, real, refuse_network, unusable},
    file_system,
    limits::{ANSWER_TIMEOUT, BUSY_TIMEOUT, STATEMENTS_KEPT},
    schema::{self, Found, Schema},
};

/// A file of ours, opened for reading only; a handle that is cheap to clone.
///
/// It takes no lock and writes nothing: not even the log of writes is moved into the file when it is
/// closed, which is its owner's to do. It can be opened while a proxy works on it, and each call sees
/// what was on record when the call began. As any reader of SQLite's, it needs to make or open the
/// `-shm` beside the file.
#[derive(Clone)]
pub struct Reading {
    connection: Arc<Mutex<Connection>>,
    /// Ends what its connection is doing.
    interrupt: Arc<InterruptHandle>,
    path: PathBuf,
    schema: &'static Schema,
}

/// How large a file is on its disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// The database, in bytes.
    pub bytes: u64,
    /// What is written and not yet moved into it (`-wal`), in bytes.
    pub wal_bytes: u64,
}

// === impl Reading ===

impl Reading {
    /// Opens a store.
    ///
    /// # Errors
    /// [`StoreError`] says what is wrong with the file: among others [`StoreError::Older`] when there is
    /// none yet, or when it needs a migration. A store in memory is nobody's but its process's.
    pub async fn of_store(location: &Location, settings: Settings) -> Result<Self, StoreError> {
        let path = match location {
            Location::Path(path) => Some(path.clone()),
            Location::Memory => None,
        };
        Self::open(path, settings, &schema::STORE).await
    }

    /// Opens the daybook of a store.
    ///
    /// # Errors
    /// As [`Self::of_store`].
    pub async fn of_daybook(location: &Location, settings: Settings) -> Result<Self, StoreError> {
        Self::open(Daybook::path(location), settings, &schema::DAYBOOK).await
    }

    async fn open(
        path: Option<PathBuf>,
        settings: Settings,
        schema: &'static Schema,
    ) -> Result<Self, StoreError> {
        let path = path.ok_or_else(|| StoreError::Unusable {
            path: PathBuf::from(":memory:"),
            source: "a store in memory can be seen by its own process only".into(),
        })?;
        within(ANSWER_TIMEOUT, move || {
            let (path, connection) = connect(&path, settings, schema)?;
            Ok(Self {
                interrupt: Arc::new(connection.get_interrupt_handle()),
                connection: Arc::new(Mutex::new(connection)),
                path,
                schema,
            })
        })
        .await
    }

    /// The file, whatever links led there.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The version of its schema. It is what this program knows: no other is opened.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.schema.version()
    }

    /// How large it is.
    ///
    /// # Errors
    /// When the operating system does not tell.
    pub async fn size(&self) -> Result<Size, StoreError> {
        let path = self.path.clone();
        within(ANSWER_TIMEOUT, move || {
            // Looked up and not opened: closing a file takes SQLite's locks on it from this process.
            let bytes = fs::metadata(&path).map_err(|source| unusable(&path, source))?;
            let wal = fs::metadata(with(&path, "-wal")).map(|wal| wal.len());
            Ok(Size {
                bytes: bytes.len(),
                wal_bytes: wal.unwrap_or_default(),
            })
        })
        .await
    }

    /// Reads something that takes a moment.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.long(ANSWER_TIMEOUT, |connection, _| work(connection))
            .await
    }

    /// Does something that may take long. It ends when nobody waits for it any more; what takes no
    /// statement has to look at the flag.
    pub(crate) async fn long<T: Send + 'static>(
        &self,
        time: Duration,
        work: impl FnOnce(&mut Connection, &AtomicBool) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut end = End {
            stop: Arc::clone(&stop),
            interrupt: Arc::clone(&self.interrupt),
            is_over: false,
        };
        let connection = Arc::clone(&self.connection);
        let done = within(time, move || {
            let mut connection = connection.lock();
            work(&mut connection, &stop).map_err(|source| StoreError::Failed {
                source: Some(source),
            })
        })
        .await;
        end.is_over = true;
        done
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Ends what is being read when nobody waits for it any more.
struct End {
    stop: Arc<AtomicBool>,
    interrupt: Arc<InterruptHandle>,
    is_over: bool,
}

// === impl End ===

impl Drop for End {
    fn drop(&mut self) {
        if !self.is_over {
            self.stop.store(true, Ordering::Relaxed);
            self.interrupt.interrupt();
        }
    }
}

/// The version of the schema in a store and in its daybook, as they are; 0: there is none yet. Anything
/// else about them is not looked at.
///
/// # Errors
/// When there is a file that is not ours, or cannot be read.
pub async fn versions(location: &Location) -> Result<(u32, u32), StoreError> {
    let Location::Path(store) = location.clone() else {
        return Ok((0, 0));
    };
    let daybook = with(&store, crate::daybook::ENDING);
    within(ANSWER_TIMEOUT, move || {
        Ok((
            version(&store, &schema::STORE)?,
            version(&daybook, &schema::DAYBOOK)?,
        ))
    })
    .await
}

fn version(path: &Path, schema: &Schema) -> Result<u32, StoreError> {
    if !is_there(path)? {
        return Ok(0);
    }
    let found = read_only(path).and_then(|connection| schema.version_in(&connection));
    let found = found.map_err(|error| StoreError::at_open(path, error))?;
    found.ok_or_else(|| StoreError::Foreign {
        path: path.to_owned(),
    })
}

fn connect(
    path: &Path,
    settings: Settings,
    schema: &Schema,
) -> Result<(PathBuf, Connection), StoreError> {
    let path = real(path).map_err(|source| unusable(path, source))?;
    let found = file_system::network_of(place(&path)).map_err(|source| unusable(&path, source))?;
    refuse_network(&path, found, settings)?;
    if !is_there(&path)? {
        return Found::Older(0)
            .accepted(&path, schema)
            .map(|()| unreachable!("there is no file"));
    }
    let sorted = |error| StoreError::at_open(&path, error);
    let connection = read_only(&path).map_err(sorted)?;
    let found = schema.look(&connection).map_err(sorted)?;
    found.accepted(&path, schema)?;
    Ok((path, connection))
}

fn is_there(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(|source| unusable(path, source))
}

/// A connection that cannot write, and leaves the log of writes to the file's owner.
fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;")?;
    Ok(connection)
}

/// A path with something behind it.
fn with(path: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(ending);
    path.into()
}

/// Does what blocks on a thread that may.
pub(crate) async fn within<T: Send + 'static>(
    time: Duration,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let stuck = |_| StoreError::Stuck { within: time };
    let done = timeout(time, spawn_blocking(work)).await;
    let failed = |_| StoreError::Failed { source: None };
    done.map_err(stuck)?.map_err(failed)?
}

#[cfg(test)]
mod tests;
