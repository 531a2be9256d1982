//! What can go wrong, sorted by what it means.

use std::{io, path::PathBuf, time::Duration};

/// Why a store cannot be opened or used, sorted by what can be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process works on the file: stop one of the two, or give this one a file of its own.
    #[error("another process is using {}; stop it, or name another file", .path.display())]
    Busy {
        /// The database.
        path: PathBuf,
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
    /// The file or its folder cannot be used as it is: missing, not writable, not a local disk.
    #[error("{} cannot be used; does its folder exist, and may we write there?", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
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
