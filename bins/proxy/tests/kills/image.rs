//! A disk that forgets what was not synced.

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::trace::Happened;

/// The database, and what belongs to it on the disk. SQLite makes `-shm` anew.
pub(crate) const STORE: [&str; 3] = ["cordboard.db", "cordboard.db-wal", "cordboard.db-journal"];

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// Files as they are in memory and on the disk.
///
/// A sync makes its file safe. It also makes safe that other files were deleted before, as the
/// ordered journals of ext4 and XFS do; SQLite relies on as much.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    files: BTreeMap<String, File>,
}

#[derive(Clone, Debug, Default)]
struct File {
    /// What is safe; nothing when there is no such file.
    safe: Option<Vec<u8>>,
    /// What has happened since.
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { length: usize },
    Unlink,
}

/// What is left of the changes that were not synced.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Nothing,
    Everything,
    /// The first ones, and a part of the last of them.
    Prefix,
    /// Any, sector by sector.
    Subset,
}

// === impl Disk ===

impl Disk {
    /// A disk on which these files are safe.
    pub(crate) fn with(files: BTreeMap<String, Vec<u8>>) -> Self {
        let safe = |content| File {
            safe: Some(content),
            pending: Vec::new(),
        };
        let files = files.into_iter();
        Self {
            files: files.map(|(name, content)| (name, safe(content))).collect(),
        }
    }

    /// An empty disk after some history.
    pub(crate) fn after(history: &[Happened]) -> Self {
        let mut disk = Self::default();
        for happened in history {
            disk.take(happened);
        }
        disk
    }

    /// What happens to the files.
    pub(crate) fn take(&mut self, happened: &Happened) {
        let (file, change) = match happened {
            Happened::Write {
                file,
                offset,
                bytes,
            } => {
                let (offset, bytes) = (*offset, bytes.clone());
                (file, Change::Write { offset, bytes })
            }
            Happened::Truncate { file, length } => (file, Change::Truncate { length: *length }),
            Happened::Unlink { file } => (file, Change::Unlink),
            Happened::Sync { file } => return self.sync(file),
            Happened::Send { .. } => return,
        };
        let file = self.files.entry(file.clone()).or_default();
        file.pending.push(change);
    }

    fn sync(&mut self, name: &str) {
        for (other, file) in &mut self.files {
            let is_unlink = |change: &Change| matches!(change, Change::Unlink);
            let safe = if other == name {
                file.pending.len()
            } else {
                let last = file.pending.iter().rposition(is_unlink);
                last.map_or(0, |last| last + 1)
            };
            for change in file.pending.drain(..safe) {
                change.apply(&mut file.safe);
            }
        }
    }

    /// The files of the store that are found after a power loss.
    pub(crate) fn lose_power(&self, dice: &mut Rng) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        for (name, file) in &self.files {
            if STORE.contains(&name.as_str())
                && let Some(content) = file.lose_power(dice)
            {
                found.insert(name.clone(), content);
            }
        }
        found
    }
}

// === impl File ===

impl File {
    fn lose_power(&self, dice: &mut Rng) -> Option<Vec<u8>> {
        let lucks = [Luck::Nothing, Luck::Everything, Luck::Prefix, Luck::Subset];
        let luck = lucks[dice.usize(..lucks.len())];
        let mut content = self.safe.clone();
        let whole = match luck {
            Luck::Nothing => 0,
            Luck::Everything => self.pending.len(),
            Luck::Prefix | Luck::Subset => dice.usize(..=self.pending.len()),
        };
        for (number, change) in self.pending.iter().enumerate() {
            match luck {
                Luck::Subset => change.apply_in_part(&mut content, |_| dice.bool()),
                _ if number < whole => change.apply(&mut content),
                Luck::Prefix if number == whole => {
                    let sectors = dice.usize(..8);
                    change.apply_in_part(&mut content, |sector| sector < sectors);
                }
                _ => {}
            }
        }
        content
    }
}

// === impl Change ===

impl Change {
    fn apply(&self, content: &mut Option<Vec<u8>>) {
        self.apply_in_part(content, |_| true);
    }

    /// Applies those sectors of a write that `is_kept` names by their place in it; whatever else
    /// it is, if the first is kept.
    fn apply_in_part(&self, content: &mut Option<Vec<u8>>, mut is_kept: impl FnMut(usize) -> bool) {
        match self {
            Self::Write { offset, bytes } => {
                let content = content.get_or_insert_default();
                // Sectors are counted from the beginning of the file, not of the write.
                let mut start = 0;
                let mut sector = 0;
                while start < bytes.len() {
                    let room = SECTOR - (offset + start) % SECTOR;
                    let end = bytes.len().min(start + room);
                    if is_kept(sector) {
                        let (from, to) = (offset + start, offset + end);
                        content.resize(content.len().max(to), 0);
                        content[from..to].copy_from_slice(&bytes[start..end]);
                    }
                    (start, sector) = (end, sector + 1);
                }
            }
            Self::Truncate { length } if is_kept(0) => {
                content.get_or_insert_default().resize(*length, 0);
            }
            Self::Unlink if is_kept(0) => *content = None,
            Self::Truncate { .. } | Self::Unlink => {}
        }
    }
}

#[test]
fn what_was_synced_is_found_and_what_was_not_is_torn() {
    let write = |offset, byte, length| Happened::Write {
        file: STORE[0].to_owned(),
        offset,
        bytes: vec![byte; length],
    };
    let sync = Happened::Sync {
        file: STORE[0].to_owned(),
    };
    let disk = Disk::after(&[write(0, 1, 2_048), sync, write(256, 2, 1_024)]);
    let mut dice = Rng::with_seed(1);
    let mut torn = 0;
    for _ in 0..100 {
        let found = disk
            .lose_power(&mut dice)
            .remove(STORE[0])
            .expect("it is safe");
        assert_eq!(found.len(), 2_048);
        // The write covers a half sector, a whole one and a half one.
        let sectors = [256..512, 512..1_024, 1_024..1_280].map(|sector| {
            let bytes = &found[sector];
            assert!(bytes.iter().all(|byte| *byte == bytes[0]), "half a sector");
            bytes[0]
        });
        torn += usize::from(sectors != [1; 3] && sectors != [2; 3]);
        assert!(
            found[..256]
                .iter()
                .chain(&found[1_280..])
                .all(|byte| *byte == 1)
        );
    }
    assert!(torn > 10, "{torn} of 100 are torn");
}
