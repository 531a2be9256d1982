//! How many channels stand where.

use crate::Stage;

/// How many rows of the registry stand where. A row that this process has never met, because it
/// was settled in a former life, is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Recorded. Its creation is under way, or its channel is in use already and its name on the way to
    /// the record.
    pub planned: u64,
    /// In use.
    pub live: u64,
    /// Carries our mark, and nothing proves that it is ours: an open debt that needs an operator.
    pub quarantined: u64,
    /// The answer to the creation was lost.
    pub unknown: u64,
    /// Unknown, and no longer urgent.
    pub abandoned: u64,
    /// To be deleted.
    pub condemned: u64,
    /// Said to be gone by Discord, and not yet proved so.
    pub verifying: u64,
    /// Cannot be deleted now: an open debt that needs an operator.
    pub parked: u64,
    /// Let go of since the start and left standing, as the settings say. This and what follows only
    /// grows.
    pub kept: u64,
    /// How often one was proved gone since the start: again, if it was seen after all.
    pub gone: u64,
    /// Channels with our mark of which an operator has said since the start that nobody is to care.
    pub disowned: u64,
    /// Creations that Discord said it did not carry out since the start, whatever was found later.
    pub not_created: u64,
}

/// Where the rows stand: all, and those that this life works at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) all: Counts,
    pub(crate) own: Counts,
}

// === impl Tally ===

impl Tally {
    pub(crate) fn moved(&mut self, from: Option<Stage>, to: Stage, is_own: bool) {
        self.all.moved(from, to);
        if is_own {
            self.own.moved(from, to);
        }
    }
}

// === impl Counts ===

impl Counts {
    /// Whether nothing is being created, used or deleted. Debts that can only wait (unknown,
    /// parked) do not count.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.is_cleared() && self.verifying == 0
    }

    /// Whether no channel is being created, used or waiting for its deletion: what is left takes no
    /// room, or nothing can be done about it now.
    #[must_use]
    pub const fn is_cleared(&self) -> bool {
        self.planned == 0 && self.live == 0 && self.condemned == 0
    }

    pub(crate) fn moved(&mut self, from: Option<Stage>, to: Stage) {
        // What has ended stays counted.
        if let Some(from) = from.filter(Stage::is_open) {
            let count = self.of(from);
            *count = count.saturating_sub(1);
        }
        *self.of(to) += 1;
    }

    fn of(&mut self, stage: Stage) -> &mut u64 {
        match stage {
            Stage::Planned => &mut self.planned,
            Stage::NotCreated => &mut self.not_created,
            Stage::Unknown => &mut self.unknown,
            Stage::Abandoned => &mut self.abandoned,
            Stage::Quarantined(_) => &mut self.quarantined,
            Stage::Disowned(_) => &mut self.disowned,
            Stage::Live(_) => &mut self.live,
            Stage::Kept(_) => &mut self.kept,
            Stage::Condemned(_) => &mut self.condemned,
            Stage::Verifying(_) => &mut self.verifying,
            Stage::Parked(_) => &mut self.parked,
            Stage::Gone(_) => &mut self.gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use twilight_model::id::Id;

    use super::*;
    use crate::{Evidence, Owned};

    #[test]
    fn what_has_ended_stays_counted_when_it_begins_again() {
        let owned = Owned {
            channel_id: Id::new(1),
            evidence: Evidence::AuditLog,
        };
        let mut counts = Counts::default();
        let life = [
            Stage::Planned,
            Stage::NotCreated,
            Stage::Condemned(owned),
            Stage::Verifying(owned),
            Stage::Gone(owned),
            Stage::Condemned(owned),
        ];
        let mut from = None;
        for to in life {
            counts.moved(from, to);
            from = Some(to);
        }
        let ended = Counts {
            not_created: 1,
            gone: 1,
            condemned: 1,
            ..Counts::default()
        };
        assert_eq!(counts, ended);
    }
}
