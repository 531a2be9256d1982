//! Going through cases, all crashes of each, on as many threads as there are processors.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::{
    case::Case,
    run::{Ran, run},
};

/// As many failures are shown; more would tell nothing new.
const SHOWN_MAX: usize = 10;

/// Whether each case is run with a crash at each of its effects too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crashes {
    None,
    All,
}

/// What came of an enumeration.
#[derive(Debug, Default)]
pub(crate) struct Explored {
    pub(crate) runs: usize,
    pub(crate) failures: Vec<(Case, String)>,
}

/// Runs them all.
pub(crate) fn explore(cases: &[Case], crashes: Crashes) -> Explored {
    explore_until(cases, crashes, usize::MAX)
}

/// Runs them until so many failures are found, give or take what is under way.
pub(crate) fn explore_until(cases: &[Case], crashes: Crashes, failures_max: usize) -> Explored {
    let next = AtomicUsize::new(0);
    let explored = Mutex::new(Explored::default());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed))
                    && explored.lock().failures.len() < failures_max
                {
                    each_crash(*case, crashes, &explored);
                }
            });
        }
    });
    explored.into_inner()
}

fn each_crash(case: Case, crashes: Crashes, explored: &Mutex<Explored>) {
    let mut crash = None;
    loop {
        let case = Case { crash, ..case };
        let Ran { effects, verdict } = run(case);
        let mut explored = explored.lock();
        explored.runs += 1;
        if let Err(wrong) = verdict {
            explored.failures.push((case, wrong));
        }
        // The effects of a run that dies do not go beyond its death.
        if crash.is_some_and(|at| effects < at) || crashes == Crashes::None {
            return;
        }
        crash = Some(crash.unwrap_or(0) + 1);
    }
}

// === impl Explored ===

impl Explored {
    /// Says how much was run, and that it was enough and nothing failed.
    ///
    /// # Panics
    /// When something did.
    pub(crate) fn report(self, face: &str, began: Instant, runs_min: usize) {
        let Self { runs, failures } = self;
        println!("{face}: {runs} runs in {:?}", began.elapsed());
        for (case, wrong) in failures.iter().take(SHOWN_MAX) {
            println!(
                "\n{wrong}\n  again: EXPLORE_CASE='{case}' cargo test -p cordboard-lifecycle --test explorer one_case -- --nocapture"
            );
        }
        assert!(runs >= runs_min, "{runs} runs are too few");
        assert!(
            failures.is_empty(),
            "{} of {runs} runs failed",
            failures.len()
        );
    }
}
