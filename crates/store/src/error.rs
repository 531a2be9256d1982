//! What can go wrong, sorted by what it means.

use std::{path::Path, path::PathBuf, time::Duration};

use cordboard_lifecycle::Source;
use rusqlite::ErrorCode;

/// Why a store cannot be opened or used, sorted by what can be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process works on the file: stop one of the two, or give this one a file of its own.
    #[error(
        "{}{} is using {}; stop it, or name another file",
        .holder.map_or("another process".to_owned(), |pid| format!("the process {pid}")),
        .program.as_ref().map_or(String::new(), |program| format!(" ({program})")),
        .path.display()
    )]
    Busy {
        /// The database.
        path: PathBuf,
        /// The process that holds it, as far as it said so.
        holder: Option<u32>,
        /// Its program, as far as it said so ([`crate::Settings::program`]).
        program: Option<String>,
    },
    /// The file belongs to another program. It was not touched.
    #[error("{} is not a database of cordboard and was not touched; name another file", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of this program has written the database. It was not touched.
    #[error(
        "{} has schema version {found}, this program knows {known}; start the newer program again, or restore a backup from before it",
        .path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The schema it has.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// The database is from an older version of this program, and was only to be read. It was not
    /// touched.
    #[error(
        "{} has schema version {found}, and {known} is needed; start the proxy once, or run \
         `cordboard-maintenance store migrate`",
        .path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// The schema it has; 0: there is none yet.
        found: u32,
        /// The schema that is needed.
        known: u32,
    },
    /// The database is damaged. It was not touched.
    #[error(
        "{} is damaged and was not touched; restore a backup, or move it and its -wal away: a new \
         one is made, and the channels of the last 45 days are found again in the audit log. \
         Keep the key file in either case",
        .path.display()
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
    },
    /// The file is on a network file system. It was not touched.
    #[error(
        "{} is on {file_system}, where neither locks nor syncs can be relied on; name a file on a \
         local disk, or set store.allow_network_fs",
        .path.display()
    )]
    NetworkFileSystem {
        /// The database.
        path: PathBuf,
        /// The kind of file system.
        file_system: &'static str,
    },
    /// The file or its folder cannot be used as it is: missing, not writable.
    #[error("{} cannot be used; does its folder exist, and may we write there?", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the operating system or SQLite says.
        source: Source,
    },
    /// The database did not answer: its disk hangs. What was asked may or may not have been
    /// written, and the store stays failed.
    #[error("the database did not answer within {} s; look at its disk", .within.as_secs())]
    Stuck {
        /// How long it was waited for.
        within: Duration,
    },
    /// The database failed, and what was asked may or may not have been written. A store that has
    /// failed stays so: end the process and start a new one.
    #[error("the database failed")]
    Failed {
        /// What was observed; nothing when an earlier failure is the reason.
        source: Option<rusqlite::Error>,
    },
}

// === impl StoreError ===

impl StoreError {
    /// What an error means to somebody who is opening a database.
    pub(crate) fn at_open(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy {
                path,
                holder: None,
                program: None,
            },
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Self::Unusable {
                    path,
                    source: error.into(),
                }
            }
            _ => Self::Failed {
                source: Some(error),
            },
        }
    }
}

/// What to do about an error of a database at work, for the log.
pub(crate) fn advice(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the database failed: make room on its disk and start again",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "the database is damaged: restore a backup, or move it and its -wal away, and start \
             again; keep the key file"
        }
        Some(ErrorCode::SystemIoFailure) => {
            "the database failed: look at its disk, then start again"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "the database failed: let us write to its file and folder, then start again"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "the database failed: another program holds it; end that, then start again"
        }
        _ => "the database failed: start again",
    }
}
