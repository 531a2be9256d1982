//! Looks at the record at each instant of virtual time, and not only when the storm takes a step.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cordboard_simulator::Simulator;

use super::ledger::{self, Ledger};

/// Holds the record against what Discord has received, whenever the runtime has nothing left to do:
/// the paused clock moves only then. What arrived at one instant is therefore looked for on record
/// at that instant, and a row that is written after its request was sent is seen to be late.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookout(Arc<Mutex<Option<Watched>>>);

#[derive(Debug)]
struct Watched {
    discord: Simulator,
    store: PathBuf,
    ledger: Ledger,
    /// Discord's trace when it was last looked at: as long as it is the same, nothing has arrived.
    trace: u64,
    wrong: Vec<String>,
}

// === impl Lookout ===

impl Lookout {
    /// From here on there is something to look at.
    pub(super) fn begin(&self, discord: Simulator, store: &Path) {
        *self.watched() = Some(Watched {
            trace: discord.trace_hash(),
            ledger: Ledger::default(),
            store: store.to_owned(),
            discord,
            wrong: Vec::new(),
        });
    }

    /// Looks, if anything has happened.
    pub(super) fn look(&self) {
        if let Some(watched) = self.watched().as_mut() {
            watched.look();
        }
    }

    /// What is on record is another copy now: what was asked before is in it or is not.
    pub(super) fn record_was_replaced(&self) {
        if let Some(watched) = self.watched().as_mut() {
            watched.ledger = Ledger::since_now(&watched.store, &watched.discord);
        }
    }

    /// A proxy says that it is ready: it has taken over what former lives left (C10).
    pub(super) fn proxy_is_ready(&self) {
        if let Some(watched) = self.watched().as_mut() {
            watched.wrong.extend(ledger::orphans(&watched.store));
        }
    }

    /// What was wrong since somebody last asked.
    pub(super) fn found(&self) -> Vec<String> {
        let mut watched = self.watched();
        let wrong = watched.as_mut().map(|watched| &mut watched.wrong);
        wrong.map(std::mem::take).unwrap_or_default()
    }

    fn watched(&self) -> MutexGuard<'_, Option<Watched>> {
        // What a panic left is still what was seen.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Watched ===

impl Watched {
    fn look(&mut self) {
        let trace = self.discord.trace_hash();
        if trace != self.trace {
            self.trace = trace;
            let behind = self.ledger.behind(&self.store, &self.discord);
            self.wrong.extend(behind);
        }
    }
}
