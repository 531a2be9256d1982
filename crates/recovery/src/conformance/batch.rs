//! What is asked of an inbox: batches, channels, sessions.

use twilight_model::id::Id;

use super::scene::{
    HERE, THERE, at_ms, clean, commit, created, gap, holds, id, message, news, records, see, told,
};
use crate::{
    Batch, Channel, Committed, Dirty, DirtyReason, GapQuery, GapReason, Inbox, MessageLog,
    SessionMark, Sight,
};

fn session(sequence: u64, resume_url: Option<&str>) -> SessionMark {
    SessionMark {
        id: "session äöü '\"".to_owned(),
        resume_url: resume_url.map(ToOwned::to_owned),
        sequence,
    }
}

pub(super) async fn all_of_a_batch_is_there_after_the_process_died<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let found = record.load(0).await.expect("an empty record can be read");
    assert!(found.session.is_none() && found.channels.is_empty());
    assert_eq!(found.watermark_ms, 0);
    assert_eq!(
        commit(&record, Batch::default()).await,
        Committed::default()
    );
    let sights = [created(1), Sight::Read(message(2, "äöü '\"\u{0}", 0))];
    let batch = Batch {
        shard: 3,
        records: records(HERE, sights),
        gaps: vec![gap(THERE, None, GapReason::ChannelGone)],
        channels: vec![clean(HERE), clean(THERE)],
        closed: vec![THERE],
        session: Some(session(8, Some("wss://gateway.example"))),
        watermark_ms: Some(at_ms(1)),
        latest_ms: None,
    };
    let committed = commit(&record, batch).await;
    let expected = Committed {
        newest: 3,
        entries: 3,
    };
    assert_eq!(committed, expected);
    let record = reopened(record).await;
    let found = record.load(3).await.expect("a record can be read");
    assert_eq!(
        found.session,
        Some(session(8, Some("wss://gateway.example")))
    );
    assert_eq!(found.watermark_ms, at_ms(1));
    assert_eq!(found.channels, [clean(HERE)]);
    let all = ["1 c 1 m1", "2 c 2 äöü '\"\u{0}", "3 gap -..- channel_gone"];
    assert_eq!(told(&record, 0, &[], 100).await, all);
    assert_eq!(holds(&record, [1, 2, 3]).await, [true, true, false]);
    let empty = commit(&record, Batch::default()).await;
    assert_eq!((empty.newest, empty.entries), (3, 0));
}

pub(super) async fn channels_are_as_they_were_written_last<S: Inbox>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let dirty = |after: Option<u64>, reason| {
        let after = after.map(id);
        Some(Dirty { after, reason })
    };
    let thread = Channel {
        parent_id: Some(THERE),
        is_thread: true,
        settled_id: Some(id(4)),
        scrubbed_ms: at_ms(5),
        unseen_ms: Some(at_ms(4)),
        dirty: dirty(Some(3), DirtyReason::Lapse),
        ..clean(HERE)
    };
    let write = async |record: &S, shard, channels: Vec<Channel>, closed| {
        let batch = Batch {
            shard,
            channels,
            closed,
            ..Batch::default()
        };
        commit(record, batch).await;
    };
    let load = async |record: &S, shard| {
        let found = record.load(shard).await;
        let mut channels = found.expect("a record can be read").channels;
        channels.sort_unstable_by_key(|channel| channel.id);
        channels
    };
    let elsewhere = Channel {
        dirty: dirty(None, DirtyReason::Refused),
        ..clean(Id::new(9))
    };
    write(&record, 1, vec![elsewhere.clone()], vec![]).await;
    for reason in DirtyReason::ALL {
        for after in [None, Some(3)] {
            let changed = Channel {
                dirty: dirty(after, reason),
                ..thread.clone()
            };
            write(&record, 0, vec![changed.clone(), clean(THERE)], vec![]).await;
            assert_eq!(load(&record, 0).await, [changed, clean(THERE)]);
        }
    }
    let forum = Channel {
        is_forum: true,
        unseen_ms: Some(at_ms(4)),
        ..clean(HERE)
    };
    write(&record, 0, vec![forum.clone()], vec![]).await;
    assert_eq!(load(&record, 0).await, [forum, clean(THERE)]);
    write(&record, 0, vec![clean(HERE)], vec![THERE]).await;
    write(&record, 0, vec![], vec![THERE]).await;
    let record = reopened(record).await;
    assert_eq!(load(&record, 0).await, [clean(HERE)], "as it is now");
    assert_eq!(load(&record, 1).await, [elsewhere], "of its own shard");
    // A guild may get another shard when there are more of them.
    write(&record, 1, vec![clean(HERE)], vec![]).await;
    assert_eq!(load(&record, 0).await, []);
    assert_eq!(load(&record, 1).await.len(), 2);
}

