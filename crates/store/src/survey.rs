//! What is around a store: looked at from outside, whatever state it is in.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access};

use crate::{
    Location, Space, StoreError,
    blocking::within,
    file::{LockedBy, place, real, unusable},
    limits::ANSWER_TIMEOUT,
};

/// What is around a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    /// Whether there is a file.
    pub exists: bool,
    /// Whether we may write to it and make the files beside it.
    pub is_writable: bool,
    /// The room on its disk.
    pub space: Space,
    /// Who works on it.
    pub holder: Holder,
}

/// Who works on a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Nobody.
    Nobody,
    /// A process, with its number as far as it said so.
    Process(Option<u32>),
    /// The lock cannot be looked at.
    Unknown,
}

// === impl Survey ===

impl Survey {
    /// Looks at where a store is, or will be; `None` for one in memory. Makes nothing, and changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when its folder is not there or may not be looked at.
    pub async fn of(location: &Location) -> Result<Option<Self>, StoreError> {
        let Location::Path(path) = location.clone() else {
            return Ok(None);
        };
        let surveyed = within(ANSWER_TIMEOUT, move || {
            look(&path).map_err(|source| unusable(&path, source))
        });
        surveyed.await.map(Some)
    }
}

fn look(path: &Path) -> io::Result<Survey> {
    let path = real(path)?;
    let exists = path.try_exists()?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let may_write = |path: &Path| access(path, Access::WRITE_OK).is_ok();
    Ok(Survey {
        exists,
        is_writable: may_write(folder) && (!exists || may_write(&path)),
        space: Space::of(place(&path))?,
        holder: holder(&path),
    })
}

/// Who holds the lock. It is only asked whether it could be shared, and given back at once: whoever
/// starts in that moment waits for one ([`crate::Store::open_with`]).
fn holder(database: &Path) -> Holder {
    let mut path = database.to_owned().into_os_string();
    path.push(".lock");
    let file = match File::open(PathBuf::from(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Holder::Nobody,
        Err(_) => return Holder::Unknown,
    };
    match file.try_lock_shared() {
        Ok(()) => Holder::Nobody,
        Err(TryLockError::WouldBlock) => Holder::Process(LockedBy::read(file).process),
        Err(TryLockError::Error(_)) => Holder::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn a_survey_sees_who_works_on_a_store_and_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Path(folder.path().join("store.db"));
        let survey = async || Survey::of(&location).await.unwrap().unwrap();
        let before = survey().await;
        assert!(!before.exists && before.is_writable);
        assert_eq!(before.holder, Holder::Nobody);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);

        let store = Store::open(&location).await.unwrap();
        let held = survey().await;
        assert!(held.exists);
        assert_eq!(held.holder, Holder::Process(Some(std::process::id())));
        drop(store);
        assert_eq!(survey().await.holder, Holder::Nobody);
        drop(
            Store::open_at_once(&location, crate::Settings::default())
                .await
                .unwrap(),
        );

        let nowhere = Location::Path(folder.path().join("no/store.db"));
        let refused = Survey::of(&nowhere).await;
        assert!(matches!(refused, Err(StoreError::Unusable { .. })));
        assert_eq!(Survey::of(&Location::Memory).await.unwrap(), None);
    }
}
