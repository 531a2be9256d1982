//! What is asked of the forgetting.

use serde_json::json;

use super::scene::{
    ALL, HERE, THERE, at_ms, clean, commit, content, created, gap, holds, id, message, news,
    partial, prune, records, see, told,
};
use crate::{
    Batch, Consumers, GapQuery, GapReason, Inbox, MessageLog, MessageQuery, Retention, Sight,
};

/// Nothing is kept.
const NOTHING: Retention = Retention {
    before_ms: u64::MAX,
    ..ALL
};

/// What was told since this message was made is kept.
const fn since(number: u64) -> Retention {
    Retention {
        before_ms: at_ms(number),
        ..ALL
    }
}

async fn contents(record: &impl MessageLog) -> Vec<String> {
    let query = MessageQuery {
        channel_id: Some(HERE),
        after: None,
        before: None,
        limit: 100,
        with_deleted: true,
    };
    let found = record.messages(query).await.expect("messages can be read");
    let json = |json: Option<Box<_>>| json.as_deref().map_or("-".to_owned(), content);
    found.into_iter().map(|logged| json(logged.json)).collect()
}

async fn gaps(record: &impl MessageLog) -> usize {
    let query = GapQuery {
        limit: 100,
        ..GapQuery::default()
    };
    record.gaps(query).await.expect("gaps can be read").len()
}

pub(super) async fn what_was_told_long_ago_goes<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    see(&record, HERE, (10..15).map(created)).await;
    // Old, and told now, as a channel's history is: it stays as long as its neighbours do.
    see(&record, HERE, [created(1)]).await;
    assert_eq!(prune(&record, ALL).await, 0);
    assert_eq!(prune(&record, since(10)).await, 0);
    assert_eq!(prune(&record, since(12)).await, 2);
    let record = reopened(record).await;
    assert_eq!(
        told(&record, 0, &[], 100).await,
        ["3 c 12 m12", "4 c 13 m13", "5 c 14 m14", "6 c 1 m1"]
    );
    assert_eq!(contents(&record).await, ["m1", "m12", "m13", "m14"]);
    assert_eq!(holds(&record, [10, 11, 12]).await, [false, false, true]);
    // What is seen again is new again.
    see(&record, HERE, [Sight::Read(message(11, "m11", 0))]).await;
    assert_eq!(news(&record, 6).await, ["c 11 m11"]);
    // The watermark tells the time as well.
    let batch = Batch {
        watermark_ms: Some(at_ms(20)),
        ..Batch::default()
    };
    commit(&record, batch).await;
    see(&record, HERE, [created(2)]).await;
    assert_eq!(prune(&record, since(20)).await, 5);
    assert_eq!(news(&record, 0).await, ["c 2 m2"]);
}

pub(super) async fn what_names_a_time_that_has_not_come_ages_nothing<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    let batch = Batch {
        records: records(HERE, [created(9_000), created(2)]),
        latest_ms: Some(at_ms(10)),
        ..Batch::default()
    };
    commit(&record, batch).await;
    assert_eq!(
        prune(&record, since(2)).await,
        1,
        "told before anything else"
    );
    see(&record, HERE, [created(11)]).await;
    assert_eq!(prune(&record, since(11)).await, 1);
    assert_eq!(news(&record, 0).await, ["c 11 m11"]);
}

