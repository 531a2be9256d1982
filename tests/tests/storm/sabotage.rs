//! Each safeguard, taken away: the storm has to notice, or it is blind.

use std::fmt::Write as _;

use cordboard_lifecycle::Sabotage;
use cordboard_tests::storm::{self, Safeguard};

/// Each safeguard, and the seeds within which the storm has to find that it is missing.
const SAFEGUARDS: [(Safeguard, u64); 17] = [
    (Safeguard::Lifecycle(Sabotage::NoIntent), 100),
    (Safeguard::Lifecycle(Sabotage::NoMark), 50),
    (Safeguard::Lifecycle(Sabotage::ForgetUnknown), 100),
    (Safeguard::Lifecycle(Sabotage::SameMarkRetry), 50),
    (Safeguard::Lifecycle(Sabotage::TagOnly), 50),
    (Safeguard::Lifecycle(Sabotage::NoAuditSweep), 100),
    (Safeguard::Lifecycle(Sabotage::DeleteUnknownDone), 100),
    (Safeguard::Lifecycle(Sabotage::ListAbsenceIsGone), 300),
    (Safeguard::Lifecycle(Sabotage::ForgetParked), 200),
    (Safeguard::Lifecycle(Sabotage::NoProtectedCheck), 500),
    (Safeguard::Lifecycle(Sabotage::NoTakeover), 100),
    (Safeguard::Lifecycle(Sabotage::LeaseWithoutRelease), 50),
    (Safeguard::Lifecycle(Sabotage::NoJournal), 50),
    (Safeguard::Lifecycle(Sabotage::NoVerify), 100),
    (Safeguard::Lifecycle(Sabotage::WrongGuildMac), 500),
    (Safeguard::Lifecycle(Sabotage::NoMac), 500),
    (Safeguard::Fencing, 500),
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
