//! What is rare: safeguards that are missing, and what comes in another order.

use super::*;

#[tokio::test(start_paused = true)]
async fn without_the_clamp_a_cursor_passes_what_may_yet_turn_up() {
    let mut book = begun();
    book.sabotage = Some(Sabotage::NoClamp);
    begin(
        &mut book,
        "second",
        head(Some(NOW_MS + 90_000)),
        &BTreeSet::new(),
    );
    book.hear_time(NOW_MS + 60_000, Instant::now());
    let first = order(&mut book);
    book.turn(&first, page((0..100).map(|n| NOW_MS + 50_000 + n)));
    let dirty = book.take_batch().channels[0].dirty.unwrap();
    assert_eq!(dirty.after, just_before(NOW_MS + 50_099));
}

#[tokio::test(start_paused = true)]
async fn without_the_restart_what_was_read_before_a_gap_ends_what_came_after_it() {
    let mut book = begun();
    book.sabotage = Some(Sabotage::NoReseed);
    begin(
        &mut book,
        "second",
        head(Some(NOW_MS + 90_000)),
        &BTreeSet::new(),
    );
    let before = order(&mut book);
    begin(
        &mut book,
        "third",
        head(Some(NOW_MS + 91_000)),
        &BTreeSet::new(),
    );
    book.turn(&before, page([NOW_MS + 90_000]));
    assert_eq!(book.take_batch().channels[0].dirty, None);
}

