//! That a record follows the verdicts.

use serde_json::json;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::scene::{content, id, message, news, partial, see};
use crate::{Inbox, Message, MessageLog, MessageQuery, Sight};

/// What is seen of message 9, what that tells, and what is known at the end: its content, the second
/// of its edit, and whether it is deleted.
type Row = (Vec<Sight>, Vec<&'static str>, (&'static str, u64, bool));

/// The second's time in milliseconds since 1970.
const fn edited_ms(second: u64) -> u64 {
    match second {
        0 => 0,
        second => 1_793_527_200_000 + second * 1_000,
    }
}

fn table() -> Vec<Row> {
    edits().into_iter().chain(deletions()).collect()
}

fn whole(content: &str, edited: u64) -> Message {
    message(9, content, edited)
}

fn some(content: &str) -> Message {
    partial(&json!({"id": id(9), "content": content}))
}

fn embeds() -> Message {
    partial(&json!({"id": id(9), "embeds": [{"title": "t"}]}))
}

fn created() -> Sight {
    Sight::Created(whole("a", 0))
}

fn updated(content: &str, edited: u64) -> Sight {
    Sight::Updated(whole(content, edited))
}

fn read(content: &str, edited: u64) -> Sight {
    Sight::Read(whole(content, edited))
}

fn edits() -> Vec<Row> {
    vec![
        // Created once, however it comes.
        (
            vec![read("a", 0), created(), read("a", 0)],
            vec!["c 9 a"],
            ("a", 0, false),
        ),
        // Edits, late and repeated ones among them.
        (
            vec![
                updated("b", 1),
                created(),
                updated("b", 1),
                updated("c", 2),
                updated("b", 1),
                read("b", 1),
                read("d", 3),
            ],
            vec!["c 9 b", "u 9 c", "u 9 d"],
            ("d", 3, false),
        ),
        // Some fields, which are laid over what is known: news or none.
        (
            vec![
                Sight::Updated(some("z")),
                created(),
                Sight::Updated(embeds()),
                Sight::Updated(embeds()),
                Sight::Updated(some("b")),
                Sight::Updated(some("b")),
            ],
            vec!["c 9 a", "u 9 b"],
            ("b", 0, false),
        ),
    ]
}

fn deletions() -> Vec<Row> {
    let (deleted, missed) = (|| Sight::Deleted(id(9)), || Sight::Missed(id(9), 0));
    vec![
        // Nothing resurrects it.
        (
            vec![
                created(),
                updated("b", 1),
                deleted(),
                read("b", 1),
                created(),
                updated("c", 2),
                missed(),
                deleted(),
            ],
            vec!["c 9 a", "u 9 b", "d 9"],
            ("b", 1, true),
        ),
        // Deleted before it was seen.
        (
            vec![deleted(), read("a", 0), created(), updated("b", 1)],
            vec!["d 9"],
            ("-", 0, true),
        ),
        // Missing, and back.
        (
            vec![
                missed(),
                read("a", 0),
                missed(),
                missed(),
                read("a", 0),
                // Of any time, also of before.
                missed(),
                Sight::Updated(embeds()),
            ],
            vec!["c 9 a", "i 9", "u 9 a", "i 9"],
            ("a", 0, true),
        ),
        // Only an edit that was made later brings it back, and what is read again is as it says.
        (
            vec![
                created(),
                Sight::Missed(id(9), edited_ms(3)),
                updated("b", 2),
                updated("d", 4),
                Sight::Missed(id(9), edited_ms(6)),
                read("d", 4),
                updated("e", 5),
            ],
            vec!["c 9 a", "i 9", "u 9 d", "i 9", "u 9 d", "u 9 e"],
            ("e", 5, false),
        ),
        // Missing, and then said to be deleted: that is told already.
        (
            vec![created(), missed(), deleted(), read("b", 1)],
            vec!["c 9 a", "i 9"],
            ("a", 0, true),
        ),
    ]
}

pub(super) async fn what_is_told_follows_from_what_is_known<S: Inbox + MessageLog>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    let mut record = fresh().await;
    let mut newest = 0;
    // All of it in one batch, and each sight in a life of its own.
    for (channel_id, (sights, expected, known)) in (1..).map(Id::new).zip(table()) {
        newest = check(&record, channel_id, sights, &expected, known, newest).await;
    }
    for (channel_id, (sights, expected, known)) in (101..).map(Id::new).zip(table()) {
        let before = newest;
        for sight in sights {
            newest = see(&record, channel_id, [sight]).await.newest;
            record = reopened(record).await;
        }
        assert_eq!(news(&record, before).await, expected);
        newest = check(&record, channel_id, vec![], &[], known, newest).await;
    }
}

async fn check<S: Inbox + MessageLog>(
    record: &S,
    channel_id: Id<ChannelMarker>,
    sights: Vec<Sight>,
    expected: &[&str],
    known: (&str, u64, bool),
    before: u64,
) -> u64 {
    let committed = see(record, channel_id, sights.clone()).await;
    assert_eq!(news(record, before).await, expected, "after {sights:?}");
    assert_eq!(committed.entries, expected.len() as u64);
    let query = |with_deleted| MessageQuery {
        channel_id: Some(channel_id),
        after: None,
        before: None,
        limit: 10,
        with_deleted,
    };
    let found = record.messages(query(true)).await;
    let found = found.expect("messages can be read");
    let [logged] = &found[..] else {
        panic!("one message, not {found:?}");
    };
    let text = logged.json.as_deref().map_or("-".to_owned(), content);
    let found = (text.as_str(), logged.edited_ms, logged.is_deleted);
    assert_eq!(found, (known.0, edited_ms(known.1), known.2));
    assert_eq!((logged.id, logged.channel_id), (id(9), channel_id));
    let author_id = logged.json.is_some().then_some(Id::new(3));
    assert_eq!(logged.author_id, author_id);
    let there = record.messages(query(false)).await;
    let there = there.expect("messages can be read").len();
    assert_eq!(there, usize::from(!known.2), "deleted ones when asked for");
    committed.newest
}
