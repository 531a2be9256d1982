//! What is asked of the positions of consumers.

use super::scene::{HERE, created, see};
use crate::{ATTEMPTS_MAX, Consumer, ConsumerError, Consumers, FailedEntry, Inbox};

const NAME: &str = "archive äöü '\"";

fn at(name: &str, acknowledged: u64) -> Consumer {
    Consumer {
        name: name.to_owned(),
        acknowledged,
        dead_letters: 0,
    }
}

async fn open(record: &impl Consumers, name: &str, start: Option<u64>) -> Consumer {
    let opened = record.open(name, start).await;
    opened.expect("a consumer can be opened")
}

pub(super) async fn a_position_outlives_the_process<S: Inbox + Consumers>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let early = open(&record, "early", None).await;
    assert_eq!(early, at("early", 0), "nothing is there yet");
    see(&record, HERE, (1..=5).map(created)).await;
    assert_eq!(open(&record, NAME, Some(2)).await, at(NAME, 2));
    assert_eq!(open(&record, "new", None).await, at("new", 5));
    assert_eq!(open(&record, "all", Some(0)).await, at("all", 0));
    let ahead = open(&record, "ahead", Some(99)).await;
    assert_eq!(ahead, at("ahead", 5), "no further than there is");
    let moved = record.acknowledge(NAME, 4).await;
    assert_eq!(moved.expect("it can be moved"), at(NAME, 4));
    let record = reopened(record).await;
    let again = open(&record, NAME, Some(1)).await;
    assert_eq!(again, at(NAME, 4), "where it was, whatever is asked for");
    let all = record.list().await.expect("consumers can be listed");
    let expected = [
        at("ahead", 5),
        at("all", 0),
        at(NAME, 4),
        at("early", 0),
        at("new", 5),
    ];
    assert_eq!(all, expected);
}

pub(super) async fn a_position_only_moves_forward_and_not_into_the_future<S: Inbox + Consumers>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    see(&record, HERE, (1..=5).map(created)).await;
    let unknown = record.acknowledge(NAME, 1).await;
    assert!(matches!(unknown, Err(ConsumerError::Unknown)));
    open(&record, NAME, Some(0)).await;
    for (to, expected) in [(3, 3), (3, 3), (1, 3), (0, 3), (5, 5)] {
        let moved = record.acknowledge(NAME, to).await;
        assert_eq!(moved.expect("it can be moved"), at(NAME, expected));
        for future in [6, u64::MAX] {
            let future = record.acknowledge(NAME, future).await;
            assert!(matches!(future, Err(ConsumerError::Future { newest: 5 })));
        }
    }
    assert_eq!(open(&record, NAME, None).await, at(NAME, 5));
}

pub(super) async fn an_entry_that_fails_too_often_is_a_dead_letter<S: Inbox + Consumers>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let mut record = fresh().await;
    see(&record, HERE, (1..=5).map(created)).await;
    let unknown = record.fail(NAME, 1, "why").await;
    assert!(matches!(unknown, Err(ConsumerError::Unknown)));
    open(&record, NAME, Some(1)).await;
    open(&record, "other", Some(0)).await;
    for attempts in 1..=ATTEMPTS_MAX {
        // A neighbour's attempts are its own.
        let other = record.fail("other", 2, "why").await;
        assert_eq!(other.expect("it can be told").attempts, attempts);
        let failed = record.fail(NAME, 2, "why, äöü '\"").await;
        let is_dead = attempts == ATTEMPTS_MAX;
        let consumer = Consumer {
            acknowledged: 1 + u64::from(is_dead),
            dead_letters: u64::from(is_dead),
            ..at(NAME, 0)
        };
        let expected = FailedEntry {
            attempts,
            is_dead,
            consumer: consumer.clone(),
        };
        assert_eq!(failed.expect("it can be told"), expected);
        record = reopened(record).await;
        assert_eq!(open(&record, NAME, None).await, consumer);
    }
    for past in [1, 2] {
        let past = record.fail(NAME, past, "why").await;
        assert!(matches!(past, Err(ConsumerError::Past { acknowledged: 2 })));
    }
    let future = record.fail(NAME, 6, "why").await;
    assert!(matches!(future, Err(ConsumerError::Future { newest: 5 })));
    // The next entry has all its attempts, and one that was dealt with at last is no dead letter.
    for sequence in [3, 4] {
        let failed = record.fail(NAME, sequence, "why").await;
        assert_eq!(failed.expect("it can be told").attempts, 1);
        let moved = record.acknowledge(NAME, sequence).await;
        assert_eq!(moved.expect("it can be moved").dead_letters, 1);
    }
}

pub(super) async fn what_is_forgotten_begins_anew<S: Inbox + Consumers>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    see(&record, HERE, (1..=5).map(created)).await;
    open(&record, NAME, Some(1)).await;
    for _ in 0..ATTEMPTS_MAX {
        record.fail(NAME, 2, "why").await.expect("it can be told");
    }
    record.fail(NAME, 3, "why").await.expect("it can be told");
    for was_there in [true, false] {
        let forgotten = record.forget(NAME).await;
        assert_eq!(forgotten.expect("it can be forgotten"), was_there);
    }
    assert_eq!(record.list().await.expect("consumers can be listed"), []);
    assert_eq!(open(&record, NAME, Some(0)).await, at(NAME, 0));
    let failed = record.fail(NAME, 3, "why").await;
    assert_eq!(failed.expect("it can be told").attempts, 1);
}
