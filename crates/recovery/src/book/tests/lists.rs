//! What happens while the lists are on their way, and what they make of a long history.

use super::*;

/// A channel that the lists show.
fn other(id: u64) -> Head {
    Head {
        id: Id::new(id),
        ..head(Some(NOW_MS))
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_while_the_lists_come_does_not_come_back() {
    let mut book = begun();
    let now = Instant::now();
    book.observe(&ready(1, "second"), now);
    book.observe(&Observed::Lapsed, now);
    let wished = book.take_wish(Instant::now()).unwrap();
    book.observe(&created(2, NOW_MS + 40_000), now);
    for _ in 0..2 {
        let deleted = event("CHANNEL_DELETE", 3, &json!({"id": HERE}));
        book.observe(&deleted, now);
    }
    let batch = book.take_batch();
    assert_eq!(batch.records.len(), 1, "what was heard is told");
    // Others may have written before, and nobody can read that any more.
    assert_eq!(gone(&batch), [(HERE, just_before(NOW_MS), None)]);
    book.survey(
        &survey(wished, vec![head(Some(NOW_MS)), other(101)]),
        &BTreeSet::new(),
    );
    let batch = book.take_batch();
    let met: Vec<_> = batch.channels.iter().map(|it| it.id).collect();
    assert_eq!((met, batch.gaps), (vec![Id::new(101)], Vec::new()));
    // The next lists know it, if it is there.
    begin(&mut book, "third", head(Some(NOW_MS)), &BTreeSet::new());
    assert!(book.take_batch().channels.iter().any(|it| it.id == HERE));
}

/// The gaps of channels that were deleted.
fn gone(batch: &Batch) -> Vec<Range> {
    let gaps = batch.gaps.iter();
    let gone = gaps.filter(|gap| gap.reason == GapReason::ChannelGone);
    gone.map(|gap| (gap.channel_id, gap.after, gap.to))
        .collect()
}

type Range = (
    Id<ChannelMarker>,
    Option<Id<MessageMarker>>,
    Option<Id<MessageMarker>>,
);

#[tokio::test(start_paused = true)]
async fn a_channel_that_came_and_went_while_nobody_looked_is_a_gap() {
    // How: the lists name it, with a message, and it is deleted before they are there.
    let mut book = begun();
    let now = Instant::now();
    book.observe(&ready(1, "second"), now);
    book.observe(&Observed::Lapsed, now);
    let wished = book.take_wish(Instant::now()).unwrap();
    let new = other(101);
    book.observe(&event("CHANNEL_DELETE", 2, &json!({"id": new.id})), now);
    book.survey(
        &survey(wished, vec![head(Some(NOW_MS)), new]),
        &BTreeSet::new(),
    );
    let expected = (Id::new(101), None, None);
    assert_eq!(gone(&book.take_batch()), [expected]);
}

#[tokio::test(start_paused = true)]
async fn what_was_said_last_in_a_channel_that_went_while_nobody_listened_is_in_the_gap() {
    // How: the youngest message that was heard of is not the last one there was.
    let mut book = begun();
    let heard_ms = NOW_MS + 40_000;
    book.observe(&created(2, heard_ms), Instant::now());
    let now = Instant::now();
    book.observe(&ready(1, "second"), now);
    book.observe(&Observed::Lapsed, now);
    look(&mut book, vec![other(101)]);
    for at in [now, now + crate::limits::GONE_AFTER] {
        while let Some(order) = book.next_order(at) {
            book.fail(&order, ReadFailure::Gone, at);
        }
    }
    let gaps = gone(&book.take_batch());
    assert!(gaps.iter().any(|(id, _, to)| *id == HERE && to.is_none()));
}

#[tokio::test(start_paused = true)]
async fn of_a_channel_all_of_which_was_heard_nothing_is_missing_when_it_is_deleted() {
    let mut book = begun();
    let now = Instant::now();
    book.observe(&created(2, NOW_MS + 40_000), now);
    book.observe(&event("CHANNEL_DELETE", 3, &json!({"id": HERE})), now);
    let batch = book.take_batch();
    assert_eq!((batch.closed, batch.gaps), (vec![HERE], Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_long_history_that_was_read_once_is_not_verified_from_its_beginning() {
    let settings = Settings {
        start: Start::Beginning,
        ..Settings::new(GUILD)
    };
    let mut book = Book::new(settings, Loaded::default());
    let now = Instant::now();
    begin(
        &mut book,
        "first",
        head(Some(NOW_MS + 400)),
        &BTreeSet::new(),
    );
    book.hear_time(NOW_MS + 60_000, now);
    let first = order(&mut book);
    book.turn(&first, page((0..100).map(|n| NOW_MS + n)));
    let second = book.next_order(now).unwrap();
    book.turn(&second, page([NOW_MS + 400]));
    let channel = book.take_batch().channels.pop().unwrap();
    assert_eq!(channel.dirty, None);
    assert!(
        channel.scrubbed_ms > NOW_MS + 400,
        "{}",
        channel.scrubbed_ms
    );
}

fn watching_since(ms: u64) -> Book {
    let settings = Settings {
        start: Start::Since(ms),
        ..Settings::new(GUILD)
    };
    Book::new(settings, Loaded::default())
}

/// What the next look at who has traffic makes of this.
fn scrub(book: &mut Book, head: Head) {
    book.wish(Wish::Scrub);
    look(book, vec![head]);
}

#[tokio::test(start_paused = true)]
async fn what_was_written_before_a_first_run_was_to_begin_is_not_read_later_either() {
    // In turn: something was written since then; nothing was, not even before.
    let since_ms = NOW_MS - 60_000;
    for last_ms in [Some(NOW_MS), None] {
        let (mut book, now) = (watching_since(since_ms), Instant::now());
        begin(&mut book, "first", head(last_ms), &BTreeSet::new());
        if last_ms.is_some() {
            let read = order(&mut book);
            assert_eq!(
                read.after,
                Walk::new(Purpose::CatchUp, just_before(since_ms)).after()
            );
            book.turn(&read, page([NOW_MS]));
        }
        assert_eq!(book.take_batch().channels[0].dirty, None);
        scrub(&mut book, head(Some(NOW_MS)));
        let read = order(&mut book);
        assert!(
            read.after >= Walk::new(Purpose::Scrub, just_before(since_ms)).after(),
            "{last_ms:?}"
        );
        assert!(book.next_order(now).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn what_happened_before_the_first_lists_is_read_from_where_the_run_was_to_begin() {
    // How: in a channel of a watched category, which only the lists tell.
    let (since_ms, category) = (NOW_MS - 60_000, Id::new(50));
    let settings = Settings {
        watch: crate::Watch::Some(BTreeSet::from([category])),
        ..watching_since(since_ms).settings
    };
    let mut book = Book::new(settings, Loaded::default());
    let now = Instant::now();
    book.observe(&ready(1, "first"), now);
    book.observe(&Observed::Lapsed, now);
    let wished = book.take_wish(Instant::now()).unwrap();
    book.observe(&created(2, NOW_MS), now);
    let survey = survey(
        wished,
        vec![Head {
            parent_id: Some(category),
            ..head(None)
        }],
    );
    book.survey(&survey, &BTreeSet::new());
    let dirty = book.take_batch().channels[0].dirty.unwrap();
    assert_eq!(dirty.after, just_before(since_ms));
}
