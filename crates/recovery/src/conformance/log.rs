//! What is asked of a message log: entries, messages and gaps.

use std::time::Duration;

use tokio::time::timeout;
use twilight_model::id::Id;

use super::scene::{HERE, THERE, commit, created, gap, id, message, see, told};
use crate::{Batch, EntryQuery, GapQuery, GapReason, Inbox, MessageLog, MessageQuery, Sight};

/// How long anybody waits for what is on record.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

pub(super) async fn entries_are_walked_in_order_each_once<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let all = EntryQuery {
        after: 7,
        channels: vec![],
        limit: 10,
    };
    let none = record.entries(all.clone()).await;
    let none = none.expect("an empty record can be read");
    assert_eq!((none.entries.len(), none.through, none.newest), (0, 7, 0));
    see(&record, HERE, [created(1), created(3)]).await;
    see(&record, THERE, [created(2)]).await;
    let batch = Batch {
        gaps: vec![gap(HERE, Some(4), GapReason::Tie)],
        ..Batch::default()
    };
    commit(&record, batch).await;
    see(&record, HERE, [Sight::Updated(message(1, "x", 1))]).await;
    let expected = [
        "1 c 1 m1",
        "2 c 3 m3",
        "3 c 2 m2",
        "4 gap 4..14 tie",
        "5 u 1 x",
    ];
    let record = reopened(record).await;
    for limit in 1..=6 {
        assert_eq!(told(&record, 0, &[], limit).await, expected);
        assert_eq!(told(&record, 2, &[], limit).await, expected[2..]);
        let here = told(&record, 0, &[HERE], limit).await;
        assert_eq!(here, [expected[0], expected[1], expected[3], expected[4]]);
        let both = told(&record, 1, &[THERE, Id::new(5), HERE], limit).await;
        assert_eq!(both, expected[1..]);
    }
    let first = EntryQuery {
        after: 0,
        limit: 2,
        ..all.clone()
    };
    let page = record.entries(first).await.expect("entries can be read");
    assert_eq!((page.through, page.newest), (2, 5));
    let nothing = EntryQuery {
        after: 1,
        limit: 0,
        ..all.clone()
    };
    let page = record.entries(nothing).await.expect("entries can be read");
    assert_eq!((page.entries.len(), page.through), (0, 1));
    let end = record.entries(EntryQuery { after: 5, ..all }).await;
    let end = end.expect("entries can be read");
    assert_eq!((end.entries.len(), end.through, end.newest), (0, 5, 5));
}

