//! What is asked of dead letters.

use super::scene::{ALL, HERE, THERE, at_ms, commit, created, gap, id, prune, see, words};
use crate::{
    ATTEMPTS_MAX, Batch, ConsumerError, Consumers, DeadLetter, DeadLetterQuery, DeadLetters,
    GapReason, Inbox, MessageLog, REASON_CHARS_MAX, Retention, Sight,
};

const NAME: &str = "archive äöü '\"";

async fn open(record: &impl Consumers, name: &str) {
    let opened = record.open(name, Some(0)).await;
    opened.expect("a consumer can be opened");
}

/// Fails until there is a dead letter.
async fn give_up(record: &impl Consumers, name: &str, sequence: u64, reason: &str) {
    for attempts in 1..=ATTEMPTS_MAX {
        // What is said last counts.
        let reason = if attempts < ATTEMPTS_MAX { "?" } else { reason };
        let failed = record.fail(name, sequence, reason).await;
        assert_eq!(failed.expect("it can be told").attempts, attempts);
    }
}

/// Walks through all there are, a few at a time.
async fn letters(record: &impl DeadLetters, name: &str, limit: usize) -> Vec<DeadLetter> {
    let (mut after, mut letters) = (0, Vec::new());
    loop {
        let query = DeadLetterQuery { after, limit };
        let page = record.dead_letters(name, query).await;
        let page = page.expect("they can be read");
        assert!(page.len() <= limit, "at most as many as asked for");
        let Some(last) = page.last() else {
            return letters;
        };
        after = last.entry.sequence;
        letters.extend(page);
    }
}

async fn told(record: &impl DeadLetters, name: &str, limit: usize) -> Vec<String> {
    let letters = letters(record, name, limit).await.into_iter();
    let told = letters.map(|letter| {
        let (entry, reason) = (letter.entry, letter.reason);
        format!("{} {}: {reason}", entry.sequence, words(&entry.news))
    });
    told.collect()
}

pub(super) async fn they_tell_what_failed_how_often_why_and_when<
    S: Inbox + Consumers + DeadLetters,
>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let query = DeadLetterQuery { after: 0, limit: 9 };
    let unknown = record.dead_letters(NAME, query).await;
    assert!(matches!(unknown, Err(ConsumerError::Unknown)));
    see(&record, HERE, [created(1), created(2)]).await;
    see(&record, THERE, [created(3), Sight::Deleted(id(3))]).await;
    let gaps = vec![gap(HERE, Some(2), GapReason::Refused)];
    let batch = Batch {
        gaps,
        ..Batch::default()
    };
    commit(&record, batch).await;
    open(&record, NAME).await;
    open(&record, "other").await;
    assert_eq!(told(&record, NAME, 9).await, [""; 0]);
    give_up(&record, NAME, 1, "why, äöü '\"").await;
    give_up(&record, "other", 2, "").await;
    give_up(&record, NAME, 3, "\0\n").await;
    for sequence in [4, 5] {
        give_up(&record, NAME, sequence, "x").await;
    }
    let record = reopened(record).await;
    for limit in [1, 2, 4, 100] {
        let expected = [
            "1 c 1 m1: why, äöü '\"",
            "3 c 3 m3: \0\n",
            "4 d 3: x",
            "5 gap 2..12 refused: x",
        ];
        assert_eq!(told(&record, NAME, limit).await, expected);
        assert_eq!(told(&record, "other", limit).await, ["2 c 2 m2: "]);
    }
    for letter in letters(&record, NAME, 100).await {
        let channel_id = if matches!(letter.entry.sequence, 1 | 5) {
            HERE
        } else {
            THERE
        };
        assert_eq!(letter.entry.channel_id, channel_id);
        assert_eq!((letter.attempts, letter.at_ms), (ATTEMPTS_MAX, at_ms(3)));
    }
    // A reason may be a long text, and its beginning will do.
    see(&record, HERE, [created(9)]).await;
    give_up(&record, "other", 6, &"ä".repeat(REASON_CHARS_MAX + 1)).await;
    let last = letters(&record, "other", 100).await.pop();
    let last = last.expect("there are two");
    assert_eq!(last.reason, "ä".repeat(REASON_CHARS_MAX));
    assert_eq!(last.at_ms, at_ms(9));
}

pub(super) async fn one_that_is_discarded_is_gone_and_still_counted<
    S: Inbox + Consumers + DeadLetters,
>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let unknown = record.discard(NAME, 1).await;
    assert!(matches!(unknown, Err(ConsumerError::Unknown)));
    see(&record, HERE, (1..=3).map(created)).await;
    for name in [NAME, "other"] {
        open(&record, name).await;
        give_up(&record, name, 1, "x").await;
        give_up(&record, name, 2, "x").await;
    }
    for (sequence, was_there) in [(1, true), (1, false), (3, false), (u64::MAX, false)] {
        let discarded = record.discard(NAME, sequence).await;
        assert_eq!(discarded.expect("it can be discarded"), was_there);
    }
    let record = reopened(record).await;
    assert_eq!(told(&record, NAME, 9).await, ["2 c 2 m2: x"]);
    let others = ["1 c 1 m1: x", "2 c 2 m2: x"];
    assert_eq!(told(&record, "other", 9).await, others);
    let consumer = record.open(NAME, None).await.expect("it is there");
    assert_eq!((consumer.acknowledged, consumer.dead_letters), (2, 2));
    // Whoever begins anew has none.
    record.forget(NAME).await.expect("it can be forgotten");
    open(&record, NAME).await;
    assert_eq!(told(&record, NAME, 9).await, [""; 0]);
}

pub(super) async fn they_stay_as_long_as_their_entries<
    S: Inbox + MessageLog + Consumers + DeadLetters,
>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    let since = |number| Retention {
        before_ms: at_ms(number),
        ..ALL
    };
    see(&record, HERE, [created(1), created(2)]).await;
    let gaps = vec![gap(THERE, Some(2), GapReason::Refused)];
    let batch = Batch {
        gaps,
        ..Batch::default()
    };
    commit(&record, batch).await;
    open(&record, NAME).await;
    // It reads nothing, so a gap comes in the place of what is dropped: of the second message.
    open(&record, "behind").await;
    for sequence in 1..=3 {
        give_up(&record, NAME, sequence, "x").await;
    }
    see(&record, HERE, [created(9)]).await;
    give_up(&record, NAME, 4, "x").await;
    prune(&record, since(9)).await;
    let left = ["3 gap 2..12 refused: x", "4 c 9 m9: x"];
    assert_eq!(told(&record, NAME, 9).await, left);
    let moved = record.acknowledge("behind", 4).await;
    moved.expect("it can be moved");
    prune(&record, since(9)).await;
    assert_eq!(told(&record, NAME, 9).await, left[1..]);
    let consumer = record.open(NAME, None).await.expect("it is there");
    assert_eq!(consumer.dead_letters, 4);
}
