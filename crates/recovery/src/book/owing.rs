//! Events after which only the lists tell what is to be known.

/// Where in the session the first of them is whose lists have not been taken in. The session on record stays before
/// it, so that whoever goes on with it hears it again: a wish for lists is on no record.
#[derive(Debug, Default)]
pub(super) struct Owing {
    /// How often lists were wished for.
    wishes: u64,
    first: Option<u64>,
    /// The first since lists were asked for, which those may not know.
    since_asked: Option<u64>,
}

// === impl Owing ===

impl Owing {
    pub(super) fn wished(&mut self) {
        self.wishes += 1;
    }

    pub(super) const fn wishes(&self) -> u64 {
        self.wishes
    }

    /// An event was taken in, before which there had been so many wishes.
    pub(super) fn heard(&mut self, sequence: u64, wishes_before: u64) {
        if self.wishes > wishes_before {
            self.first.get_or_insert(sequence);
            self.since_asked.get_or_insert(sequence);
        }
    }

    pub(super) fn lists_are_asked_for(&mut self) {
        self.since_asked = None;
    }

    pub(super) fn lists_are_taken_in(&mut self) {
        self.first = self.since_asked;
    }

    /// How far the session may be on record.
    pub(super) fn before(&self) -> Option<u64> {
        self.first.map(|sequence| sequence.saturating_sub(1))
    }
}
