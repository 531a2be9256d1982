//! What was there before anybody watched.

use std::collections::BTreeSet;

use super::fields::created_ms;

/// Messages that nobody wants, because the watch begins with what is new. What is, the first lists say:
/// whatever came before them is not.
#[derive(Debug, Default)]
pub(super) struct Unwanted {
    ids: BTreeSet<u64>,
    is_open: bool,
}

// === impl Unwanted ===

impl Unwanted {
    /// Whatever was written so far, and until the first lists come.
    pub(super) fn until_now(ids: impl Iterator<Item = u64>) -> Self {
        Self {
            ids: ids.collect(),
            is_open: true,
        }
    }

    /// The record begins: with what is younger than this.
    pub(super) fn end(&mut self, ids: impl Iterator<Item = u64>, upto_ms: u64) {
        if std::mem::take(&mut self.is_open) {
            self.ids.extend(ids.filter(|id| created_ms(*id) <= upto_ms));
        }
    }

    pub(super) fn has(&self, id: u64) -> bool {
        self.ids.contains(&id)
    }
}
