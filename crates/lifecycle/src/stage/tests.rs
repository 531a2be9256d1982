use std::collections::BTreeSet;

use super::*;
use crate::conformance::{self, CHANNEL, OTHER};

/// The whole table again, written the other way round: what may follow, by stage and event.
fn expected(stage: Stage, event: Event) -> Option<&'static str> {
    let same_channel = match event {
        Event::Named(id) | Event::Found(id) => id == CHANNEL,
        _ => true,
    };
    let next = match (stage.name(), event) {
        ("planned", Event::Named(_) | Event::Found(_))
        | ("unknown", Event::Found(_))
        | ("live", Event::Refused | Event::Lost) => "live",
        ("planned" | "not_created", Event::Refused)
        | ("abandoned" | "not_created", Event::Forgotten) => "not_created",
        ("planned" | "unknown", Event::Lost) => "unknown",
        ("unknown" | "abandoned", Event::GivenUp)
        | ("quarantined" | "abandoned", Event::Vanished) => "abandoned",
        ("unknown" | "abandoned" | "not_created", Event::Sighted(_)) => "quarantined",
        ("live" | "kept", Event::Spared) | ("parked" | "kept", Event::Forgotten) => "kept",
        ("quarantined" | "disowned", Event::Forgotten) => "disowned",
        (name, Event::Claimed | Event::Sighted(_)) => name,
        ("condemned", Event::Asked)
        | ("abandoned" | "not_created" | "quarantined" | "disowned", Event::Found(_))
        | ("live" | "condemned", Event::Released)
        | ("parked" | "verifying" | "condemned" | "gone", Event::Rearmed) => "condemned",
        ("condemned" | "verifying" | "parked", Event::Barred) => "parked",
        ("condemned" | "verifying" | "parked" | "gone", Event::Absent) => "gone",
        ("condemned" | "verifying", Event::Deleted) => "verifying",
        (
            "live" | "kept" | "condemned" | "verifying" | "parked" | "gone",
            Event::Named(_) | Event::Found(_),
        ) if same_channel => stage.name(),
        _ => return None,
    };
    Some(next)
}

#[test]
fn every_pair_of_stage_and_event_is_in_the_table_or_illegal() {
    for (stage, _) in conformance::stages() {
        for event in conformance::events() {
            let after = stage.after(event);
            let name = after.as_ref().ok().map(Stage::name);
            assert_eq!(name, expected(stage, event), "{event:?} at {stage:?}");
            assert!(after.is_ok() || after == Err(IllegalStep { stage, event }));
        }
    }
}

#[test]
fn an_event_may_be_told_twice() {
    for (stage, _) in conformance::stages() {
        for event in conformance::events() {
            if let Ok(after) = stage.after(event) {
                assert_eq!(after.after(event), Ok(after), "{event:?} at {stage:?}");
            }
        }
    }
}

#[test]
fn a_channel_once_known_stays_and_keeps_its_evidence() {
    for (stage, _) in conformance::stages() {
        for event in conformance::events() {
            if let (Some(owned), Ok(after)) = (stage.owned(), stage.after(event)) {
                assert_eq!(after.owned(), Some(owned), "{event:?} at {stage:?}");
            }
        }
    }
}

#[test]
fn only_a_look_leads_back_from_gone() {
    let owned = Owned {
        channel_id: CHANNEL,
        evidence: Evidence::Answer,
    };
    for event in conformance::events() {
        let after = Stage::Gone(owned).after(event);
        let seen_again = event == Event::Rearmed && after == Ok(Stage::Condemned(owned));
        assert!(
            after.is_err() || after == Ok(Stage::Gone(owned)) || seen_again,
            "{event:?}"
        );
    }
}

#[test]
fn a_condemned_channel_never_lives_again() {
    let owned = Owned {
        channel_id: OTHER,
        evidence: Evidence::AuditLog,
    };
    for dead in [
        Stage::Condemned(owned),
        Stage::Verifying(owned),
        Stage::Parked(owned),
        Stage::Kept(owned),
        Stage::Gone(owned),
    ] {
        for event in conformance::events() {
            assert!(
                !matches!(dead.after(event), Ok(Stage::Live(_))),
                "{event:?} at {dead:?}"
            );
        }
    }
}

#[test]
fn stages_come_back_from_their_names() {
    for (stage, _) in conformance::stages() {
        let evidence = stage.owned().map(|owned| owned.evidence);
        let read = Stage::from_record(stage.name(), stage.channel_id(), evidence);
        assert_eq!(read, Some(stage));
    }
    assert_eq!(Stage::from_record("live", Some(CHANNEL), None), None);
    assert_eq!(Stage::from_record("asleep", None, None), None);
    let operator = Evidence::Operator(PlanHash::of(Id::new(7), &BTreeSet::from([CHANNEL])));
    for evidence in [Evidence::Answer, Evidence::AuditLog, operator] {
        assert_eq!(Evidence::from_record(&evidence.to_string()), Some(evidence));
    }
    for text in ["", "E3", "operator:", "operator:0"] {
        assert_eq!(Evidence::from_record(text), None, "{text}");
    }
}
