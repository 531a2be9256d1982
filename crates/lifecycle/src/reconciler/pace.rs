//! When to read the audit log and the guild's channels next.

use std::time::Duration;

use tokio::time::Instant;

use super::AllMissing;
use crate::{
    Failure,
    limits::{REFUSED_AGAIN_AFTER, SCAN_ROUND, SOON, SWEEP_ROUND, SWEEP_ROUND_URGENT},
    schedule::{back_off, told},
};

/// When to read what next. The two readings have troubles of their own: one that is refused or
/// limited does not keep the other from its time.
#[derive(Debug)]
pub(super) struct Pace {
    scan: Instant,
    sweep: Instant,
    /// Until when the log is left alone, because its last reading came to nothing.
    log_not_before: Instant,
    pub(super) log_failures: u32,
    /// Whether that is how long Discord told us to wait.
    is_log_told: bool,
    /// When Discord refused to show us the log, if that is why.
    refused: Option<Instant>,
    /// When the last reading of the log to its end began.
    read: Option<Instant>,
    list_not_before: Instant,
    /// Whether that is how long Discord told us to wait.
    is_list_told: bool,
    list_failures: u32,
}

/// Why a reading came to nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Why {
    /// Discord does not show it to us.
    Refused,
    /// Discord told us how long to wait.
    Told,
    /// Anything else.
    Failed,
}

// === impl Why ===

impl Why {
    pub(super) const fn of(failure: &Failure) -> Self {
        match failure {
            Failure::Never { .. } => Self::Refused,
            Failure::NotDone { wait: Some(_), .. } => Self::Told,
            _ => Self::Failed,
        }
    }
}

// === impl Pace ===

impl Pace {
    pub(super) const fn starting(now: Instant) -> Self {
        Self {
            scan: now,
            sweep: now,
            log_not_before: now,
            is_log_told: false,
            log_failures: 0,
            refused: None,
            read: None,
            list_not_before: now,
            is_list_told: false,
            list_failures: 0,
        }
    }

    /// When the next reading is due.
    pub(super) fn due(&self, missing: &AllMissing) -> Instant {
        let urgent = missing.values().map(|missing| missing.due).min();
        let scan = urgent.map_or(self.scan, |urgent| urgent.min(self.scan));
        let sweep = self.sweep.max(self.list_not_before);
        scan.max(self.log_not_before).min(sweep)
    }

    pub(super) fn is_sweep_due(&self, now: Instant) -> bool {
        self.sweep.max(self.list_not_before) <= now
    }

    /// Whether the log may be read now.
    pub(super) fn is_scan_open(&self, now: Instant) -> bool {
        self.log_not_before <= now
    }

    /// Whether the log was read to its end from `began` on, or cannot be read at all: then it will
    /// not decide anything either.
    pub(super) fn is_log_read(&self, began: Instant) -> bool {
        self.refused.is_some() || self.read.is_some_and(|read| read >= began)
    }

    pub(super) fn scan_soon(&mut self) {
        self.scan = self.scan.min(Instant::now() + SOON);
    }

    pub(super) fn sweep_soon(&mut self) {
        self.sweep = self.sweep.min(Instant::now() + SOON);
    }

    /// Somebody who may have put right what kept us from it waits for a sweep. Only what Discord has told us
    /// to wait for is waited for.
    pub(super) fn sweep_ordered(&mut self) {
        let now = Instant::now();
        self.sweep_soon();
        if !self.is_list_told {
            self.list_not_before = self.list_not_before.min(now);
        }
        if !self.is_log_told {
            self.log_not_before = self.log_not_before.min(now);
        }
    }

    /// The list is read again when the log is.
    pub(super) fn sweep_with_log(&mut self) {
        self.sweep = self
            .sweep
            .min(self.log_not_before.max(Instant::now() + SOON));
    }

