//! Seeds of outages, kills and floods of messages: nothing that Discord holds may be missing.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use cordboard_app::Environment;
use cordboard_recovery::Sabotage;
use cordboard_tests::flood::{self, Flow};
use parking_lot::Mutex;

/// Seeds of a run that nobody asked for anything else.
const SEEDS: u64 = 1_000;

/// From so many seeds on, each kind of trouble has to have struck.
const ENOUGH: u64 = 500;

/// Worlds at the same time: as many as CI has cores.
const THREADS: usize = 2;

#[test]
fn no_outage_loses_a_message() {
    // How: `CORDBOARD_FLOOD_SEED=n` runs one seed, `CORDBOARD_FLOOD_SEEDS=n` so many of them from
    // `CORDBOARD_FLOOD_FROM` on.
    let environment = Environment::of_process();
    let number = |name: &str| environment.get(name).map(|text| text.parse().unwrap());
    if let Some(seed) = number("CORDBOARD_FLOOD_SEED") {
        let flow = flood::run(seed, None);
        println!("seed {seed}:\n{flow}");
        assert!(flow.wrong.is_empty(), "seed {seed}");
        return;
    }
    let from = number("CORDBOARD_FLOOD_FROM").unwrap_or(1);
    let seeds = number("CORDBOARD_FLOOD_SEEDS").unwrap_or(SEEDS);
    let (total, failed) = run_all(from, seeds);
    println!(
        "{seeds} seeds; no failure bounds the rate of failing seeds below {:.1e} at 95 %:\n{total}",
        3.0 / f64::from(u32::try_from(seeds).unwrap()),
    );
    assert!(
        failed.is_empty(),
        "{failed}run one again: CORDBOARD_FLOOD_SEED=n cargo test -p cordboard-tests --test storm \
         -- no_outage --nocapture"
    );
    if seeds >= ENOUGH {
        let struck = |kind: &&str| total.struck.get(kind).is_some_and(|count| *count > 0);
        let never: Vec<_> = flood::kinds()
            .into_iter()
            .filter(|kind| !struck(kind))
            .collect();
        assert!(never.is_empty(), "these never struck: {never:?}");
    }
}

fn run_all(from: u64, seeds: u64) -> (Flow, String) {
    let next = AtomicU64::new(from);
    let (total, failed) = (Mutex::new(Flow::default()), Mutex::new(String::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        break;
                    }
                    let mut flow = flood::run(seed, None);
                    if !flow.wrong.is_empty() {
                        flow.wrong.truncate(3);
                        writeln!(failed.lock(), "seed {seed}:\n{flow}").expect("a string takes it");
                    }
                    flow.wrong.clear();
                    total.lock().add(flow);
                }
            });
        }
    });
    (total.into_inner(), failed.into_inner())
}

/// Safeguards, and the seeds within which the flood has to find that they are missing. The others are too
/// rarely needed for that: `recovery`'s tests of the book take them away by hand.
const SAFEGUARDS: [(Sabotage, u64); 11] = [
    (Sabotage::AckIsProof, 400),
    (Sabotage::TellAtOnce, 100),
    (Sabotage::AckBeforeDurable, 200),
    (Sabotage::MaxIdCursor, 100),
    (Sabotage::VolatileDirty, 100),
    (Sabotage::SkipLeMax, 400),
    (Sabotage::NoTieMargin, 200),
    (Sabotage::WholeLastMillisecond, 600),
    (Sabotage::SealByWallClock, 200),
    (Sabotage::NewChanFromNow, 100),
    (Sabotage::BackfillBeforeLive, 400),
];

#[test]
fn each_missing_safeguard_of_the_watch_is_noticed() {
    let mut blind = String::new();
    for (safeguard, budget) in SAFEGUARDS {
        let found = (1..=budget).find_map(|seed| {
            let flow = flood::run(seed, Some(safeguard));
            flow.wrong.into_iter().next().map(|wrong| (seed, wrong))
        });
        match found {
            Some((seed, wrong)) => println!("{safeguard:?}: seed {seed}: {wrong}"),
            None => writeln!(blind, "{safeguard:?} in {budget} seeds").unwrap(),
        }
    }
    assert!(blind.is_empty(), "the flood does not see:\n{blind}");
}
