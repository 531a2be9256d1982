//! Events that arrive and are not as Discord documents them.

use cordboard_simulator::{Fault, FaultKind, Simulator};
use fastrand::Rng;

/// One flood in so many has scrawls, and none of those that have a veil or hushes.
const ONE_IN: u64 = 8;

/// What can be wrong with which event.
const SCRAWLS: [(&str, FaultKind); 14] = [
    ("MESSAGE_CREATE", FaultKind::CutEvent),
    ("MESSAGE_CREATE", FaultKind::HollowEvent),
    ("MESSAGE_CREATE", FaultKind::BlankEvent),
    ("MESSAGE_CREATE", FaultKind::AuthorlessEvent),
    ("MESSAGE_UPDATE", FaultKind::AuthorlessEvent),
    UNSAID_EDIT,
    UNSAID_DELETION,
    ("MESSAGE_DELETE", FaultKind::CutEvent),
    ("CHANNEL_CREATE", FaultKind::HollowEvent),
    ("CHANNEL_CREATE", FaultKind::BlankEvent),
    ("THREAD_CREATE", FaultKind::HollowEvent),
    ("THREAD_CREATE", FaultKind::BlankEvent),
    ("THREAD_CREATE", FaultKind::CutEvent),
    BLOATED,
];

/// Eight mebibytes each: some of them say as much as many.
const BLOATED: (&str, FaultKind) = ("MESSAGE_CREATE", FaultKind::BloatedEvent);

/// The names of all kinds, as the simulator counts them.
pub(super) const KINDS: [&str; 5] = [
    "cut_event",
    "hollow_event",
    "blank_event",
    "authorless_event",
    "bloated_event",
];

/// An update that says nothing. Its channel is read again, and pages tell of edits; of pins they do not, for
/// those have no time.
const UNSAID_EDIT: (&str, FaultKind) = ("MESSAGE_UPDATE", FaultKind::HollowEvent);

/// A deletion that says nothing. Its channel is read again, and a page does not tell of a young message whether
/// it is gone or cannot be read yet.
const UNSAID_DELETION: (&str, FaultKind) = ("MESSAGE_DELETE", FaultKind::HollowEvent);

/// What is wrong with events. It has dice of its own.
#[derive(Debug)]
pub(super) struct Scrawl {
    faults: Vec<Fault>,
    pub(super) unsaid: Unsaid,
}

/// What may go unnoticed because an event says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unsaid {
    pub(super) pins: bool,
    /// Those of messages that were young.
    pub(super) deletions: bool,
}

// === impl Scrawl ===

impl Scrawl {
    /// Those of a flood. Where a safeguard is missing there are none: what is read again because of them
    /// would find what it loses.
    pub(super) fn of(seed: u64, has_all_safeguards: bool) -> Self {
        let mut dice = Rng::with_seed(seed ^ 0x5C4A);
        let is_there = seed % ONE_IN == 6 && has_all_safeguards;
        let count = if is_there { dice.usize(1..4) } else { 0 };
        let drawn: Vec<_> = (0..count)
            .map(|_| SCRAWLS[dice.usize(0..SCRAWLS.len())])
            .collect();
        let fault = |(event, kind)| {
            let fault = Fault::new(event, kind);
            if (event, kind) == BLOATED {
                fault.nth(dice.u64(1..50)).times(dice.u64(1..3))
            } else {
                fault.with_probability(0.01 * 20_f64.powf(dice.f64()))
            }
        };
        Self {
            unsaid: Unsaid {
                pins: drawn.contains(&UNSAID_EDIT),
                deletions: drawn.contains(&UNSAID_DELETION),
            },
            faults: drawn.into_iter().map(fault).collect(),
        }
    }

    pub(super) fn arm(&self, discord: &Simulator) {
        for fault in &self.faults {
            discord.fault(fault.clone());
        }
    }
}
