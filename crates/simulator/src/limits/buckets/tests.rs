//! Which bucket, which limit, which scope.

use super::*;
use crate::fault::Scope;

const NOW_MS: u64 = 1_800_000_000_000;

fn limits() -> Limits {
    Limits::new(&LimitsConfig {
        enabled: true,
        ..LimitsConfig::default()
    })
}

fn subject(route: &'static str) -> Subject {
    Subject {
        actor: 1,
        route,
        resource: 2,
        ..Subject::default()
    }
}

/// A message that was written so long ago.
fn message(age_ms: u64) -> u64 {
    (NOW_MS - age_ms - DISCORD_EPOCH_MS) << 22
}

fn bucket(admission: Admission) -> BucketState {
    match admission {
        Admission::Admitted(Some(bucket)) => bucket,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_deletion_takes_its_bucket_by_the_messages_age() {
    let limits = limits();
    let day_ms = 86_400_000;
    let table = [(0, 5), (11_000, 3), (13 * day_ms, 3), (15 * day_ms, 30)];
    let mut hashes = std::collections::BTreeSet::new();
    for (age_ms, limit) in table {
        let message_id = Some(message(age_ms));
        let subject = Subject {
            message_id,
            ..subject(table::DELETE_MESSAGE)
        };
        let bucket = bucket(limits.admit(NOW_MS, &subject));
        assert_eq!(bucket.limit, limit, "{age_ms} ms old");
        hashes.insert(bucket.hash);
    }
    assert_eq!(hashes.len(), 3);
}

#[test]
fn edits_of_old_messages_have_a_limit_of_their_own() {
    let limits = limits();
    let message_id = Some(message(3_700_000));
    let old = Subject {
        message_id,
        ..subject(table::EDIT_MESSAGE)
    };
    for _ in 0..3 {
        bucket(limits.admit(NOW_MS, &old));
    }
    let Admission::Refused(refusal) = limits.admit(NOW_MS, &old) else {
        panic!("admitted")
    };
    assert_eq!(refusal.code, Some(30_046));
    let fresh = Subject {
        message_id: Some(message(1)),
        ..old
    };
    bucket(limits.admit(NOW_MS, &fresh));
}

#[test]
fn webhooks_are_outside_the_global_limit() {
    let limits = limits();
    let hook = |resource| Subject {
        actor: 0,
        resource,
        ..subject("POST /webhooks/{webhook_id}/{webhook_token}")
    };
    for resource in 0..200 {
        bucket(limits.admit(NOW_MS, &hook(resource)));
    }
}

#[test]
fn deleting_channels_has_no_bucket_but_the_global_one() {
    let limits = limits();
    for _ in 0..50 {
        let admission = limits.admit(NOW_MS, &subject("DELETE /channels/{channel_id}"));
        assert!(
            matches!(admission, Admission::Admitted(None)),
            "{admission:?}"
        );
    }
    let refused = limits.admit(NOW_MS, &subject("DELETE /channels/{channel_id}"));
    assert!(matches!(
        refused,
        Admission::Refused(Refusal {
            scope: Scope::Global,
            ..
        })
    ));
}

#[test]
fn a_configured_route_overrides_the_table() {
    let route = "DELETE /channels/{channel_id}";
    let routes = [(route.to_owned(), WindowLimit::new(1, 100))].into();
    let config = LimitsConfig {
        enabled: true,
        routes,
        ..LimitsConfig::default()
    };
    let limits = Limits::new(&config);
    assert_eq!(bucket(limits.admit(NOW_MS, &subject(route))).remaining, 0);
    assert!(matches!(
        limits.admit(NOW_MS, &subject(route)),
        Admission::Refused(_)
    ));
    assert_eq!(bucket(limits.admit(NOW_MS + 100, &subject(route))).limit, 1);
}
