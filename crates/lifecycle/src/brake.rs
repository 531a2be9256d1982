//! The runaway brake: a bound on how much can be deleted before somebody looks.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use crate::{
    Horizon,
    limits::{BRAKE_HOURS, BRAKE_SLACK},
};

const HOUR_MS: u64 = 3_600_000;

/// Counts what was put on record and what was asked to be deleted in the last day, over restarts.
/// Whatever makes us delete channels that we have no business with, a bug above all, makes far more
/// deletions than there were creations.
#[derive(Debug)]
pub(crate) struct Brake {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Channels on record that are ours and not gone.
    open: u64,
    /// By hour since 1970.
    hours: BTreeMap<u64, Hour>,
    /// What former lives have done in the day before this one began, and the hour of that.
    former: Option<(u64, Hour)>,
}

/// What happened in one hour.
#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    /// Rows put on record.
    inserted: u64,
    /// Channels asked to be deleted.
    asked: u64,
    /// The most channels that were open at once: all of them may be deleted within the day.
    open_max: u64,
}

// === impl Brake ===

impl Brake {
    pub(crate) fn new() -> Self {
        Self {
            counts: Mutex::default(),
        }
    }

    /// Goes on from what the registry knows of the last day.
    pub(crate) fn enter(&self, horizon: &Horizon, now_ms: u64) {
        let mut counts = self.counts.lock();
        let hour = Hour {
            inserted: horizon.inserted,
            asked: horizon.asked,
            open_max: 0,
        };
        counts.hours.insert(now_ms / HOUR_MS, hour);
        counts.former = Some((now_ms / HOUR_MS, hour));
    }

    /// So many channels on record are ours and not gone.
    pub(crate) fn open(&self, open: usize, now_ms: u64) {
        let mut counts = self.counts.lock();
        counts.open = u64::try_from(open).unwrap_or(u64::MAX);
        counts.note(now_ms);
    }

    /// A row was put on record.
    pub(crate) fn inserted(&self, now_ms: u64) {
        self.counts.lock().note(now_ms).inserted += 1;
    }

    /// Takes the right to ask for one more channel's deletion; `false` when the brake holds.
    pub(crate) fn ask(&self, now_ms: u64) -> bool {
        let mut counts = self.counts.lock();
        counts.note(now_ms);
        let since = (now_ms / HOUR_MS).saturating_sub(BRAKE_HOURS);
        counts.hours = counts.hours.split_off(&since);
        counts.former = counts.former.filter(|(hour, _)| *hour >= since);
        let hours = counts.hours.values();
        let inserted: u64 = hours.clone().map(|hour| hour.inserted).sum();
        let asked: u64 = hours.clone().map(|hour| hour.asked).sum();
        let open = hours.map(|hour| hour.open_max).max().unwrap_or_default();
        // What a life finds open and what it opens itself may go, however much went before it: that
        // was most of what was open then, which nobody remembers.
        let (_, former) = counts.former.unwrap_or_default();
        let may = asked < 2 * inserted + open + BRAKE_SLACK
            || asked - former.asked < 2 * (inserted - former.inserted) + open;
        if may {
            counts.note(now_ms).asked += 1;
        }
        may
    }
}

// === impl Counts ===

impl Counts {
    /// This hour, in which at least as much was open as is now.
    fn note(&mut self, now_ms: u64) -> &mut Hour {
        let hour = self.hours.entry(now_ms / HOUR_MS).or_default();
        hour.open_max = hour.open_max.max(self.open);
        hour
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;

    fn asks(brake: &Brake, now_ms: u64) -> u64 {
        (0..10_000).take_while(|_| brake.ask(now_ms)).count() as u64
    }

    #[test]
    fn twice_as_much_as_was_created_may_be_deleted_and_no_more() {
        let brake = Brake::new();
        assert_eq!(asks(&brake, NOW_MS), BRAKE_SLACK);
        brake.inserted(NOW_MS);
        assert_eq!(asks(&brake, NOW_MS), 2);
    }

    #[test]
    fn what_a_former_life_did_counts_and_what_it_left_may_be_deleted() {
        let brake = Brake::new();
        let horizon = Horizon {
            inserted: 10,
            asked: 30,
            ..Horizon::default()
        };
        brake.enter(&horizon, NOW_MS);
        brake.open(1, NOW_MS);
        assert_eq!(asks(&brake, NOW_MS), 20 + 1 + BRAKE_SLACK - 30);
    }

    #[test]
    fn a_cleanup_that_is_due_for_long_goes_on_over_restarts() {
        // How: four hundred channels from days ago; each life deletes a hundred of them and three of
        // its own, and dies.
        let mut horizon = Horizon::default();
        for left in [400, 300, 200, 100] {
            let brake = Brake::new();
            brake.enter(&horizon, NOW_MS);
            for open in 0..=left {
                brake.open(open, NOW_MS);
            }
            (0..3).for_each(|_| brake.inserted(NOW_MS));
            for _ in 0..103 {
                assert!(brake.ask(NOW_MS), "{left} are left");
            }
            horizon.inserted += 3;
            horizon.asked += 103;
        }
    }

    #[test]
    fn a_runaway_gets_no_further_by_dying() {
        let mut horizon = Horizon::default();
        let asked = |horizon: &Horizon| {
            let brake = Brake::new();
            brake.enter(horizon, NOW_MS);
            asks(&brake, NOW_MS)
        };
        horizon.asked += asked(&horizon);
        assert_eq!((horizon.asked, asked(&horizon)), (BRAKE_SLACK, 0));
    }

    #[test]
    fn what_was_held_for_days_may_be_deleted_when_it_is_let_go() {
        // How: four hundred channels are open for three days, and go one after the other.
        let brake = Brake::new();
        brake.open(400, NOW_MS);
        let later_ms = NOW_MS + 72 * HOUR_MS;
        for left in (0..400).rev() {
            assert!(brake.ask(later_ms), "{left} are left");
            brake.open(left, later_ms);
        }
    }

    #[test]
    fn a_day_later_it_begins_anew() {
        let brake = Brake::new();
        asks(&brake, NOW_MS);
        assert!(!brake.ask(NOW_MS + 23 * HOUR_MS));
        assert_eq!(asks(&brake, NOW_MS + 26 * HOUR_MS), BRAKE_SLACK);
    }
}