    /// A creation has no answer: the guild is looked at more often for a while.
    pub(super) fn lost(&mut self) {
        self.sweep = self.sweep.min(Instant::now() + SWEEP_ROUND_URGENT);
    }

    /// What was refused is worth another try.
    pub(super) fn allowed(&mut self) {
        if let Some(refused) = self.refused {
            let again = (Instant::now() + SOON).max(refused + REFUSED_AGAIN_AFTER);
            self.log_not_before = self.log_not_before.min(again);
        }
    }

    pub(super) fn scanned(&mut self, began: Instant) {
        self.log_failures = 0;
        self.refused = None;
        self.read = Some(began);
        self.scan = began + SCAN_ROUND;
    }

    pub(super) fn scan_again(&mut self, not_before: Instant) {
        self.log_not_before = not_before;
        self.is_log_told = false;
        self.scan = self.scan.min(not_before);
    }

    pub(super) fn scan_failed(&mut self, pause: Duration, why: Why) {
        self.refused = (why == Why::Refused).then(Instant::now);
        self.log_failures = self.log_failures.saturating_add(1);
        self.scan_again(Instant::now() + pause);
        self.is_log_told = why == Why::Told;
    }

    pub(super) fn listed(&mut self, began: Instant, is_quiet: bool) {
        self.list_failures = 0;
        self.sweep = began
            + if is_quiet {
                SWEEP_ROUND
            } else {
                SWEEP_ROUND_URGENT
            };
    }

    pub(super) fn list_failed(&mut self, failure: &Failure) {
        let dice = fastrand::f64();
        let pause = match failure {
            Failure::NotDone {
                wait: Some(wait), ..
            } => told(*wait, dice),
            Failure::Never { .. } => SWEEP_ROUND,
            _ => back_off(self.list_failures, Duration::ZERO, dice),
        };
        self.list_failures = self.list_failures.saturating_add(1);
        self.list_not_before = Instant::now() + pause;
        self.is_list_told = Why::of(failure) == Why::Told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Failure {
        Failure::NotDone {
            wait: Some(Duration::from_mins(10)),
            source: "limited".into(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_is_limited_makes_nobody_read_the_log_more_often() {
        let began = Instant::now();
        let mut pace = Pace::starting(began);
        pace.scanned(began);
        pace.list_failed(&refused());
        assert_eq!(pace.due(&AllMissing::new()), began + SCAN_ROUND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_log_that_is_refused_does_not_keep_the_list_from_being_read() {
        let began = Instant::now();
        let mut pace = Pace::starting(began);
        pace.listed(began, true);
        pace.scan_failed(Duration::from_mins(15), Why::Refused);
        pace.sweep_soon();
        assert_eq!(pace.due(&AllMissing::new()), began + SOON);
        assert!(pace.is_log_read(began), "it will not decide anything");
        assert!(!pace.is_scan_open(began + SOON));
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_waits_for_what_discord_has_told_and_for_nothing_else() {
        let began = Instant::now();
        let mut pace = Pace::starting(began);
        pace.scanned(began);
        pace.listed(began, true);
        pace.scan_failed(Duration::from_mins(15), Why::Failed);
        let source = "no permission".into();
        pace.list_failed(&Failure::Never { source });
        pace.sweep_ordered();
        assert_eq!(pace.due(&AllMissing::new()), began + SOON);
        assert!(pace.is_scan_open(began + SOON));

        pace.scan_failed(Duration::from_mins(10), Why::Told);
        pace.list_failed(&refused());
        pace.sweep_ordered();
        assert!(pace.due(&AllMissing::new()) >= began + Duration::from_mins(10));
        assert!(!pace.is_scan_open(began + SOON));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_creation_brings_the_next_sweep_forward() {
        let began = Instant::now();
        let mut pace = Pace::starting(began);
        pace.scanned(began);
        pace.listed(began, true);
        pace.lost();
        assert_eq!(pace.due(&AllMissing::new()), began + SWEEP_ROUND_URGENT);
    }
}
