//! Tables of the hub: who gets what, and what happens to whoever does not take it.

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{json, value::to_raw_value};
use tokio::time::advance;

use super::*;
use crate::{
    Delivery, Dispatch, LapseReason,
    limits::{QUEUE_BYTES_MAX, QUEUE_DELIVERIES_MAX, TAP_BYTES_MAX, TAP_DELIVERIES_MAX},
};

fn dispatch(name: &str, channel: u64, sequence: u64) -> Dispatch {
    dispatch_of(name, channel, sequence, 10)
}

fn dispatch_of(name: &str, channel: u64, sequence: u64, size: usize) -> Dispatch {
    Dispatch {
        name: name.into(),
        sequence,
        shard: 0,
        guild_id: None,
        channel_id: Id::new_checked(channel),
        data: to_raw_value(&json!("x".repeat(size))).unwrap(),
    }
}

/// What waits: sequences, and the reasons of lapses. Nothing else may.
fn waiting(subscription: &mut Subscription) -> Vec<Result<u64, LapseReason>> {
    std::iter::from_fn(|| subscription.next().now_or_never().flatten())
        .map(|delivery| match delivery {
            Delivery::Dispatch(dispatch) => Ok(dispatch.sequence),
            Delivery::Lapse(lapse) => Err(lapse.reason),
            Delivery::Acknowledged(_) => panic!("only taps are told"),
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn everybody_gets_what_they_asked_for_in_order() {
    let (hub, feed) = Hub::new();
    let mut five = hub.subscribe(Id::new(5));
    let mut five_again = hub.clone().subscribe(Id::new(5));
    let mut deletions = hub.watch(&["CHANNEL_DELETE", "THREAD_DELETE"]);
    let events = [
        ("MESSAGE_CREATE", 5),
        ("MESSAGE_CREATE", 6),
        ("CHANNEL_DELETE", 6),
        ("CHANNEL_DELETE", 5),
        ("THREAD_DELETE", 0),
    ];
    for (sequence, (name, channel)) in (1..).zip(events) {
        feed.publish(dispatch(name, channel, sequence));
    }
    assert_eq!(waiting(&mut five), [Ok(1), Ok(4)]);
    assert_eq!(waiting(&mut five_again), [Ok(1), Ok(4)]);
    assert_eq!(waiting(&mut deletions), [Ok(3), Ok(4), Ok(5)]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_subscription_leaves_nothing_behind() {
    let (hub, feed) = Hub::new();
    let kept = hub.subscribe(Id::new(5));
    drop(hub.subscribe(Id::new(5)));
    drop(hub.subscribe(Id::new(6)));
    drop(hub.watch(&["CHANNEL_DELETE", "CHANNEL_DELETE"]));
    assert!(feed.is_wanted(Id::new_checked(5), "MESSAGE_CREATE"));
    assert!(!feed.is_wanted(Id::new_checked(6), "CHANNEL_DELETE"));
    drop(kept);
    assert!(hub.shared.table.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_tap_is_told_what_was_acknowledged_and_nobody_else_is() {
    let (hub, feed) = Hub::new();
    let mut tap = hub.tap(&["MESSAGE_CREATE"]);
    let mut nameless = hub.tap(&[]);
    let mut others = [hub.subscribe(Id::new(5)), hub.watch(&["MESSAGE_CREATE"])];
    let sent = Instant::now();
    advance(Duration::from_millis(80)).await;
    feed.publish(dispatch("MESSAGE_CREATE", 5, 1));
    feed.acknowledge(sent);
    feed.publish(dispatch("MESSAGE_CREATE", 5, 2));
    feed.lapse(LapseReason::Undecodable, sent);
    for other in &mut others {
        assert_eq!(
            waiting(other),
            [Ok(1), Ok(2), Err(LapseReason::Undecodable)]
        );
    }
    let mut all = || tap.next().now_or_never().flatten();
    assert!(matches!(all(), Some(Delivery::Dispatch(dispatch)) if dispatch.sequence == 1));
    assert!(matches!(all(), Some(Delivery::Acknowledged(told)) if told.sent == sent));
    assert!(matches!(all(), Some(Delivery::Dispatch(dispatch)) if dispatch.sequence == 2));
    assert!(matches!(all(), Some(Delivery::Lapse(_))));
    let mut all = || nameless.next().now_or_never().flatten();
    assert!(matches!(all(), Some(Delivery::Acknowledged(_))));
    assert!(matches!(all(), Some(Delivery::Lapse(_))));
    drop((tap, nameless, others));
    assert!(hub.shared.table.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_acknowledgements_with_nothing_between_them_the_last_one_is_kept() {
    let (hub, feed) = Hub::new();
    let mut tap = hub.tap(&["MESSAGE_CREATE"]);
    for _ in 0..=TAP_DELIVERIES_MAX {
        advance(Duration::from_secs(41)).await;
        feed.acknowledge(Instant::now());
    }
    let Some(Delivery::Acknowledged(told)) = tap.next().await else {
        panic!("not an acknowledgement")
    };
    assert_eq!(told.sent, Instant::now());
    assert!(tap.next().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_tap_has_room_for_a_replay_and_an_end_all_the_same() {
    let (hub, feed) = Hub::new();
    let mut tap = hub.tap(&["MESSAGE_CREATE"]);
    let most = u64::try_from(TAP_DELIVERIES_MAX).unwrap();
    for sequence in 1..=most {
        feed.publish(dispatch("MESSAGE_CREATE", 5, sequence));
    }
    let all = waiting(&mut tap);
    assert_eq!(all.len(), TAP_DELIVERIES_MAX);
    assert!(all.iter().all(Result::is_ok));
    for sequence in 0..=most {
        feed.publish(dispatch("MESSAGE_CREATE", 5, sequence));
    }
    assert_eq!(waiting(&mut tap), [Err(LapseReason::SlowReader), Ok(most)]);
    for sequence in 1..=3 {
        feed.publish(dispatch_of(
            "MESSAGE_CREATE",
            5,
            sequence,
            TAP_BYTES_MAX / 2,
        ));
    }
    assert_eq!(waiting(&mut tap), [Err(LapseReason::SlowReader), Ok(3)]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_loses_its_queue_and_is_told() {
    let (hub, feed) = Hub::new();
    let mut slow = hub.subscribe(Id::new(5));
    let since = Instant::now();
    let most = u64::try_from(QUEUE_DELIVERIES_MAX).unwrap();
    for sequence in 0..=most {
        advance(Duration::from_millis(1)).await;
        feed.publish(dispatch("MESSAGE_CREATE", 5, sequence));
    }
    let Some(Delivery::Lapse(lapse)) = slow.next().await else {
        panic!("no lapse")
    };
    assert_eq!(lapse.reason, LapseReason::SlowReader);
    assert_eq!((lapse.since, lapse.at), (since, Instant::now()));
    assert_eq!(waiting(&mut slow), [Ok(most)], "what came after it is kept");
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_bounded_in_bytes_and_takes_one_event_of_any_size() {
    let (hub, feed) = Hub::new();
    let mut reader = hub.subscribe(Id::new(5));
    for sequence in 1..=3 {
        feed.publish(dispatch_of(
            "MESSAGE_CREATE",
            5,
            sequence,
            QUEUE_BYTES_MAX / 2,
        ));
    }
    assert_eq!(waiting(&mut reader), [Err(LapseReason::SlowReader), Ok(3)]);
    feed.publish(dispatch_of("MESSAGE_CREATE", 5, 4, QUEUE_BYTES_MAX * 2));
    assert_eq!(waiting(&mut reader), [Ok(4)]);
    for sequence in 5..=100 {
        feed.publish(dispatch_of(
            "MESSAGE_CREATE",
            5,
            sequence,
            QUEUE_BYTES_MAX / 8,
        ));
        assert_eq!(
            waiting(&mut reader),
            [Ok(sequence)],
            "taking frees the space"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn lapses_without_an_event_between_them_are_one() {
    let (hub, feed) = Hub::new();
    let mut reader = hub.subscribe(Id::new(5));
    let since = Instant::now();
    feed.lapse(LapseReason::NewSession, since);
    advance(Duration::from_secs(1)).await;
    feed.lapse(LapseReason::GuildReturned, Instant::now());
    let Some(Delivery::Lapse(lapse)) = reader.next().await else {
        panic!("no lapse")
    };
    assert_eq!((lapse.since, lapse.at), (since, Instant::now()));
    feed.lapse(LapseReason::Undecodable, since);
    feed.publish(dispatch("MESSAGE_CREATE", 5, 1));
    feed.lapse(LapseReason::NewSession, since);
    assert_eq!(
        waiting(&mut reader),
        [
            Err(LapseReason::Undecodable),
            Ok(1),
            Err(LapseReason::NewSession)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_waiting_reader_is_woken_by_events_and_by_the_end() {
    let (hub, feed) = Hub::new();
    let mut reader = hub.subscribe(Id::new(5));
    let publisher = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        feed.publish(dispatch("MESSAGE_CREATE", 5, 1));
        tokio::time::sleep(Duration::from_secs(1)).await;
        feed.publish(dispatch("MESSAGE_CREATE", 5, 2));
        drop(feed);
    };
    let read = async {
        let mut sequences = Vec::new();
        while let Some(Delivery::Dispatch(dispatch)) = reader.next().await {
            sequences.push(dispatch.sequence);
        }
        sequences
    };
    let (sequences, ()) = tokio::join!(read, publisher);
    assert_eq!(sequences, [1, 2]);
    assert!(hub.status().borrow().is_over());
    assert!(
        hub.subscribe(Id::new(5)).next().await.is_none(),
        "who comes too late waits for nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_wait_loses_no_event() {
    let (hub, feed) = Hub::new();
    let mut reader = hub.subscribe(Id::new(5));
    assert!(reader.next().now_or_never().is_none());
    feed.publish(dispatch("MESSAGE_CREATE", 5, 1));
    assert_eq!(waiting(&mut reader), [Ok(1)]);
}
