//! A copy of the store and its daybook, made beside a running proxy.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    pin::pin,
};

use cordboard_store::{Copied, Location, Peek, Reading, StoreError};
use serde::Serialize;
use tokio::sync::watch;

use super::Maintenance;
use crate::{
    Failed,
    maintenance::{Progress, Watcher},
    mark_key, settings,
};

/// What a draft has behind its name until it is whole.
const DRAFT: &str = ".part";

/// What is to be copied, and where.
#[derive(Clone, Debug)]
pub struct BackupRequest {
    /// The folder to make. It must not be there.
    pub to: PathBuf,
    /// Whether the key that signs marks goes into it: better is a copy apart.
    pub with_key: bool,
}

/// A backup that is whole and on its disk.
#[derive(Clone, Debug, Serialize)]
pub struct BackedUp {
    /// The folder.
    pub folder: PathBuf,
    /// The names of the files in it.
    pub files: Vec<String>,
    /// The key that belongs to it; without it, marks prove nothing.
    pub key: Option<PathBuf>,
    /// Whether it is in the folder.
    pub has_key: bool,
}

/// A folder that is removed unless it is made whole.
struct Draft {
    folder: PathBuf,
    is_whole: bool,
}

// === impl Maintenance ===

impl Maintenance {
    /// Copies the store and the daybook, as each is at one moment, into a new folder, which has its name
    /// only once everything is in it and synced.
    ///
    /// The daybook is copied first: an order that the copy holds as open may be carried out in the
    /// store's copy, and doing it again changes nothing. The other way round it would be taken for
    /// done and be lost.
    ///
    /// # Errors
    /// When the folder is there, or something cannot be read or written: then nothing is left.
    pub async fn store_backup(
        &self,
        request: &BackupRequest,
        watcher: Watcher<'_>,
    ) -> Result<BackedUp, Failed> {
        self.in_a_file()?;
        self.teller.tell("copying the store and its daybook");
        let settings = settings::store(&self.config);
        let store = Peek::open(&self.config.store, settings).await;
        let store = store.map_err(settings::store_failed)?;
        let daybook = match Reading::of_daybook(&self.config.store, settings).await {
            Ok(daybook) => Some(daybook),
            Err(StoreError::Older { found: 0, .. }) => None,
            Err(error) => return Err(settings::store_failed(error)),
        };
        // Without the slash that a shell puts behind a folder's name: the draft's name is longer.
        let to: PathBuf = request.to.components().collect();
        let mut draft = Draft::new(&to).map_err(|source| refused(&to, source))?;
        let mut files = Vec::new();
        for reading in daybook.iter().chain([store.reading()]) {
            let name = name(reading.path());
            copy(reading, draft.folder.join(&name), &name, watcher).await?;
            files.push(name);
        }
        let key = mark_key::path(&self.config);
        if let Some(path) = key.as_ref().filter(|_| request.with_key) {
            let name = match &self.config.store {
                Location::Path(store) => format!("{}.key", self::name(store)),
                Location::Memory => self::name(path),
            };
            copy_key(path, &draft.folder.join(&name)).map_err(|source| refused(path, source))?;
            files.push(name);
        }
        draft
            .make_whole(&to)
            .map_err(|source| refused(&to, source))?;
        Ok(BackedUp {
            folder: to,
            files,
            has_key: key.is_some() && request.with_key,
            key,
        })
    }
}

async fn copy(
    reading: &Reading,
    to: PathBuf,
    name: &str,
    watcher: Watcher<'_>,
) -> Result<(), Failed> {
    let (told, mut hears) = watch::channel(Copied::default());
    let mut copying = pin!(reading.copy_to(to, told));
    loop {
        let copied = tokio::select! {
            biased;
            done = &mut copying => return done.map_err(settings::store_failed),
            Ok(()) = hears.changed() => *hears.borrow_and_update(),
        };
        watcher(Progress {
            done: copied.pages,
            total: Some(copied.pages_all),
            message: format!("pages of {name}"),
        });
    }
}

/// Copies the key, for nobody else to read.
fn copy_key(from: &Path, to: &Path) -> io::Result<()> {
    let mut key = fs::File::open(from)?;
    let mut copy = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    io::copy(&mut key, &mut copy)?;
    copy.sync_all()
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn refused(path: &Path, source: io::Error) -> Failed {
    Failed::System {
        what: format!("the backup, at {}", path.display()),
        source,
    }
}

// === impl Draft ===

impl Draft {
    fn new(whole: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(whole).is_ok() {
            let matter = "it is there already, and nothing is overwritten; name a new folder";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, matter));
        }
        let mut folder = OsString::from(whole);
        folder.push(DRAFT);
        let folder = PathBuf::from(folder);
        // Messages are in it: for nobody else.
        let made = fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                let matter = format!(
                    "{} is there: another backup is being made, or one was interrupted; remove it if \
                     none is",
                    folder.display()
                );
                io::Error::new(io::ErrorKind::AlreadyExists, matter)
            }
            io::ErrorKind::NotFound => {
                let parent = whole.parent().unwrap_or(whole);
                let matter = format!(
                    "the folder {} is not there: make it, or name a folder in one that is there",
                    parent.display()
                );
                io::Error::new(io::ErrorKind::NotFound, matter)
            }
            _ => error,
        })?;
        Ok(Self {
            folder,
            is_whole: false,
        })
    }

    fn make_whole(&mut self, whole: &Path) -> io::Result<()> {
        fs::File::open(&self.folder)?.sync_all()?;
        fs::rename(&self.folder, whole)?;
        self.is_whole = true;
        let parent = whole
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_whole {
            // What cannot be removed is told by the next backup.
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_whole_or_not_there() {
        let place = tempfile::tempdir().unwrap();
        let whole = place.path().join("backup");
        let part = place.path().join("backup.part");
        // Interrupted: whatever was in it is gone.
        let draft = Draft::new(&whole).unwrap();
        fs::write(draft.folder.join("half"), "").unwrap();
        drop(draft);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
        // Killed: the next one says so.
        fs::create_dir(&part).unwrap();
        let said = Draft::new(&whole).err().unwrap().to_string();
        assert!(said.contains("backup.part is there"), "{said}");
        fs::remove_dir(&part).unwrap();

        let mut draft = Draft::new(&whole).unwrap();
        fs::write(draft.folder.join("all"), "").unwrap();
        draft.make_whole(&whole).unwrap();
        drop(draft);
        assert!(whole.join("all").exists() && !part.exists());
        let said = Draft::new(&whole).err().unwrap().to_string();
        assert!(said.contains("nothing is overwritten"), "{said}");

        let nowhere = place.path().join("typo");
        let said = Draft::new(&nowhere.join("backup")).err().unwrap();
        let expected = format!("the folder {} is not there", nowhere.display());
        assert!(said.to_string().contains(&expected), "{said}");
        assert!(!nowhere.exists());
    }
}
