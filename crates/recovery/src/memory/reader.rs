//! A consumer in memory.

use std::collections::BTreeMap;

use crate::{ATTEMPTS_MAX, Consumer, ConsumerError, FailedEntry, REASON_CHARS_MAX};

#[derive(Debug)]
pub(super) struct Reader {
    pub(super) acknowledged: u64,
    attempts: BTreeMap<u64, u32>,
    /// How many there ever were.
    dead_letters: u64,
    /// Those that are there, by sequence.
    pub(super) dead: BTreeMap<u64, Dead>,
}

/// Why an entry is a dead letter.
#[derive(Clone, Debug)]
pub(super) struct Dead {
    pub(super) attempts: u32,
    pub(super) reason: String,
    pub(super) at_ms: u64,
}

// === impl Reader ===

impl Reader {
    pub(super) const fn starting_after(acknowledged: u64) -> Self {
        Self {
            acknowledged,
            attempts: BTreeMap::new(),
            dead_letters: 0,
            dead: BTreeMap::new(),
        }
    }

    pub(super) fn move_to(&mut self, sequence: u64) {
        self.acknowledged = self.acknowledged.max(sequence);
        self.attempts = self.attempts.split_off(&(self.acknowledged + 1));
    }

    pub(super) fn fail(
        &mut self,
        name: &str,
        sequence: u64,
        (reason, at_ms): (&str, u64),
    ) -> Result<FailedEntry, ConsumerError> {
        let acknowledged = self.acknowledged;
        if sequence <= acknowledged {
            return Err(ConsumerError::Past { acknowledged });
        }
        let attempts = self.attempts.entry(sequence).or_default();
        *attempts += 1;
        let attempts = *attempts;
        let is_dead = attempts >= ATTEMPTS_MAX;
        if is_dead {
            self.dead_letters += 1;
            let dead = Dead {
                attempts,
                reason: reason.chars().take(REASON_CHARS_MAX).collect(),
                at_ms,
            };
            self.dead.insert(sequence, dead);
            self.move_to(sequence);
        }
        Ok(FailedEntry {
            attempts,
            is_dead,
            consumer: self.consumer(name),
        })
    }

    pub(super) fn consumer(&self, name: &str) -> Consumer {
        Consumer {
            name: name.to_owned(),
            acknowledged: self.acknowledged,
            dead_letters: self.dead_letters,
        }
    }
}
