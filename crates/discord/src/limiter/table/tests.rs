use std::time::Duration;

use twilight_model::id::Id;

use super::*;
use crate::limiter::{route::Resource, share::Share};

fn post(channel: u64) -> Route {
    Route {
        name: "POST /channels/{channel_id}/messages",
        resource: Resource::Channel(Id::new(channel)),
        share: Share::Conversation,
    }
}

fn named(bucket: &str) -> Ending {
    let told = Told {
        bucket: BucketId::named(bucket),
        limit: 5,
        remaining: 4,
        reset_after: Duration::from_secs(5),
        window_ms: 1000,
    };
    Ending::Answered {
        told: Some(told),
        limited: None,
        invalid: false,
    }
}

fn answered(limit: u32, remaining: u32, window_ms: u64) -> Ending {
    let told = Told {
        bucket: BucketId::named("messages"),
        limit,
        remaining,
        reset_after: Duration::from_secs(5),
        window_ms,
    };
    Ending::Answered {
        told: Some(told),
        limited: None,
        invalid: false,
    }
}

fn limited(scope: Scope, seconds: u64) -> Ending {
    let wait = Duration::from_secs(seconds);
    let invalid = scope != Scope::Shared;
    Ending::Answered {
        told: None,
        limited: Some(Limited { scope, wait }),
        invalid,
    }
}

#[tokio::test(start_paused = true)]
async fn channels_share_a_bucket_but_not_its_count() {
    let now = Instant::now();
    let mut table = Table::new(1000, now);
    let key = table.admit(post(1), now).unwrap();
    table.end(post(1), key, answered(5, 0, 1000), now);
    assert!(matches!(
        table.admit(post(1), now),
        Err(Gate::Bucket(Closed::Until(_), _))
    ));
    // The other channel is open, and its limit is known already.
    for _ in 0..5 {
        table.admit(post(2), now).unwrap();
    }
    assert!(matches!(
        table.admit(post(2), now),
        Err(Gate::Bucket(Closed::UntilAnswer, _))
    ));
}

#[tokio::test(start_paused = true)]
async fn a_closed_door_stays_closed_when_its_bucket_gets_another_name() {
    // How: channel 1 is told to wait; an answer about channel 2 then names the bucket, and another
    // one names it anew.
    let now = Instant::now();
    let mut table = Table::new(1000, now);
    let keys = [1, 2, 2].map(|channel| (channel, table.admit(post(channel), now).unwrap()));
    table.end(post(1), keys[0].1, limited(Scope::Bucket, 60), now);
    for ((channel, key), name) in keys.into_iter().skip(1).zip(["messages", "others"]) {
        table.end(post(channel), key, named(name), now);
        let gate = table.admit(post(1), now + Duration::from_secs(50));
        assert!(
            matches!(gate, Err(Gate::Bucket(Closed::Until(_), _))),
            "{name}: {gate:?}"
        );
    }
    assert!(table.admit(post(1), now + Duration::from_secs(61)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn requests_that_left_before_the_bucket_had_a_name_count_in_it() {
    let now = Instant::now();
    let mut table = Table::new(1000, now);
    let early: Vec<Key> = (0..4).map(|_| table.admit(post(1), now).unwrap()).collect();
    let elsewhere = table.admit(post(2), now).unwrap();
    table.end(post(1), early[0], answered(5, 4, 1000), now);
    // Three are in flight: one more fits into what remains.
    let fifth = table.admit(post(1), now).unwrap();
    assert!(table.admit(post(1), now).is_err());
    // In the other channel too, though it has not heard of the name yet.
    for _ in 0..4 {
        table.admit(post(2), now).unwrap();
    }
    assert!(table.admit(post(2), now).is_err());
    for (remaining, key) in [(3, early[1]), (2, early[2]), (1, early[3]), (0, fifth)] {
        table.end(post(1), key, answered(5, remaining, 1000), now);
        assert!(table.admit(post(1), now).is_err());
    }
    table.end(post(2), elsewhere, answered(5, 4, 1000), now);
    assert!(table.admit(post(2), now).is_err());
    let later = now + Duration::from_secs(6);
    for _ in 0..5 {
        table.admit(post(1), later).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_429_closes_one_channel_and_a_global_one_closes_all() {
    let now = Instant::now();
    let mut table = Table::new(1000, now);
    let key = table.admit(post(1), now).unwrap();
    table.end(post(1), key, limited(Scope::Shared, 3), now);
    assert!(matches!(table.admit(post(1), now), Err(Gate::Bucket(..))));
    let key = table.admit(post(2), now).unwrap();
    table.end(post(2), key, limited(Scope::Global, 2), now);
    assert!(matches!(table.admit(post(3), now), Err(Gate::Global(_))));
    let later = now + Duration::from_millis(2100);
    table.admit(post(3), later).unwrap();
    assert!(matches!(table.admit(post(1), later), Err(Gate::Bucket(..))));
}

#[tokio::test(start_paused = true)]
async fn the_invalid_budget_closes_everything() {
    let now = Instant::now();
    let mut table = Table::new(u16::MAX, now);
    let mut spent = 0;
    for channel in 1..=crate::limits::INVALID_MAX {
        let route = post(u64::from(channel));
        let key = table.admit(route, now).unwrap();
        spent += u32::from(table.end(route, key, limited(Scope::Bucket, 1), now));
    }
    assert_eq!(spent, 1);
    assert!(matches!(
        table.admit(post(1_000_000), now),
        Err(Gate::Invalid(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn channels_that_are_gone_are_forgotten() {
    let mut now = Instant::now();
    let mut table = Table::new(u16::MAX, now);
    let mut largest = 0;
    for channel in 1..20_000 {
        let key = table.admit(post(channel), now).unwrap();
        table.end(
            post(channel),
            key,
            answered(5, 4, 1000 + channel * 100),
            now,
        );
        now += Duration::from_millis(100);
        largest = largest.max(table.slots.len());
    }
    assert!(largest <= 2 * BUCKETS_SWEPT_AT, "{largest}");
}
