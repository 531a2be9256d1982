//! Each safeguard, taken away: the storm has to notice, or it is blind.

use std::fmt::Write as _;

use cordboard_lifecycle::Sabotage;
use cordboard_store::sabotage::Upkeep;
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

/// Those of maintenance, and the seeds with an operator within which it has to.
const OF_MAINTENANCE: [(Safeguard, usize); 2] = [
    (Safeguard::Upkeep(Upkeep::RolesInDoubt), 400),
    (Safeguard::Upkeep(Upkeep::RolesOnRecord), 20),
];

#[test]
fn each_missing_safeguard_is_noticed() {
    let (seen, blind) = notice(
        "",
        SAFEGUARDS.map(|(safeguard, budget)| (safeguard, 1..=budget)),
    );
    println!("{seen}");
    assert!(blind.is_empty(), "the storm does not see:\n{blind}");
}

#[test]
fn each_missing_safeguard_of_maintenance_is_noticed() {
    let operated = |budget| (1..).filter(|seed| storm::has_operator(*seed)).take(budget);
    let safeguards = OF_MAINTENANCE.map(|(safeguard, budget)| (safeguard, operated(budget)));
    // Both are about what becomes of roles.
    let (seen, blind) = notice("C26", safeguards);
    println!("{seen}");
    assert!(blind.is_empty(), "the storm does not see:\n{blind}");
}

/// What was seen of each missing safeguard first, as a breach of this rule, and of which nothing was.
fn notice<S: IntoIterator<Item = u64>>(
    rule: &str,
    safeguards: impl IntoIterator<Item = (Safeguard, S)>,
) -> (String, String) {
    let (mut noticed, mut blind) = (String::new(), String::new());
    for (safeguard, seeds) in safeguards {
        let found = seeds.into_iter().find_map(|seed| {
            let report = storm::run(seed, Some(safeguard));
            let mut wrong = report
                .wrong
                .into_iter()
                .filter(|wrong| wrong.starts_with(rule));
            wrong.next().map(|wrong| (seed, wrong))
        });
        let told = match found {
            Some((number, wrong)) => writeln!(noticed, "{safeguard:?}: seed {number}: {wrong}"),
            None => writeln!(blind, "{safeguard:?} in its budget of seeds"),
        };
        told.expect("a string takes it");
    }
    (noticed, blind)
}
