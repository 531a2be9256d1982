//! The faults that wait for their moment.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use parking_lot::Mutex;

use super::{EventFault, Fault, FaultKind, RestFault};
use crate::rest::Route;

/// How often each kind of fault struck, by route template or event name.
type Struck = BTreeMap<&'static str, BTreeMap<&'static str, u64>>;

/// All armed faults, in the order in which they were armed: the first that strikes wins.
#[derive(Debug)]
pub(crate) struct Faults {
    /// Whether there is anything to look at: most requests meet none, and take no lock for it.
    any: AtomicBool,
    armed: Mutex<Armed>,
}

#[derive(Debug)]
struct Armed {
    faults: Vec<Fault>,
    /// How often each kind struck, by route or event.
    struck: Struck,
    dice: fastrand::Rng,
}

impl Faults {
    /// No fault yet; probabilities are drawn from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        let armed = Armed {
            faults: Vec::new(),
            struck: Struck::new(),
            dice: fastrand::Rng::with_seed(seed),
        };
        Self {
            any: AtomicBool::new(false),
            armed: Mutex::new(armed),
        }
    }

    /// Arms one more.
    pub(crate) fn arm(&self, fault: Fault) {
        let mut armed = self.armed.lock();
        armed.faults.push(fault);
        self.any.store(true, Ordering::Release);
    }

    /// Disarms all: from here on everything works.
    pub(crate) fn clear(&self) {
        let mut armed = self.armed.lock();
        armed.faults.clear();
        self.any.store(false, Ordering::Release);
    }

    /// What is still armed.
    pub(crate) fn list(&self) -> Vec<Fault> {
        self.armed.lock().faults.clone()
    }

    /// Counts what struck beside the armed faults.
    pub(crate) fn note(&self, target: &'static str, kind: &'static str, times: usize) {
        if times > 0 {
            let mut armed = self.armed.lock();
            let count = armed.struck.entry(target).or_default().entry(kind);
            *count.or_default() += times as u64;
        }
    }

    /// How often each kind struck so far; clearing the faults clears nothing here.
    pub(crate) fn struck(&self) -> Struck {
        self.armed.lock().struck.clone()
    }

    /// What this request meets. Asking counts as a match.
    pub(crate) fn rest(&self, route: &Route) -> Option<RestFault> {
        self.strike(route.template, false)
    }

    /// What this event meets. Asking counts as a match, so ask once per event and not per session.
    pub(crate) fn event(&self, name: &'static str) -> EventFault {
        match self.strike(name, true) {
            Some(FaultKind::DropEvent) => EventFault::Drop,
            Some(FaultKind::DuplicateEvent) => EventFault::Duplicate,
            Some(FaultKind::DelayEvent { delay_ms }) => {
                EventFault::Delay(Duration::from_millis(delay_ms))
            }
            Some(FaultKind::ReorderEvent) => EventFault::Reorder,
            Some(FaultKind::CutEvent) => EventFault::Cut,
            Some(FaultKind::HollowEvent) => EventFault::Hollow,
            Some(FaultKind::BlankEvent) => EventFault::Blank,
            Some(FaultKind::AuthorlessEvent) => EventFault::Authorless,
            Some(FaultKind::BloatedEvent) => EventFault::Bloated,
            _ => EventFault::None,
        }
    }

    fn strike(&self, target: &'static str, for_events: bool) -> Option<FaultKind> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut armed = self.armed.lock();
        let Armed {
            faults,
            struck: counts,
            dice,
        } = &mut *armed;
        let (index, kind, spent) = faults.iter_mut().enumerate().find_map(|(index, fault)| {
            let meant = fault.kind.is_for_events() == for_events
                && (fault.target == "*" || fault.target == target);
            let struck = meant && fault.strikes(dice);
            struck.then(|| (index, fault.kind, fault.count == Some(0)))
        })?;
        let count = counts.entry(target).or_default().entry(kind.name());
        *count.or_default() += 1;
        if spent {
            let _spent = faults.remove(index);
            self.any.store(!faults.is_empty(), Ordering::Release);
        }
        Some(kind)
    }
}

impl Fault {
    /// Whether it strikes this match; counts it.
    fn strikes(&mut self, dice: &mut fastrand::Rng) -> bool {
        if self.nth > 1 {
            self.nth -= 1;
            return false;
        }
        if self.probability < 1.0 && dice.f64() >= self.probability {
            return false;
        }
        match &mut self.count {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}