pub(super) async fn the_oldest_go_when_it_is_too_much<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let sized = |number| Sight::Created(message(number, &"x".repeat(1_000), 0));
    let one = message(1, &"x".repeat(1_000), 0).json.get().len() as u64;
    let keep = |messages| Retention {
        bytes_max: messages * one,
        ..ALL
    };
    see(&record, HERE, (1..=1_000).map(sized)).await;
    let deleted = [Sight::Deleted(id(1_000)), Sight::Deleted(id(2_000))];
    see(&record, HERE, deleted).await;
    assert_eq!(prune(&record, keep(1_000)).await, 0);
    assert_eq!(prune(&record, keep(10)).await, 990);
    let record = reopened(record).await;
    assert_eq!(prune(&record, keep(10)).await, 0);
    assert_eq!(holds(&record, [990, 991, 1_000]).await, [false, true, true]);
    see(&record, HERE, (3_001..=3_005).map(sized)).await;
    assert_eq!(prune(&record, keep(10)).await, 5);
    // What takes no room goes when something younger has to.
    assert_eq!(prune(&record, keep(4)).await, 5 + 2 + 1);
    assert_eq!(prune(&record, keep(0)).await, 4);
    assert_eq!(news(&record, 0).await, [""; 0]);
    assert_eq!(contents(&record).await, [""; 0]);
}

pub(super) async fn a_message_stays_as_long_as_the_last_entry_about_it<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    see(&record, HERE, (1..=4).map(created)).await;
    let embeds = partial(&json!({"id": id(1), "embeds": []}));
    see(&record, HERE, [Sight::Updated(embeds)]).await;
    see(&record, HERE, [created(10)]).await;
    let later = [
        Sight::Updated(message(2, "edited", 1)),
        Sight::Deleted(id(3)),
        Sight::Missed(id(4), 0),
    ];
    see(&record, HERE, later).await;
    assert_eq!(prune(&record, since(10)).await, 4);
    assert_eq!(contents(&record).await, ["edited", "m3", "m4", "m10"]);
    // What is left of them is what it was.
    let some =
        json!({"id": id(4), "content": "back", "edited_timestamp": "2026-01-01T00:00:01+00:00"});
    let sights = [
        Sight::Read(message(3, "m3", 0)),
        Sight::Updated(partial(&some)),
        Sight::Created(message(2, "m2", 0)),
    ];
    let before = see(&record, HERE, []).await.newest;
    see(&record, HERE, sights).await;
    assert_eq!(news(&record, before).await, ["u 4 back"]);
    see(&record, HERE, [created(20)]).await;
    assert_eq!(prune(&record, since(20)).await, 5);
    assert_eq!(contents(&record).await, ["m20"]);
}

pub(super) async fn the_youngest_message_of_a_watched_channel_stays_held<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let batch = |channels, closed| Batch {
        channels,
        closed,
        ..Batch::default()
    };
    commit(&record, batch(vec![clean(HERE)], vec![])).await;
    see(&record, HERE, [created(2), created(3), created(1)]).await;
    see(&record, THERE, [created(4)]).await;
    assert_eq!(prune(&record, NOTHING).await, 4);
    let record = reopened(record).await;
    let held = holds(&record, 1..=4).await;
    assert_eq!(held, [false, false, true, false], "of a watched channel");
    // Written again, as it is when something about it changes.
    commit(&record, batch(vec![clean(HERE)], vec![])).await;
    assert_eq!(holds(&record, [3]).await, [true]);
    see(&record, HERE, [created(5)]).await;
    assert_eq!(holds(&record, [3, 5]).await, [true, true]);
    assert_eq!(prune(&record, NOTHING).await, 1);
    assert_eq!(holds(&record, [3, 5]).await, [false, true]);
    commit(&record, batch(vec![], vec![HERE])).await;
    assert_eq!(holds(&record, [5]).await, [false]);
}

pub(super) async fn nothing_below_what_was_dropped_is_recent<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    let channels = vec![clean(HERE)];
    let batch = Batch {
        channels,
        ..Batch::default()
    };
    commit(&record, batch).await;
    see(&record, HERE, (1..=3).map(created)).await;
    see(&record, HERE, [created(10)]).await;
    see(&record, HERE, [Sight::Updated(message(1, "edited", 1))]).await;
    assert_eq!(prune(&record, since(3)).await, 2);
    // Whoever reads from the first on comes across the second.
    assert_eq!(contents(&record).await, ["edited", "m3", "m10"]);
    let recent = record.recent(HERE, 100).await;
    assert_eq!(recent.expect("it can be asked"), [id(3), id(10)]);
}