pub(super) async fn a_rare_channel_is_found_among_many_others<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    let (often, rare) = (4_000, 5);
    for number in 0..rare {
        let others = (0..often / rare).map(|other| created(100 + number * often + other));
        see(&record, THERE, others).await;
        see(&record, HERE, [created(number)]).await;
    }
    let found = told(&record, 0, &[HERE], 3).await;
    let expected = (0..rare).map(|number| {
        let sequence = (number + 1) * (often / rare + 1);
        format!("{sequence} c {number} m{number}")
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
    assert_eq!(told(&record, 0, &[Id::new(5)], 3).await, [""; 0]);
    let all = told(&record, 0, &[], 10_000).await;
    assert_eq!(all.len() as u64, often + rare);
}

pub(super) async fn whoever_waits_is_told_by_whom_ever_it_is_recorded<S: Inbox + MessageLog>(
    fresh: &impl AsyncFn() -> S,
    reopened: &impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let of_another_shard = record.clone();
    let told = async {
        let news = timeout(ANSWERS_WITHIN, record.news(0)).await;
        let news = news.expect("whoever waits is told");
        news.expect("news can be waited for");
        // What was recorded is there to be read.
        self::told(&record, 0, &[], 100).await
    };
    let (told, _) = tokio::join!(told, see(&of_another_shard, HERE, [created(1)]));
    assert_eq!(told, ["1 c 1 m1"]);
    drop(of_another_shard);
    let record = reopened(record).await;
    let known = timeout(ANSWERS_WITHIN, record.news(0)).await;
    let known = known.expect("what a former process has recorded is told");
    known.expect("news can be waited for");
}

pub(super) async fn messages_are_found_by_channel_and_id<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    see(&record, HERE, (1..=9).rev().map(created)).await;
    see(
        &record,
        HERE,
        [Sight::Deleted(id(5)), Sight::Missed(id(8), 0)],
    )
    .await;
    see(&record, THERE, [created(20)]).await;
    let query = |after: Option<u64>, before: Option<u64>, limit, with_deleted| MessageQuery {
        channel_id: Some(HERE),
        after: after.map(id),
        before: before.map(id),
        limit,
        with_deleted,
    };
    for (query, expected) in [
        (query(None, None, 3, false), vec![1, 2, 3]),
        (query(None, None, 99, true), (1..=9).collect()),
        (query(None, None, 99, false), vec![1, 2, 3, 4, 6, 7, 9]),
        (query(None, None, 0, true), vec![]),
        (query(Some(3), None, 2, false), vec![4, 6]),
        (query(Some(3), None, 2, true), vec![4, 5]),
        (query(Some(9), None, 2, true), vec![]),
        (query(None, Some(9), 2, false), vec![6, 7]),
        (query(None, Some(9), 2, true), vec![7, 8]),
        (query(None, Some(1), 2, true), vec![]),
        (query(Some(2), Some(7), 2, true), vec![3, 4]),
        (query(Some(2), Some(7), 9, false), vec![3, 4, 6]),
        (query(Some(7), Some(2), 9, true), vec![]),
    ] {
        let found = record.messages(query.clone()).await;
        let found = found.expect("messages can be read");
        let ids: Vec<_> = found.iter().map(|logged| logged.id).collect();
        let expected: Vec<_> = expected.into_iter().map(id).collect();
        assert_eq!(ids, expected, "{query:?}");
        assert!(found.iter().all(|logged| logged.channel_id == HERE));
    }
    for (after, before, expected) in [
        (Some(7), None, vec![(HERE, 9), (THERE, 20)]),
        (None, Some(30), vec![(HERE, 9), (THERE, 20)]),
    ] {
        let everywhere = MessageQuery {
            channel_id: None,
            ..query(after, before, 2, false)
        };
        let found = record.messages(everywhere).await;
        let found = found.expect("messages can be read").into_iter();
        let found: Vec<_> = found.map(|logged| (logged.channel_id, logged.id)).collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(of, number)| (of, id(number)))
            .collect();
        assert_eq!(found, expected);
    }
}

pub(super) async fn gaps_are_found_by_channel_and_sequence<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    see(&record, HERE, [created(1)]).await;
    let gaps = GapReason::ALL.map(|reason| gap(HERE, Some(2), reason));
    let elsewhere = gap(THERE, None, GapReason::Refused);
    let batch = Batch {
        gaps: gaps.iter().cloned().chain([elsewhere.clone()]).collect(),
        ..Batch::default()
    };
    commit(&record, batch).await;
    for (channel_id, after, limit, expected) in [
        (None, 0, 99, vec![2, 3, 4, 5, 6, 7]),
        (None, 3, 2, vec![4, 5]),
        (Some(HERE), 0, 99, vec![2, 3, 4, 5, 6]),
        (Some(HERE), 5, 99, vec![6]),
        (Some(THERE), 0, 99, vec![7]),
        (Some(Id::new(5)), 0, 99, vec![]),
        (None, 0, 0, vec![]),
    ] {
        let query = GapQuery {
            channel_id,
            after,
            limit,
        };
        let found = record.gaps(query).await.expect("gaps can be read");
        let sequences: Vec<_> = found.iter().map(|found| found.sequence).collect();
        assert_eq!(sequences, expected, "{query:?}");
        for found in found {
            let told = usize::try_from(found.sequence - 2).expect("a small number");
            assert_eq!(found.gap, *gaps.get(told).unwrap_or(&elsewhere));
        }
    }
}
