//! The seeds that CI runs, and how to run one again.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use cordboard_app::Environment;
use cordboard_tests::storm::{self, Report};
use parking_lot::Mutex;

/// Seeds of a run that nobody asked for anything else.
const SEEDS: u64 = 1_000;

/// Worlds at the same time: as many as CI has cores.
const THREADS: usize = 2;

/// From so many seeds on, each kind of trouble has to have struck. One storm in five has an operator, and the
/// rarest of what comes of commands is that a consumer is moved back: 360 seeds saw it once. Of runs of 500 seeds
/// about one in four would not see it.
const ENOUGH: usize = 1_000;

/// Seeds that found something once. They run first, for ever, and mean something else as soon as a
/// storm draws from more.
const REGRESSIONS: &[u64] = &[122, 1_002];

#[test]
fn no_storm_makes_it_leak() {
    // How: `CORDBOARD_STORM_SEED=n` runs one seed, `CORDBOARD_STORM_SEEDS=n` so many of them from
    // `CORDBOARD_STORM_FROM` on.
    let environment = Environment::of_process();
    let number = |name: &str| environment.get(name).map(|text| text.parse().unwrap());
    if let Some(seed) = number("CORDBOARD_STORM_SEED") {
        let report = storm::run(seed, None);
        println!("seed {seed}:\n{report}");
        assert!(report.wrong.is_empty(), "seed {seed}");
        return;
    }
    let from = number("CORDBOARD_STORM_FROM").unwrap_or(1);
    let seeds = number("CORDBOARD_STORM_SEEDS").unwrap_or(SEEDS);
    let all: Vec<u64> = REGRESSIONS
        .iter()
        .copied()
        .chain(from..from + seeds)
        .collect();
    let (total, failed) = run_all(&all);
    println!(
        "{} seeds; no failure bounds the rate of failing seeds below {:.1e} at 95 %:\n{total}",
        all.len(),
        3.0 / f64::from(u32::try_from(all.len()).unwrap()),
    );
    assert!(
        failed.is_empty(),
        "{failed}run one again: CORDBOARD_STORM_SEED=n cargo test -p cordboard-tests --test storm \
         -- no_storm --nocapture"
    );
    if all.len() >= ENOUGH {
        has_covered(&total, all.len());
    }
}

/// A run in which nothing happened proves nothing.
fn has_covered(total: &Report, seeds: usize) {
    assert!(total.channels >= seeds, "hardly a channel was created");
    assert!(total.asked >= 2 * seeds, "hardly anybody asked");
    assert!(total.answered >= seeds, "hardly anybody was answered");
    assert!(total.lives > seeds, "no process was started again");
    let never: Vec<_> = storm::kinds()
        .into_iter()
        .filter(|kind| !total.struck.contains_key(kind))
        .collect();
    assert!(never.is_empty(), "these never struck: {never:?}");
}

/// Runs seeds on two threads: all of them together, and those that failed.
fn run_all(seeds: &[u64]) -> (Report, String) {
    let next = AtomicUsize::new(0);
    let (total, failed) = (Mutex::new(Report::default()), Mutex::new(String::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut report = storm::run(*seed, None);
                    if !report.wrong.is_empty() {
                        writeln!(failed.lock(), "seed {seed}:\n{report}")
                            .expect("a string takes it");
                    }
                    report.wrong.clear();
                    total.lock().add(report);
                }
            });
        }
    });
    (total.into_inner(), failed.into_inner())
}
