//! Proof that the explorer can see: a driver without one of its safeguards is found out.

use cordboard_lifecycle::Sabotage;

use super::{
    case::Case,
    enumerate::{Crashes, explore_until},
    faces::{acts, answers, with_recoveries},
    human::Act,
};

/// Goes through these cases without the safeguard until one fails.
fn is_found_out(safeguard: Sabotage, cases: impl Iterator<Item = Case>, crashes: Crashes) {
    let sabotage = Some(safeguard);
    let cases: Vec<_> = cases.map(|case| Case { sabotage, ..case }).collect();
    let explored = explore_until(&cases, crashes, 1);
    let Some((case, wrong)) = explored.failures.first() else {
        panic!("{safeguard:?}: not found out in {} runs", explored.runs);
    };
    let wrong = wrong.lines().next().unwrap_or_default();
    println!("{safeguard:?}: run {}, {case}: {wrong}", explored.runs);
}

#[test]
fn a_driver_without_a_safeguard_against_discord_is_found_out() {
    for safeguard in [
        Sabotage::NoIntent,
        Sabotage::NoMark,
        Sabotage::ForgetUnknown,
        Sabotage::SameMarkRetry,
        Sabotage::NoAuditSweep,
        Sabotage::DeleteUnknownDone,
        Sabotage::ForgetParked,
        Sabotage::LeaseWithoutRelease,
        Sabotage::NoJournal,
    ] {
        is_found_out(safeguard, answers(), Crashes::None);
    }
}

#[test]
fn a_driver_without_a_safeguard_against_people_is_found_out() {
    is_found_out(Sabotage::TagOnly, acts(), Crashes::None);
    is_found_out(Sabotage::NoProtectedCheck, acts(), Crashes::None);
    let hidden = acts().filter(|case| case.human.is_some_and(|human| human.act == Act::Hide));
    is_found_out(Sabotage::ListAbsenceIsGone, hidden, Crashes::All);
}

#[test]
fn a_driver_without_a_safeguard_against_crashes_is_found_out() {
    is_found_out(Sabotage::NoTakeover, answers(), Crashes::All);
    let with_lost_record = answers().flat_map(with_recoveries);
    is_found_out(Sabotage::NoAuditSweep, with_lost_record, Crashes::All);
}
