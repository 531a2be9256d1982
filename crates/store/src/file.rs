//! Opening a database file, and keeping others out.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process,
};

use cordboard_lifecycle::kp;
use rusqlite::{Connection, config::DbConfig};

use crate::{
    Location, Settings, StoreError, file_system,
    limits::{
        BUSY_TIMEOUT, CACHE_KIB, CHECKPOINT_PAGES, HOLDER_BYTES_MAX, STATEMENTS_KEPT,
        WAL_KEPT_BYTES,
    },
    schema,
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
    pub(crate) fn open(location: &Location, settings: Settings) -> Result<Self, StoreError> {
        let (path, lock) = match location {
            Location::Memory => (PathBuf::from(":memory:"), None),
            Location::Path(path) => {
                kp!("store.file.found");
                let path = real(path).map_err(|source| unusable(path, source))?;
                let found = file_system::network_of(place(&path));
                let found = found.map_err(|source| unusable(&path, source))?;
                refuse_network(&path, found, settings)?;
                let lock = lock(&path, settings.program)?;
                kp!("store.file.locked");
                (path, Some(lock))
            }
        };
        let connection = match location {
            Location::Memory => Connection::open_in_memory(),
            Location::Path(_) => Connection::open(&path),
        };
        let sorted = |error| StoreError::at_open(&path, error);
        let mut connection = connection.map_err(sorted)?;
        // Whoever closes a database last moves its log of writes into it. We do not, before we know
        // that it is ours.
        let moves_no_log = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        connection
            .set_db_config(moves_no_log, true)
            .map_err(sorted)?;
        kp!("store.file.opened");
        connection.busy_timeout(BUSY_TIMEOUT).map_err(sorted)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        schema::STORE
            .prepare(&mut connection)
            .map_err(sorted)?
            .accepted(&path, &schema::STORE)?;
        connection
            .set_db_config(moves_no_log, false)
            .map_err(sorted)?;
        // FULL: what was promised to be on record survives a power failure, not only a crash.
        kp!("store.file.migrated");
        let pragmas = format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
             PRAGMA journal_size_limit = {WAL_KEPT_BYTES}; PRAGMA cache_size = -{CACHE_KIB};
             PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
        );
        connection.execute_batch(&pragmas).map_err(sorted)?;
        #[cfg(feature = "sabotage")]
        if crate::sabotage::is_synchronous_normal() {
            let sabotage = "PRAGMA synchronous = NORMAL";
            connection.execute_batch(sabotage).map_err(sorted)?;
        }
        kp!("store.file.ready");
        Ok(Self {
            connection,
            _lock: lock,
        })
    }
}

/// The one spelling of a path, however many links lead there: locks are told apart by it. A name for
/// a file that is not there yet is followed to where SQLite would make it.
pub(crate) fn real(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found,
    }
    let (folder, name) = (folder_of(path), path.file_name());
    match path.read_link() {
        // Links that lead in a circle are another error than one that leads to nothing.
        Ok(target) => real(&folder.join(target)),
        Err(_) => Ok(folder.canonicalize()?.join(name.unwrap_or_default())),
    }
}

/// What to ask the operating system about: the file, and before there is one, its folder.
pub(crate) fn place(path: &Path) -> &Path {
    if path.exists() { path } else { folder_of(path) }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(crate) fn refuse_network(
    path: &Path,
    found: Option<&'static str>,
    settings: Settings,
) -> Result<(), StoreError> {
    match found {
        Some(file_system) if !settings.allows_network_fs => Err(StoreError::NetworkFileSystem {
            path: path.to_owned(),
            file_system,
        }),
        _ => Ok(()),
    }
}

/// Whether another process holds the database: by trying its lock, which is given back at once. Blocks.
pub(crate) fn is_held(location: &Location) -> Result<bool, StoreError> {
    let Location::Path(path) = location else {
        return Ok(false);
    };
    let path = real(path).map_err(|source| unusable(path, source))?;
    if !path.exists() {
        return Ok(false);
    }
    match lock(&path, None) {
        Ok(_) => Ok(false),
        Err(StoreError::Busy { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Takes the lock that keeps a second process away from the database, and leaves in it who we are.
fn lock(database: &Path, program: Option<&str>) -> Result<File, StoreError> {
    let mut path = database.to_owned().into_os_string();
    path.push(".lock");
    let unusable = |source| unusable(database, source);
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {
            // For whoever comes next. The lock is what counts: a number may be left of the dead.
            let said = format!("{}\n{}\n", process::id(), program.unwrap_or_default());
            let written = file
                .set_len(0)
                .and_then(|()| file.write_all(said.as_bytes()));
            written.map_err(unusable)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let LockedBy { process, program } = LockedBy::read(file);
            Err(StoreError::Busy {
                path: database.to_owned(),
                holder: process,
                program,
            })
        }
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

/// What a lock file says of whoever holds it.
#[derive(Debug)]
pub(crate) struct LockedBy {
    pub(crate) process: Option<u32>,
    pub(crate) program: Option<String>,
}

// === impl LockedBy ===

impl LockedBy {
    /// What cannot be read is not told: it is only there to help.
    pub(crate) fn read(file: File) -> Self {
        let mut said = String::new();
        drop(file.take(HOLDER_BYTES_MAX).read_to_string(&mut said));
        let mut lines = said.lines().map(str::trim);
        Self {
            process: lines.next().and_then(|number| number.parse().ok()),
            program: lines
                .next()
                .filter(|program| !program.is_empty())
                .map(str::to_owned),
        }
    }
}

pub(crate) fn unusable(path: &Path, source: io::Error) -> StoreError {
    StoreError::Unusable {
        path: path.to_owned(),
        source: source.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_file_system_is_refused_unless_the_operator_insists() {
        let path = Path::new("/mnt/share/store.db");
        let cautious = Settings::default();
        let bold = Settings {
            allows_network_fs: true,
            ..cautious
        };
        assert!(refuse_network(path, None, cautious).is_ok());
        assert!(refuse_network(path, Some("NFS"), bold).is_ok());
        let error = refuse_network(path, Some("NFS"), cautious).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("/mnt/share/store.db is on NFS"), "{text}");
        assert!(text.contains("store.allow_network_fs"), "{text}");
    }

    #[test]
    fn a_file_that_is_not_there_yet_is_judged_by_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        assert_eq!(place(&path), folder.path());
        File::create(&path).unwrap();
        assert_eq!(place(&path), path);
        assert_eq!(place(Path::new("nowhere.db")), Path::new("."));
    }
}
