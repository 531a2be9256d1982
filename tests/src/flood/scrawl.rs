//! Events that arrive and are not as Discord documents them.

use cordboard_simulator::{Fault, FaultKind, Simulator};
use fastrand::Rng;

/// One flood in so many has scrawls, and none of those that have a veil or hushes.
const ONE_IN: u64 = 8;

/// What can be wrong with which event.
const SCRAWLS: [(&str, FaultKind); 11] = [
    ("MESSAGE_CREATE", FaultKind::CutEvent),
    ("MESSAGE_CREATE", FaultKind::HollowEvent),
    ("MESSAGE_CREATE", FaultKind::AuthorlessEvent),
    ("MESSAGE_UPDATE", FaultKind::AuthorlessEvent),
    UNSAID,
    ("MESSAGE_DELETE", FaultKind::HollowEvent),
    ("MESSAGE_DELETE", FaultKind::CutEvent),
    ("CHANNEL_CREATE", FaultKind::HollowEvent),
    ("THREAD_CREATE", FaultKind::HollowEvent),
    ("THREAD_CREATE", FaultKind::CutEvent),
    BLOATED,
];

/// Eight mebibytes each: some of them say as much as many.
const BLOATED: (&str, FaultKind) = ("MESSAGE_CREATE", FaultKind::BloatedEvent);

/// The names of all kinds, as the simulator counts them.
pub(super) const KINDS: [&str; 4] = [
    "cut_event",
    "hollow_event",
    "authorless_event",
    "bloated_event",
];

/// An update that says nothing. Its channel is read again, and pages tell of edits; of pins they do not, for
/// those have no time.
const UNSAID: (&str, FaultKind) = ("MESSAGE_UPDATE", FaultKind::HollowEvent);

/// What is wrong with events. It has dice of its own.
#[derive(Debug)]
pub(super) struct Scrawl {
    faults: Vec<Fault>,
    /// Whether pins may go unnoticed.
    pub(super) hides_pins: bool,
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
            hides_pins: drawn.contains(&UNSAID),
            faults: drawn.into_iter().map(fault).collect(),
        }
    }

    pub(super) fn arm(&self, discord: &Simulator) {
        for fault in &self.faults {
            discord.fault(fault.clone());
        }
    }
}
