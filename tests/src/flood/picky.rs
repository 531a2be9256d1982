//! A reader of a few channels that chokes on some of their entries.

use std::collections::BTreeSet;

use cordboard_recovery::{ATTEMPTS_MAX, ConsumerError, Entry, EntryQuery, InboxError};
use twilight_model::id::{Id, marker::ChannelMarker};

use super::disk::Disk;

const PICKY: &str = "picky";

/// Of the channels, it reads one in so many.
const READS_ONE_IN: u64 = 3;

/// Of their entries, it chokes on one in so many, each time.
const CHOKES_ON_ONE_IN: u64 = 7;

/// Looks at the record at once.
const LOOKS_MAX: usize = 8;

/// What it was given, and what it could not deal with.
#[derive(Clone, Debug, Default)]
pub(super) struct Picky {
    channels: Vec<Id<ChannelMarker>>,
    /// Up to here it is known in which channels something was written.
    noted: u64,
    /// Their entries.
    all: Vec<u64>,
    dealt_with: BTreeSet<u64>,
    dead: BTreeSet<u64>,
    /// How often it was given the entry on which it chokes.
    attempts: u32,
    wrong: Vec<String>,
}

/// Whether a channel is one of those that are read.
fn reads(channel_id: Id<ChannelMarker>) -> bool {
    (channel_id.get() >> 22).is_multiple_of(READS_ONE_IN)
}

// === impl Picky ===

impl Picky {
    /// There are these entries now, as somebody was told who reads all of them. Reads on; a dead letter takes
    /// some looks.
    ///
    /// # Errors
    /// When the record fails, or memory and database do not say the same.
    pub(super) async fn read(&mut self, disk: &Disk, entries: &[Entry]) -> Result<(), InboxError> {
        for entry in entries.iter().filter(|it| reads(it.channel_id)) {
            if entry.sequence > self.noted {
                self.all.push(entry.sequence);
            }
            if !self.channels.contains(&entry.channel_id) {
                self.channels.push(entry.channel_id);
            }
        }
        let noted = entries.iter().map(|entry| entry.sequence).max();
        self.noted = self.noted.max(noted.unwrap_or_default());
        for _ in 0..LOOKS_MAX {
            if self.read_some(disk).await? {
                break;
            }
        }
        Ok(())
    }

    /// Whether it has read all that there is. A filter without a channel would be none.
    async fn read_some(&mut self, disk: &Disk) -> Result<bool, InboxError> {
        if self.channels.is_empty() {
            return Ok(true);
        }
        let after = disk.open(PICKY).await?.acknowledged;
        let query = EntryQuery {
            after,
            channels: self.channels.clone(),
            limit: 64,
        };
        let page = disk.entries(query).await?;
        for entry in page
            .entries
            .iter()
            .take_while(|it| it.sequence <= self.noted)
        {
            let sequence = entry.sequence;
            if !reads(entry.channel_id) {
                self.wrong
                    .push(format!("C11: {PICKY} was given {sequence}, unasked"));
            }
            if sequence.is_multiple_of(CHOKES_ON_ONE_IN) {
                self.attempts += 1;
                let failed = disk.fail(PICKY, sequence).await?;
                if !failed.map_err(unexpected)?.is_dead {
                    return Ok(false);
                }
                if self.attempts != ATTEMPTS_MAX {
                    let tried = self.attempts;
                    self.wrong
                        .push(format!("C11: {sequence} is dead after {tried} attempts"));
                }
                self.attempts = 0;
                self.dead.insert(sequence);
            } else if !self.dealt_with.insert(sequence) {
                self.wrong
                    .push(format!("C11: {PICKY} was given {sequence} twice"));
            } else {
                let said = disk.move_on(PICKY, sequence).await?;
                said.map_err(unexpected)?;
            }
        }
        let through = page.through.min(self.noted);
        if through > after {
            let said = disk.move_on(PICKY, through).await?;
            said.map_err(unexpected)?;
        }
        Ok(through >= self.noted)
    }

    /// What is wrong with what it was given, once it has read all.
    ///
    /// # Errors
    /// As for `read`.
    pub(super) async fn differences(&mut self, disk: &Disk) -> Result<Vec<String>, InboxError> {
        while !self.read_some(disk).await? {}
        let missed = self
            .all
            .iter()
            .filter(|sequence| self.dead.contains(sequence) == self.dealt_with.contains(sequence));
        let missed = missed.map(|it| format!("C11: {PICKY} was not given {it}, or has it twice"));
        Ok(self.wrong.iter().cloned().chain(missed).collect())
    }
}

fn unexpected(error: ConsumerError) -> InboxError {
    InboxError {
        source: error.into(),
    }
}