pub(super) async fn a_session_stays_and_a_watermark_grows<S: Inbox>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let mut record = fresh().await;
    let big = session(u64::from(u32::MAX) + 1, None);
    let first = session(1, Some("wss://gateway.example"));
    for (write, expected) in [
        ((None, Some(20)), (None, 20)),
        ((Some(&first), Some(10)), (Some(&first), 20)),
        ((None, None), (Some(&first), 20)),
        ((None, Some(30)), (Some(&first), 30)),
        ((Some(&big), None), (Some(&big), 30)),
    ] {
        let batch = Batch {
            session: write.0.cloned(),
            watermark_ms: write.1,
            ..Batch::default()
        };
        commit(&record, batch).await;
        record = reopened(record).await;
        let found = record.load(0).await.expect("a record can be read");
        let found = (found.session, found.watermark_ms);
        assert_eq!(found, (expected.0.cloned(), expected.1), "after {write:?}");
    }
    let other = record.load(1).await.expect("a record can be read");
    assert!(other.session.is_none() && other.watermark_ms == 0);
}

pub(super) async fn what_was_seen_is_held_deleted_or_not<S: Inbox>(fresh: impl AsyncFn() -> S) {
    let record = fresh().await;
    assert!(holds(&record, []).await.is_empty());
    see(&record, HERE, [created(1), Sight::Deleted(id(2))]).await;
    see(&record, THERE, [created(3), Sight::Missed(id(3), 0)]).await;
    // Nothing is known of it, so it is not missed.
    see(&record, THERE, [Sight::Missed(id(4), 0)]).await;
    let asked = holds(&record, [4, 3, 2, 1, 0, 1]).await;
    assert_eq!(asked, [false, true, true, true, false, true]);
    let many: Vec<_> = (0..3_000).collect();
    let found = holds(&record, many).await;
    assert_eq!(found.len(), 3_000);
    assert_eq!(found.iter().filter(|holds| **holds).count(), 3);
}

pub(super) async fn the_youngest_messages_that_are_there_are_recent<S: Inbox>(
    fresh: impl AsyncFn() -> S,
) {
    let record = fresh().await;
    see(&record, HERE, (1..=6).rev().map(created)).await;
    see(&record, THERE, [created(9)]).await;
    let gone = [Sight::Deleted(id(6)), Sight::Missed(id(4), 0)];
    see(&record, HERE, gone).await;
    for (limit, expected) in [
        (0, vec![]),
        (2, vec![3, 5]),
        (4, vec![1, 2, 3, 5]),
        (10, vec![1, 2, 3, 5]),
    ] {
        let recent = record.recent(HERE, limit).await;
        let recent = recent.expect("a record can be read");
        let expected: Vec<_> = expected.into_iter().map(id).collect();
        assert_eq!(recent, expected, "at most {limit}");
    }
}

pub(super) async fn a_gap_is_told_once<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let record = fresh().await;
    let gaps = [
        gap(HERE, None, GapReason::Refused),
        gap(HERE, Some(1), GapReason::Refused),
        gap(HERE, Some(1), GapReason::Tie),
        gap(THERE, Some(1), GapReason::Tie),
    ];
    let write = async |record: &S| {
        let twice = gaps.iter().chain(&gaps).cloned().map(|mut gap| {
            // Where it ends and when it was found may differ.
            gap.at_ms += 1;
            gap
        });
        let batch = Batch {
            gaps: gaps.iter().cloned().chain(twice).collect(),
            ..Batch::default()
        };
        commit(record, batch).await
    };
    assert_eq!(write(&record).await.entries, 4);
    let record = reopened(record).await;
    let again = write(&record).await;
    assert_eq!((again.entries, again.newest), (0, 4));
    let query = GapQuery {
        limit: 10,
        ..GapQuery::default()
    };
    let found = record.gaps(query).await.expect("gaps can be read");
    let found: Vec<_> = found.into_iter().map(|found| found.gap).collect();
    assert_eq!(found, gaps, "as they were told first");
    assert_eq!(news(&record, 0).await.len(), 4);
}