pub(super) async fn a_consumer_that_loses_entries_is_told_a_gap_in_their_place<
    S: Inbox + MessageLog + Consumers,
>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    let open = async |name, start| record.open(name, start).await.expect("it can be opened");
    see(&record, HERE, (1..=3).map(created)).await;
    assert_eq!(prune(&record, since(3)).await, 2);
    assert_eq!(news(&record, 0).await, ["c 3 m3"], "nobody has lost it");
    open("behind", Some(0)).await;
    see(&record, THERE, (101..=500).map(created)).await;
    open("ahead", None).await;
    see(&record, HERE, (501..=900).map(created)).await;
    see(&record, THERE, [created(901), created(902)]).await;
    let all = told(&record, 0, &[], 100).await;
    assert_eq!(prune(&record, since(901)).await, 1 + 400 + 400);
    let left = [
        "403 gap 101..500 expired",
        "803 gap 3..900 expired",
        "804 c 901 m901",
        "805 c 902 m902",
    ];
    assert_eq!(told(&record, 0, &[], 100).await, left);
    assert_eq!(all.last().map(String::as_str), left.last().copied());
    assert_eq!(told(&record, 403, &[], 100).await, left[1..], "of the rest");
    assert_eq!(gaps(&record).await, 2);
    // It goes on, and loses more of one channel than it was told: that is one gap again.
    assert_eq!(prune(&record, since(902)).await, 1);
    let left = [
        "803 gap 3..900 expired",
        "804 gap 101..901 expired",
        "805 c 902 m902",
    ];
    assert_eq!(told(&record, 0, &[], 100).await, left);
    // Both have passed it: what is lost then is another gap.
    for name in ["behind", "ahead"] {
        let moved = record.acknowledge(name, 804).await;
        moved.expect("it can be moved");
    }
    see(&record, HERE, [created(1_000)]).await;
    assert_eq!(prune(&record, since(1_000)).await, 1 + 2);
    let left = ["805 gap 902..902 expired", "806 c 1000 m1000"];
    assert_eq!(told(&record, 0, &[], 100).await, left);
}

pub(super) async fn gaps_stay_until_they_are_old_and_passed<S: Inbox + MessageLog + Consumers>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    record.open("a", None).await.expect("it can be opened");
    see(&record, HERE, [created(1)]).await;
    let batch = Batch {
        gaps: vec![gap(HERE, Some(2), GapReason::Refused)],
        ..Batch::default()
    };
    commit(&record, batch.clone()).await;
    see(&record, THERE, [created(9)]).await;
    assert_eq!(prune(&record, since(9)).await, 1, "it is not passed");
    assert_eq!(gaps(&record).await, 2);
    let moved = record.acknowledge("a", 3).await;
    moved.expect("it can be moved");
    assert_eq!(prune(&record, since(1)).await, 0, "it is not old");
    assert_eq!(prune(&record, since(9)).await, 1, "the other is of now");
    assert_eq!(gaps(&record).await, 1);
    assert_eq!(commit(&record, batch).await.entries, 1, "it is new again");
}

pub(super) async fn sequences_are_not_used_twice<S: Inbox + MessageLog + Consumers>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let mut record = fresh().await;
    for round in 1..=3 {
        let newest = see(&record, HERE, [created(round)]).await.newest;
        assert_eq!(newest, round);
        assert_eq!(prune(&record, NOTHING).await, 1);
        record = reopened(record).await;
    }
    let consumer = record.open("new", None).await;
    let consumer = consumer.expect("it can be opened");
    assert_eq!(consumer.acknowledged, 3, "behind all there ever was");
    let empty = commit(&record, Batch::default()).await;
    assert_eq!((empty.newest, empty.entries), (3, 0));
}
