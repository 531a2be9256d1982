//! What is wrong is seen, and what is right is not taken for it.

use std::collections::BTreeMap;

use cordboard_app::maintenance::channels::AuditFinding;
use serde_json::json;
use twilight_model::id::Id;

use super::*;

const ME: u64 = 1;
const SOMEBODY: u64 = 2;

fn channel(id: u64, creator_id: u64, kind: u64, deleted_at: Option<u64>) -> ChannelTruth {
    let truth = json!({
        "id": id.to_string(), "guild_id": "9", "parent_id": null, "name": "c", "topic": null, "type": kind,
        "creator_id": creator_id.to_string(), "alive": deleted_at.is_none(), "created_at": 1_000,
        "deleted_at": deleted_at, "deleted_by": null,
    });
    serde_json::from_value(truth).expect("it is one")
}

/// Ours, another's, one of ours that is gone, and a thread.
fn known() -> Known {
    let channels = vec![
        channel(11, ME, 0, None),
        channel(12, SOMEBODY, 0, None),
        channel(13, ME, 0, Some(2_000)),
        channel(14, ME, 11, None),
    ];
    Known::new(ME, channels)
}

fn audit(channels: usize, stage: &'static str, named: u64) -> Audit {
    let finding = AuditFinding {
        kind: "ghost",
        channel_id: Some(Id::new(named)),
        detail: String::new(),
        fix: "",
    };
    Audit {
        channels,
        channels_max: 500,
        ours: BTreeMap::from([(stage, 1)]),
        foreign: channels,
        foreign_marks: 0,
        note: None,
        findings: vec![finding],
    }
}

fn line(id: u64, stage: &'static str, evidence: &str) -> ChannelLine {
    ChannelLine {
        channel_id: Some(Id::new(id)),
        attempt: "a".to_owned(),
        stage,
        is_open: false,
        evidence: Some(evidence.to_owned()),
        age_seconds: 0,
        tries: 0,
        reason: None,
        request_id: "r".to_owned(),
    }
}

fn list(id: u64, stage: &'static str, evidence: &str) -> ChannelList {
    ChannelList {
        channels: vec![line(id, stage, evidence)],
        deletions_held: false,
    }
}

#[test]
fn an_audit_that_counts_otherwise_than_discord_is_noticed() {
    let known = known();
    let count = |channels, at_ms| {
        known
            .audited(&audit(channels, "kept", 11), at_ms, true)
            .len()
    };
    // At 1,500 there were three, at 2,500 two; at 2,000 nobody can say.
    let cases = [
        (3, 1_500, 0),
        (2, 1_500, 1),
        (4, 1_500, 1),
        (2, 2_500, 0),
        (3, 2_500, 1),
    ];
    for (channels, at_ms, wrong) in cases {
        assert_eq!(count(channels, Some(at_ms)), wrong, "{channels} at {at_ms}");
    }
    assert_eq!((count(2, Some(2_000)), count(3, Some(2_000))), (0, 0));
    let hidden = |channels| known.audited(&audit(channels, "kept", 11), Some(1_500), false);
    assert_eq!(
        (hidden(2).len(), hidden(4).len()),
        (0, 1),
        "one may be hidden, and none made up"
    );
    assert_eq!(count(7, None), 0, "nothing was told");
    assert_eq!(known.audited(&audit(7, "kept", 99), None, true).len(), 1);
    assert_eq!(known.audited(&audit(7, "live", 11), None, true).len(), 1);
    assert!(known.audited(&audit(7, "live", 11), None, false).is_empty());
}

#[test]
fn a_list_that_has_what_is_not_so_is_noticed() {
    let known = known();
    let wrong = |list: &ChannelList, at_rest| known.listed(list, &[13], at_rest).len();
    for (id, stage, evidence, expected) in [
        (11, "live", "E1", 0),
        (13, "gone", "E2", 0),
        (13, "gone", "operator:h", 0),
        (99, "live", "E1", 1),
        (12, "parked", "E2", 1),
        (11, "gone", "operator:h", 1),
    ] {
        assert_eq!(
            wrong(&list(id, stage, evidence), false),
            expected,
            "{id} {evidence}"
        );
    }
    assert_eq!(wrong(&list(11, "gone", "E1"), true), 1);
    assert_eq!(
        wrong(&list(11, "gone", "E1"), false),
        0,
        "a replica may have said so"
    );
}

#[test]
fn a_sweep_that_is_to_delete_anothers_is_noticed() {
    let known = known();
    let plan = |id, marked| SweepPlan {
        owed: vec![line(id, "condemned", "E1")],
        marked: vec![(Id::new(marked), "c".to_owned())],
        looked_up: Vec::new(),
        staying: Vec::new(),
        note: None,
        deletions_held: false,
    };
    for (id, marked, left, expected) in [
        (11, 12, 13, 0),
        (12, 12, 13, 1),
        (99, 12, 13, 1),
        (11, 99, 98, 2),
    ] {
        assert_eq!(
            known.swept(&plan(id, marked), [left]).len(),
            expected,
            "{id} {marked} {left}"
        );
    }
}
