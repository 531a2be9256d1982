//! Threads: they end with their channel, and fall asleep at any time.

use super::{
    edges::{begin_with, thread},
    *,
};

const THREAD: Id<ChannelMarker> = Id::new(300);

/// A book that watches a channel and a thread in it.
fn begun_with_thread(scrub: bool) -> Book {
    let settings = Settings {
        scrub,
        ..Settings::new(GUILD)
    };
    let mut book = Book::new(settings, Loaded::default());
    begin_with(&mut book, "first", vec![thread(false)]);
    assert_eq!(book.take_batch().channels.len(), 2);
    book
}

#[tokio::test(start_paused = true)]
async fn the_threads_of_a_channel_end_with_it() {
    // How: Discord says so of the channel alone.
    let mut book = begun_with_thread(true);
    let deleted = event("CHANNEL_DELETE", 2, &json!({"id": HERE}));
    book.observe(&deleted, Instant::now());
    let batch = book.take_batch();
    assert_eq!((batch.closed, batch.gaps), (vec![HERE, THREAD], vec![]));
}

#[tokio::test(start_paused = true)]
async fn the_threads_of_a_channel_that_is_deleted_while_the_lists_come_do_not_come_back() {
    let (mut book, now) = (begun_with_thread(true), Instant::now());
    book.observe(&ready(1, "second"), now);
    book.observe(&Observed::Lapsed, now);
    let wished = book.take_wish(Instant::now()).unwrap();
    book.observe(&event("CHANNEL_DELETE", 2, &json!({"id": HERE})), now);
    let batch = book.take_batch();
    let missing: BTreeSet<_> = batch.gaps.iter().map(|gap| gap.channel_id).collect();
    assert_eq!(missing, BTreeSet::from([HERE, THREAD]));
    let new = Head {
        id: Id::new(301),
        ..thread(false)
    };
    let survey = survey(wished, vec![head(Some(NOW_MS)), thread(false), new]);
    book.survey(&survey, &BTreeSet::new());
    let batch = book.take_batch();
    assert_eq!(batch.channels, []);
    let missing: Vec<_> = batch.gaps.iter().map(|gap| gap.channel_id).collect();
    assert_eq!(missing, [Id::new(301)], "it was never watched");
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_falls_asleep_while_the_lists_come_is_let_go_of() {
    // How: the lists, which are older, show it open, and with nothing new.
    let (mut book, now) = (begun_with_thread(false), Instant::now());
    book.observe(&ready(1, "second"), now);
    book.observe(&Observed::Lapsed, now);
    let wished = book.take_wish(Instant::now()).unwrap();
    let asleep = json!({"id": THREAD, "type": 11, "guild_id": GUILD, "parent_id": HERE,
        "thread_metadata": {"archived": true}});
    book.observe(&event("THREAD_UPDATE", 2, &asleep), now);
    let last_ms = NOW_MS - 1;
    let open = Head {
        last_message_id: Some(message_id(last_ms)),
        ..thread(false)
    };
    book.survey(
        &survey(wished, vec![head(Some(last_ms)), open]),
        &BTreeSet::from([message_id(last_ms)]),
    );
    let batch = book.take_batch();
    assert_eq!((batch.closed, batch.gaps), (vec![THREAD], Vec::new()));
    assert!(book.archived.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_falls_asleep_is_scrubbed_once_more_and_then_let_go_of() {
    // In turn: with the scrub, and without it. How: what was written in it last came by no event.
    for scrub in [true, false] {
        let mut book = begun_with_thread(scrub);
        let unheard = message_id(NOW_MS + 60_000);
        let asleep = json!({"id": THREAD, "type": 11, "guild_id": GUILD, "parent_id": HERE,
            "last_message_id": unheard, "thread_metadata": {"archived": true}});
        book.observe(&event("THREAD_UPDATE", 2, &asleep), Instant::now());
        let batch = book.take_batch();
        if scrub {
            let owed = batch.channels.first().and_then(|channel| channel.dirty);
            assert!(owed.is_some_and(|dirty| dirty.after < Some(unheard)));
            let order = order(&mut book);
            assert_eq!(order.channel_id, THREAD);
            book.turn(&order, page([NOW_MS + 60_000]));
            let batch = book.take_batch();
            assert_eq!(batch.closed, [THREAD]);
            assert_eq!((batch.records.len(), batch.gaps), (1, Vec::new()));
        } else {
            assert_eq!(batch.closed, [THREAD]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_is_not_shown_is_told_as_missing_once_although_it_falls_asleep() {
    let mut book = begun_with_thread(true);
    let now = Instant::now();
    book.doubt(THREAD);
    let order = book.next_order(now).unwrap();
    assert_eq!(order.channel_id, THREAD);
    book.fail(&order, ReadFailure::Refused, now);
    assert_eq!(book.take_batch().gaps.len(), 1);
    let asleep = json!({"id": THREAD, "type": 11, "guild_id": GUILD, "parent_id": HERE,
        "last_message_id": message_id(NOW_MS + 60_000), "thread_metadata": {"archived": true}});
    book.observe(&event("THREAD_UPDATE", 2, &asleep), now);
    // What is said of it may be that it is shown again.
    let again = book.next_order(now).unwrap();
    book.fail(&again, ReadFailure::Refused, now);
    assert_eq!(book.take_batch().gaps, []);
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_was_first_heard_of_by_a_message_is_known_as_one() {
    // In turn: the lists tell what it is, or an event does.
    for is_listed in [true, false] {
        let (mut book, now) = (begun(), Instant::now());
        let said =
            json!({"id": message_id(NOW_MS + 1), "channel_id": THREAD, "author": {"id": "1"}});
        book.observe(&event("MESSAGE_CREATE", 2, &said), now);
        book.take_batch();
        if is_listed {
            begin_with(&mut book, "second", vec![thread(false)]);
        } else {
            let told = json!({"id": THREAD, "type": 11, "guild_id": GUILD, "parent_id": HERE});
            book.observe(&event("THREAD_UPDATE", 3, &told), now);
        }
        let batch = book.take_batch();
        let known = batch.channels.iter().find(|it| it.id == THREAD).unwrap();
        assert_eq!((known.is_thread, known.parent_id), (true, Some(HERE)));
        let archives = book.archives(Wish::Gap).of(&[]);
        assert!(archives.contains(&(HERE, true)), "{archives:?}");
    }
}
