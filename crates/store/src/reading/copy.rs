//! A copy of a file, as it was at one moment, while its owner goes on.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use rusqlite::{Connection, Error, backup::Backup, backup::StepResult, ffi};
use tokio::sync::watch;

use crate::{
    Reading, StoreError,
    file::unusable,
    limits::{COPY_PAGES, COPY_TIMEOUT},
};

/// How far a copy has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Pages that are copied.
    pub pages: u64,
    /// Pages in all.
    pub pages_all: u64,
}

// === impl Reading ===

impl Reading {
    /// Copies the file as it is now to `path`, in one file without a log beside it, and syncs it. The
    /// copy can be opened as a store. `told` hears how far it is.
    ///
    /// # Errors
    /// When something is at `path`, when it cannot be written, or when the copy is not sound. What was
    /// begun then is removed.
    pub async fn copy_to(
        &self,
        path: PathBuf,
        told: watch::Sender<Copied>,
    ) -> Result<(), StoreError> {
        // It is made by us or not at all, and for nobody else to read: messages are in it.
        let mut options = fs::OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|source| unusable(&path, source))?;
        let schema = self.schema;
        let target = path.clone();
        let copied = self.long(COPY_TIMEOUT, move |source, stop| {
            let mut copy = Connection::open(&target)?;
            pinned(source, |source| copy_pages(source, &mut copy, stop, &told))?;
            // The log belongs to an open file; a copy is one file.
            copy.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;")?;
            let found = schema.look(&copy)?;
            Ok(found.accepted(&target, schema))
        });
        let copied = match copied.await {
            Ok(accepted) => accepted.and_then(|()| sync(&path)),
            Err(failed) => Err(failed),
        };
        if copied.is_err() {
            drop(fs::remove_file(&path));
        }
        copied
    }
}

/// Keeps one state of the file in sight: else each write of its owner would begin the copy anew.
fn pinned<T>(
    source: &mut Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = source.transaction()?;
    transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    work(&transaction)
}

fn copy_pages(
    source: &Connection,
    copy: &mut Connection,
    is_over: &AtomicBool,
    told: &watch::Sender<Copied>,
) -> rusqlite::Result<()> {
    let backup = Backup::new(source, copy)?;
    loop {
        if is_over.load(Ordering::Relaxed) {
            return Err(failure(ffi::SQLITE_INTERRUPT));
        }
        let step = backup.step(COPY_PAGES)?;
        let progress = backup.progress();
        let count = |pages| u64::try_from(pages).unwrap_or_default();
        told.send_replace(Copied {
            pages: count(progress.pagecount - progress.remaining),
            pages_all: count(progress.pagecount),
        });
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody else has the copy, and what is in sight of the file stays in sight.
            _ => return Err(failure(ffi::SQLITE_BUSY)),
        }
    }
}

fn failure(code: i32) -> Error {
    Error::SqliteFailure(ffi::Error::new(code), None)
}

/// A copy that is told of outlasts a power failure.
fn sync(path: &Path) -> Result<(), StoreError> {
    let synced = || -> io::Result<()> { fs::File::open(path)?.sync_all() };
    synced().map_err(|source| unusable(path, source))
}
