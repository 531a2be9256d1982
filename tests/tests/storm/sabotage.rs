//! Each safeguard, taken away: the storm has to notice, or it is blind.

use std::fmt::Write as _;

use cordboard_lifecycle::Sabotage;
use cordboard_tests::storm;

/// Each safeguard, and the seeds within which the storm has to find that it is missing.
const SAFEGUARDS: [(Sabotage, u64); 13] = [
    (Sabotage::NoIntent, 100),
    (Sabotage::NoMark, 50),
    (Sabotage::ForgetUnknown, 100),
    (Sabotage::SameMarkRetry, 50),
    (Sabotage::TagOnly, 50),
    (Sabotage::NoAuditSweep, 100),
    (Sabotage::DeleteUnknownDone, 100),
    (Sabotage::ListAbsenceIsGone, 300),
    (Sabotage::ForgetParked, 200),
    (Sabotage::NoProtectedCheck, 500),
    (Sabotage::NoTakeover, 100),
    (Sabotage::LeaseWithoutRelease, 50),
    (Sabotage::NoJournal, 50),
];

#[test]
fn each_missing_safeguard_is_noticed() {
    let mut blind = String::new();
    for (safeguard, budget) in SAFEGUARDS {
        let found = (1..=budget).find_map(|seed| {
            let report = storm::run(seed, Some(safeguard));
            report.wrong.into_iter().next().map(|wrong| (seed, wrong))
        });
        match found {
            Some((seed, wrong)) => println!("{safeguard:?}: seed {seed}: {wrong}"),
            None => writeln!(blind, "{safeguard:?} in {budget} seeds").unwrap(),
        }
    }
    assert!(blind.is_empty(), "the storm does not see:\n{blind}");
}