#[tokio::test(start_paused = true)]
async fn without_the_sweep_of_whole_channels_a_message_before_the_last_one_stays_missing() {
    for (safeguard, is_read) in [(None, true), (Some(Sabotage::LmidOnlySweep), false)] {
        let mut book = begun();
        book.sabotage = safeguard;
        book.wish(Wish::Scrub);
        let wished = book.take_wish(Instant::now()).unwrap();
        let lists = survey(wished, vec![head(Some(NOW_MS + 60_000))]);
        // What was left out came before it.
        book.survey(&lists, &BTreeSet::from([message_id(NOW_MS + 60_000)]));
        assert_eq!(book.next_order(Instant::now()).is_some(), is_read);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_turns_blind_in_the_middle_of_a_walk_is_no_end() {
    let mut book = begun();
    let (now, last) = (Instant::now(), head(Some(NOW_MS + 90_000)));
    begin(&mut book, "second", last, &BTreeSet::new());
    let first = order(&mut book);
    book.turn(&first, page((0..100).map(|n| NOW_MS + n)));
    let second = book.next_order(now).unwrap();
    assert_eq!(
        book.probe_for(&second),
        Probe::Last(message_id(NOW_MS + 90_000)),
        "it is looked for, should the page be empty"
    );
}

#[tokio::test(start_paused = true)]
async fn what_happened_in_a_channel_before_it_was_known_to_be_watched_is_read() {
    // How: a message in a channel of a watched category, while the lists that name it without a message
    // are on their way.
    let category = Id::new(50);
    let settings = Settings {
        watch: crate::Watch::Some(BTreeSet::from([category])),
        ..Settings::new(GUILD)
    };
    let mut book = Book::new(settings, Loaded::default());
    let other = Head {
        id: Id::new(200),
        parent_id: Some(category),
        ..head(Some(NOW_MS))
    };
    begin(&mut book, "first", other.clone(), &BTreeSet::new());
    book.take_batch();
    let now = Instant::now();
    book.observe(&ready(1, "second"), now);
    book.observe(&Observed::Lapsed, now);
    let wished = book.take_wish(Instant::now()).unwrap();
    book.observe(&created(2, NOW_MS + 1_000), now);
    let born = Head {
        parent_id: Some(category),
        ..head(None)
    };
    book.survey(&survey(wished, vec![other, born]), &BTreeSet::new());
    let batch = book.take_batch();
    let new = batch.channels.iter().find(|channel| channel.id == HERE);
    assert_eq!(new.unwrap().dirty.unwrap().after, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_watched_no_longer_is_not_vouched_for() {
    let mut book = begun();
    let channels = book.channels.values().cloned().collect::<Vec<_>>();
    let settings = Settings {
        watch: crate::Watch::Some(BTreeSet::from([Id::new(200)])),
        ..Settings::new(GUILD)
    };
    let loaded = Loaded {
        session: None,
        watermark_ms: NOW_MS,
        channels,
    };
    let mut narrower = Book::new(settings, loaded);
    let batch = narrower.take_batch();
    assert_eq!((batch.closed, batch.gaps), (vec![HERE], Vec::new()));
    // Should it be watched again, it is a new one.
    begin(&mut book, "second", head(Some(NOW_MS)), &BTreeSet::new());
    assert!(narrower.channels.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_message_before_the_first_lists_makes_nobody_read_all_that_was_ever_said() {
    let mut book = Book::new(Settings::new(GUILD), Loaded::default());
    let now = Instant::now();
    book.observe(&ready(1, "first"), now);
    book.observe(&created(2, NOW_MS), now);
    assert!(book.next_order(now).is_none());
    book.observe(&Observed::Lapsed, now);
    look(&mut book, vec![head(Some(NOW_MS))]);
    assert!(book.next_order(now).is_none());
    let batch = book.take_batch();
    assert_eq!((batch.records.len(), batch.channels[0].dirty), (1, None));
}

#[tokio::test(start_paused = true)]
async fn lists_are_wanted_for_a_session_once_it_is_handed_over() {
    let mut book = begun();
    let now = Instant::now();
    book.observe(&Observed::Lapsed, now);
    book.observe(&ready(1, "second"), now);
    assert!(book.take_wish(Instant::now()).is_none());
    book.observe(&Observed::Lapsed, now);
    assert!(book.take_wish(Instant::now()).is_some());
}

/// A thread in [`HERE`] in which the last message was written at NOW.
pub(super) fn thread(is_archived: bool) -> Head {
    Head {
        id: Id::new(300),
        parent_id: Some(HERE),
        is_thread: true,
        is_archived,
        ..head(Some(NOW_MS))
    }
}

/// A new session, and lists of these beside the channel they are in.
pub(super) fn begin_with(book: &mut Book, session: &str, threads: Vec<Head>) {
    let now = Instant::now();
    book.observe(&ready(1, session), now);
    book.observe(&Observed::Lapsed, now);
    let wished = book.take_wish(Instant::now()).unwrap();
    let mut heads = vec![head(Some(NOW_MS - 1))];
    heads.extend(threads);
    book.survey(
        &survey(wished, heads),
        &BTreeSet::from([message_id(NOW_MS - 1)]),
    );
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_is_in_no_list_is_read_and_not_taken_for_deleted() {
    // How: it fell asleep so long ago that it is among neither the active nor the archived ones.
    let mut book = Book::new(Settings::new(GUILD), Loaded::default());
    begin_with(&mut book, "first", vec![thread(false)]);
    book.take_batch();
    begin_with(&mut book, "second", Vec::new());
    let batch = book.take_batch();
    assert_eq!((batch.closed, batch.gaps), (Vec::new(), Vec::new()));
    assert!(batch.channels[0].dirty.is_some());
    let read = order(&mut book);
    assert_eq!(read.channel_id, Id::new(300));
    // Nor is it when Discord does not know it for a moment.
    book.fail(&read, ReadFailure::Gone, Instant::now());
    let batch = book.take_batch();
    assert_eq!((batch.closed, batch.gaps), (Vec::new(), Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_fell_asleep_is_let_go_of_once_it_is_read_and_not_before() {
    // In turn: nothing was written in it since; something was. The scrub would read it in any case.
    for last_ms in [NOW_MS - 1, NOW_MS + 60_000] {
        let settings = Settings {
            scrub: false,
            ..Settings::new(GUILD)
        };
        let mut book = Book::new(settings, Loaded::default());
        let first = vec![Head {
            last_message_id: Some(message_id(NOW_MS - 1)),
            ..thread(false)
        }];
        begin_with(&mut book, "first", first);
        book.hear_time(NOW_MS + 60_000, Instant::now());
        prove(&mut book, Instant::now());
        book.take_batch();
        let asleep = Head {
            last_message_id: Some(message_id(last_ms)),
            ..thread(true)
        };
        begin_with(&mut book, "second", vec![asleep]);
        let mut batch = book.take_batch();
        if last_ms > NOW_MS {
            assert!(batch.closed.is_empty());
            let read = order(&mut book);
            book.turn(&read, page([last_ms]));
            batch = book.take_batch();
            assert_eq!(batch.records.len(), 1);
        }
        assert_eq!((batch.closed, batch.gaps), (vec![Id::new(300)], Vec::new()));
        assert!(book.next_order(Instant::now()).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn archives_are_listed_of_channels_in_which_something_happened_since() {
    let mut book = Book::new(Settings::new(GUILD), Loaded::default());
    let quiet = Head {
        id: Id::new(200),
        ..head(Some(NOW_MS - 60_000))
    };
    let forum = Head {
        id: Id::new(400),
        is_forum: true,
        ..head(Some(NOW_MS + 1_000))
    };
    let heads = [head(Some(NOW_MS + 1_000)), quiet.clone(), forum];
    let listed = |book: &Book, wish| {
        let mut of = book.archives(wish).of(&heads);
        of.sort_unstable();
        of
    };
    assert!(listed(&book, Wish::Gap).is_empty(), "a first run");
    begin_with(&mut book, "first", vec![quiet, thread(false)]);
    let public = [(HERE, false), (Id::new(400), false)];
    let both = [public[0], (HERE, true), public[1]];
    assert_eq!(listed(&book, Wish::Gap), both, "it has an open thread");
    assert!(listed(&book, Wish::Scrub).is_empty());
    book.unwatch(Id::new(300));
    assert_eq!(listed(&book, Wish::Gap), public);
    assert!(!book.channels.contains_key(&Id::new(400)));
}

#[tokio::test(start_paused = true)]
async fn an_archived_thread_that_turns_up_is_read_if_something_was_written_in_it_since() {
    // In turn: it was read and let go of long ago; nobody has seen it.
    for (last_ms, is_read) in [(NOW_MS - 60_000, false), (NOW_MS + 60_000, true)] {
        let mut book = Book::new(Settings::new(GUILD), Loaded::default());
        begin_with(&mut book, "first", vec![thread(false)]);
        book.unwatch(Id::new(300));
        book.take_batch();
        let asleep = Head {
            last_message_id: Some(message_id(last_ms)),
            ..thread(true)
        };
        begin_with(&mut book, "second", vec![asleep]);
        let new = book.take_batch().channels;
        let new = new.iter().find(|channel| channel.id == Id::new(300));
        let dirty = new.and_then(|channel| channel.dirty);
        assert_eq!(dirty.map(|dirty| dirty.after), is_read.then_some(None));
        assert_eq!(book.archived.contains(&Id::new(300)), is_read);
    }
}

/// A book that watches one channel out of all, and has seen the lists.
fn choosy() -> Book {
    let settings = Settings {
        watch: crate::Watch::Some(BTreeSet::from([HERE])),
        ..Settings::new(GUILD)
    };
    let mut book = Book::new(settings, Loaded::default());
    begin(&mut book, "first", head(Some(NOW_MS)), &BTreeSet::new());
    book
}

fn elsewhere(kind: u8) -> [Observed; 3] {
    let id = "200";
    let channel = json!({"id": id, "type": kind, "guild_id": GUILD, "parent_id": "150"});
    let born = if kind == 0 { "CHANNEL" } else { "THREAD" };
    let message = json!({"id": message_id(NOW_MS + 1).to_string(), "channel_id": id,
        "author": {"id": "1"}, "content": "x"});
    [
        event(&format!("{born}_CREATE"), 10, &channel),
        event("MESSAGE_CREATE", 11, &message),
        event(&format!("{born}_DELETE"), 12, &json!({"id": id})),
    ]
}

#[tokio::test(start_paused = true)]
async fn channels_that_are_not_watched_come_and_go_and_nothing_is_asked_or_held() {
    let (mut book, now) = (choosy(), Instant::now());
    let before = book.held();
    for observed in elsewhere(0) {
        book.observe(&observed, now);
    }
    assert_eq!(book.take_wish(Instant::now()), None);
    assert_eq!(book.held(), before);
    // What a thread is in may not be known: the lists tell.
    for observed in elsewhere(11) {
        book.observe(&observed, now);
    }
    tokio::time::advance(crate::limits::LOOK_PAUSE).await;
    let (wish, _) = book.take_wish(Instant::now()).unwrap();
    assert_eq!((wish, book.held()), (Wish::Look, before));
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_while_the_lists_came_is_forgotten() {
    let mut book = choosy();
    let before = book.held();
    let stale = Head {
        id: Id::new(200),
        ..head(None)
    };
    let watched = || head(None);
    for (heads, held) in [
        (vec![watched(), stale], before + 1),
        (vec![watched()], before),
    ] {
        book.wish(Wish::Scrub);
        look(&mut book, heads);
        assert_eq!(book.held(), held);
        tokio::time::advance(crate::limits::SCRUB_EVERY).await;
    }
}
