//! What the handle and the driver share: switches, conditions, counters.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use parking_lot::Mutex;
use tokio::{sync::watch, time::Instant};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{AttemptId, Condition, Hidden, condition::Conditions, counts::Tally, reach::Reach};

/// What the handle and the driver share.
#[derive(Debug)]
pub(crate) struct Switches {
    pub(crate) conditions: Conditions,
    pub(crate) refusals: Refusals,
    pub(crate) reach: Reach,
    /// Events were lost on the way to the driver.
    pub(crate) has_lapsed: AtomicBool,
    deletions_held: watch::Sender<bool>,
    openings_held: Mutex<Option<String>>,
    /// The channels that an operator has protected since the settings were read.
    protected: Mutex<HashSet<Id<ChannelMarker>>>,
    /// The last thing that went wrong with each open debt.
    troubles: Mutex<HashMap<AttemptId, String>>,
}

/// What the driver alone tells the handle. It is the driver's, so that whoever waits for something hears
/// when there is no driver any more.
#[derive(Debug)]
pub(crate) struct Signals {
    pub(crate) counts: watch::Sender<Tally>,
    /// Whether the guild is so full that deletions should go before everything else.
    nearly_full: watch::Sender<bool>,
    /// The channels that no list shows us, once somebody has told.
    hidden: watch::Sender<Option<Hidden>>,
    /// When the last comparison of the guild with the record began.
    swept: watch::Sender<Option<Instant>>,
    /// How often the guild was looked at in this life, or was tried to be.
    looks: watch::Sender<u64>,
}

/// The other ends of [`Signals`].
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) counts: watch::Receiver<Tally>,
    pub(crate) is_nearly_full: watch::Receiver<bool>,
    pub(crate) hidden: watch::Receiver<Option<Hidden>>,
    pub(crate) swept: watch::Receiver<Option<Instant>>,
    pub(crate) looks: watch::Receiver<u64>,
}

/// How often each check of the one gate in front of a deletion has said no.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    counts: [AtomicU64; REFUSALS.len()],
}

/// The checks, by the names of their counters.
pub(crate) const REFUSALS: [&str; 10] = [
    "not_condemned",
    "other_channel",
    "other_guild",
    "guild_itself",
    "protected",
    "special",
    "older_than_its_plan",
    "runaway",
    "held",
    "too_late",
];

// === impl Signals ===

impl Signals {
    pub(crate) fn new() -> (Self, Told) {
        let (counts, counted) = watch::channel(Tally::default());
        let (nearly_full, is_nearly_full) = watch::channel(false);
        let (shown, hidden) = watch::channel(None);
        let (sweeper, swept) = watch::channel(None);
        let (looked, looks) = watch::channel(0);
        (
            Self {
                counts,
                nearly_full,
                hidden: shown,
                swept: sweeper,
                looks: looked,
            },
            Told {
                counts: counted,
                is_nearly_full,
                hidden,
                swept,
                looks,
            },
        )
    }

    pub(crate) fn swept(&self, began: Instant) {
        self.swept.send_replace(Some(began));
    }

    pub(crate) fn looked_around(&self) {
        self.looks.send_modify(|looks| *looks += 1);
    }

    pub(crate) fn hidden(&self, hidden: Option<Hidden>) {
        self.hidden.send_if_modified(|was| {
            let is_another = *was != hidden;
            *was = hidden;
            is_another
        });
    }

    pub(crate) fn nearly_full(&self, is_nearly_full: bool) {
        self.nearly_full
            .send_if_modified(|was| std::mem::replace(was, is_nearly_full) != is_nearly_full);
    }
}

// === impl Refusals ===

impl Refusals {
    /// Counts one refusal by a check.
    pub(crate) fn count(&self, name: &'static str) {
        if let Some(index) = REFUSALS.iter().position(|known| *known == name) {
            // A number for people; nothing else hangs on it.
            self.counts[index].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn all(&self) -> Vec<(&'static str, u64)> {
        let counts = self
            .counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        REFUSALS.into_iter().zip(counts).collect()
    }
}

// === impl Switches ===

impl Switches {
    pub(crate) fn new() -> Self {
        Self {
            conditions: Conditions::new(),
            refusals: Refusals::default(),
            reach: Reach::new(),
            has_lapsed: AtomicBool::new(false),
            deletions_held: watch::Sender::new(false),
            openings_held: Mutex::new(None),
            protected: Mutex::default(),
            troubles: Mutex::default(),
        }
    }

    pub(crate) fn hold_deletions(&self, held: bool) {
        self.deletions_held.send_replace(held);
        if held {
            let why = "an operator holds all deletions";
            self.conditions.begin(Condition::DeletionsHeld, why);
        } else {
            self.conditions.end(Condition::DeletionsHeld);
        }
    }

    /// Whether deletions are held, now and whenever it changes.
    pub(crate) fn deletions_held(&self) -> watch::Receiver<bool> {
        self.deletions_held.subscribe()
    }

    pub(crate) fn hold_openings(&self, why: Option<String>) {
        match &why {
            Some(why) => self.conditions.begin(Condition::OpeningsHeld, why),
            None => self.conditions.end(Condition::OpeningsHeld),
        }
        *self.openings_held.lock() = why;
    }

    /// Why no channel may be opened, if so.
    pub(crate) fn openings_held(&self) -> Option<String> {
        self.openings_held.lock().clone()
    }

    pub(crate) fn protect(&self, channel_id: Id<ChannelMarker>, is_protected: bool) {
        let mut protected = self.protected.lock();
        if is_protected {
            protected.insert(channel_id);
        } else {
            protected.remove(&channel_id);
        }
    }

    pub(crate) fn protects(&self, channel_id: Id<ChannelMarker>) -> bool {
        self.protected.lock().contains(&channel_id)
    }

    /// Remembers what went wrong with a debt. Its bound is that of open rows.
    pub(crate) fn troubled(&self, attempt: AttemptId, trouble: String) {
        self.troubles.lock().insert(attempt, trouble);
    }

    pub(crate) fn settled(&self, attempt: AttemptId) {
        self.troubles.lock().remove(&attempt);
    }

    pub(crate) fn trouble(&self, attempt: AttemptId) -> Option<String> {
        self.troubles.lock().get(&attempt).cloned()
    }
}
