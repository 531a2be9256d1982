//! Posts in forums: threads in channels that hold no messages.

use super::*;

const CATEGORY: Id<ChannelMarker> = Id::new(150);
const FORUM: Id<ChannelMarker> = Id::new(200);
const POST: Id<ChannelMarker> = Id::new(300);

fn forum() -> Head {
    Head {
        id: FORUM,
        parent_id: Some(CATEGORY),
        is_forum: true,
        ..head(Some(NOW_MS))
    }
}

fn post() -> Head {
    Head {
        id: POST,
        parent_id: Some(FORUM),
        is_thread: true,
        ..head(Some(NOW_MS - 1_000))
    }
}

fn settings() -> Settings {
    Settings {
        watch: crate::Watch::Some(BTreeSet::from([CATEGORY])),
        ..Settings::new(GUILD)
    }
}

/// A book that watches a category with a forum, and one post in it.
fn watching() -> Book {
    let mut book = Book::new(settings(), Loaded::default());
    book.observe(&ready(1, "first"), Instant::now());
    book.observe(&Observed::Lapsed, Instant::now());
    look(&mut book, vec![forum(), post()]);
    book
}

fn told(book: &mut Book, name: &str, id: Id<ChannelMarker>) {
    let thread = json!({"id": id.to_string(), "type": 11, "parent_id": FORUM.to_string(),
        "newly_created": true});
    book.observe(&event(name, 2, &thread), Instant::now());
}

#[tokio::test(start_paused = true)]
async fn posts_in_a_forum_of_a_watched_category_are_watched_and_the_forum_is_not_read() {
    let mut book = watching();
    told(&mut book, "THREAD_CREATE", Id::new(301));
    let watched: BTreeSet<_> = book.channels.keys().copied().collect();
    assert_eq!(watched, BTreeSet::from([POST, Id::new(301)]));
}

#[tokio::test(start_paused = true)]
async fn a_forum_that_is_opened_or_moved_takes_its_posts_along() {
    let mut book = watching();
    let moved = json!({"id": FORUM.to_string(), "type": 15, "parent_id": "151"});
    book.observe(&event("CHANNEL_UPDATE", 2, &moved), Instant::now());
    told(&mut book, "THREAD_CREATE", Id::new(301));
    assert!(!book.channels.contains_key(&Id::new(301)));
    let back = json!({"id": FORUM.to_string(), "type": 15, "parent_id": CATEGORY.to_string()});
    book.observe(&event("CHANNEL_UPDATE", 3, &back), Instant::now());
    told(&mut book, "THREAD_CREATE", Id::new(302));
    assert!(book.channels.contains_key(&Id::new(302)));
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_posts_stay_watched_until_the_lists_say_what_they_are_in() {
    for (heads, knows_forum, is_watched) in [
        (vec![forum(), post()], true, true),
        (vec![post()], true, true),
        (vec![post()], false, false),
    ] {
        let mut before = watching();
        let mut batch = before.take_batch();
        let is_known = |channel: &Channel| knows_forum || !channel.is_forum;
        batch.channels.retain(is_known);
        let loaded = Loaded {
            session: batch.session,
            watermark_ms: batch.watermark_ms.unwrap(),
            channels: batch.channels,
        };
        let mut book = Book::new(settings(), loaded);
        assert!(book.channels.contains_key(&POST));
        told(&mut book, "THREAD_UPDATE", POST);
        assert!(book.channels.contains_key(&POST));
        look(&mut book, heads);
        assert_eq!(book.channels.contains_key(&POST), is_watched);
    }
}

#[tokio::test(start_paused = true)]
async fn the_posts_of_a_forum_that_is_hidden_are_read_and_not_taken_for_quiet() {
    let mut book = watching();
    assert!(book.channels[&POST].dirty.is_none());
    let hidden = json!({"id": FORUM.to_string(), "type": 15, "parent_id": CATEGORY.to_string(),
        "flags": 1 << 17});
    book.observe(&event("CHANNEL_UPDATE", 2, &hidden), Instant::now());
    assert!(book.channels[&POST].dirty.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_forum_that_no_list_names_any_more_makes_its_posts_dirty() {
    let mut book = watching();
    book.wish(Wish::Scrub);
    look(&mut book, vec![forum()]);
    assert!(book.channels[&POST].dirty.is_none(), "it has fallen asleep");
    book.wish(Wish::Scrub);
    look(&mut book, Vec::new());
    assert!(book.channels[&POST].dirty.is_some());
    // Shown again, its archived posts are listed.
    let shown = json!({"id": FORUM.to_string(), "type": 15, "parent_id": CATEGORY.to_string()});
    book.observe(&event("CHANNEL_UPDATE", 3, &shown), Instant::now());
    tokio::time::advance(crate::limits::LOOK_PAUSE).await;
    let (wish, _) = book.take_wish(Instant::now()).unwrap();
    let archives = book.archives(wish);
    assert!(archives.of(&[forum()]).contains(&(FORUM, false)));
    assert_eq!(archives.since_ms(FORUM), NOW_MS - 3_600_000);
}

#[tokio::test(start_paused = true)]
async fn a_forum_without_open_posts_is_missed_as_well() {
    let mut book = watching();
    for heads in [vec![post()], vec![forum(), post()]] {
        book.wish(Wish::Scrub);
        look(&mut book, heads);
    }
    // What the second lists were not asked for is still to be had.
    tokio::time::advance(crate::limits::LOOK_PAUSE).await;
    let (wish, _) = book.take_wish(Instant::now()).unwrap();
    assert!(book.archives(wish).of(&[forum()]).contains(&(FORUM, false)));
}

#[tokio::test(start_paused = true)]
async fn posts_that_were_refused_are_asked_for_when_their_forum_is_shown() {
    let mut book = watching();
    let channel = |flags: u64| json!({"id": FORUM.to_string(), "type": 15, "parent_id": CATEGORY.to_string(), "flags": flags});
    book.observe(
        &event("CHANNEL_UPDATE", 2, &channel(1 << 17)),
        Instant::now(),
    );
    let asked = order(&mut book);
    book.fail(&asked, ReadFailure::Refused, Instant::now());
    assert!(book.next_order(Instant::now()).is_none());
    book.observe(&event("CHANNEL_UPDATE", 3, &channel(0)), Instant::now());
    assert_eq!(book.next_order(Instant::now()).unwrap().channel_id, POST);
}

/// A forum that was hidden while this process ran is what the next one begins with, so much later.
fn restarted_after(later: Duration) -> Book {
    let mut book = watching();
    let session = book.take_batch().session;
    book.wish(Wish::Scrub);
    look(&mut book, Vec::new());
    let channels = book.take_batch().channels;
    let forums: Vec<_> = channels
        .into_iter()
        .filter(|channel| channel.is_forum)
        .collect();
    assert_eq!((forums[0].id, forums[0].unseen_ms), (FORUM, Some(NOW_MS)));
    let loaded = Loaded {
        session,
        watermark_ms: NOW_MS + milliseconds(later),
        channels: forums,
    };
    Book::new(settings(), loaded)
}

#[tokio::test(start_paused = true)]
async fn a_forum_that_was_hidden_and_is_shown_over_a_restart_has_its_archived_posts_listed() {
    let mut book = restarted_after(Duration::from_hours(24));
    tokio::time::advance(Duration::from_millis(1)).await;
    book.observe(&Observed::Lapsed, Instant::now());
    let wished = book.take_wish(Instant::now()).unwrap();
    let archives = book.archives(wished.0);
    let unchanged = Head {
        last_message_id: Some(message_id(NOW_MS + 60_000)),
        ..forum()
    };
    assert!(
        archives
            .of(std::slice::from_ref(&unchanged))
            .contains(&(FORUM, false))
    );
    assert_eq!(archives.since_ms(FORUM), NOW_MS - 3_600_000);
    let asleep = Head {
        is_archived: true,
        ..post()
    };
    book.survey(&survey(wished, vec![unchanged, asleep]), &BTreeSet::new());
    assert!(book.channels[&POST].dirty.is_some(), "it is read");
    let on_record = book.take_batch().channels;
    let unseen = on_record.iter().find(|channel| channel.is_forum);
    assert_eq!(unseen.unwrap().unseen_ms, None, "it was seen");
}

#[tokio::test(start_paused = true)]
async fn a_forum_that_is_hidden_for_a_season_is_a_gap_and_forgotten() {
    let mut book = restarted_after(crate::limits::UNSEEN_KEPT + Duration::from_millis(1));
    let batch = book.take_batch();
    let gaps = batch.gaps.iter();
    let gaps = gaps.map(|gap| (gap.channel_id, gap.reason, gap.after));
    let expected = (FORUM, GapReason::Unlisted, just_before(NOW_MS));
    assert_eq!(gaps.collect::<Vec<_>>(), [expected]);
    assert_eq!(batch.closed, [FORUM]);
}

#[tokio::test(start_paused = true)]
async fn a_hidden_forum_that_is_deleted_is_a_gap_and_stays_on_no_record() {
    let mut book = restarted_after(Duration::from_hours(24));
    book.take_batch();
    let gone = json!({"id": FORUM.to_string(), "type": 15});
    book.observe(&event("CHANNEL_DELETE", 2, &gone), Instant::now());
    let batch = book.take_batch();
    assert_eq!((batch.closed, batch.channels), (vec![FORUM], Vec::new()));
    let gaps = batch.gaps.iter().map(|gap| (gap.reason, gap.after));
    let expected = (GapReason::ChannelGone, just_before(NOW_MS));
    assert_eq!(gaps.collect::<Vec<_>>(), [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_hides_a_forum_just_before_the_process_ends_is_noticed_by_the_next_one() {
    let mut before = watching();
    let batch = before.take_batch();
    let loaded = Loaded {
        session: batch.session,
        watermark_ms: batch.watermark_ms.unwrap(),
        channels: batch.channels,
    };
    let mut book = Book::new(settings(), loaded);
    // The session goes on before the change of roles, so that it is heard once more.
    let role = json!({"guild_id": "7", "role": {"id": "9", "permissions": "0"}});
    book.observe(&event("GUILD_ROLE_UPDATE", 2, &role), Instant::now());
    look(&mut book, Vec::new());
    assert!(book.channels[&POST].dirty.is_some());
    let unseen = book.take_batch().channels;
    let unseen = unseen.iter().find(|channel| channel.is_forum);
    assert!(unseen.unwrap().unseen_ms.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_watched_thread_is_missed_with_a_channel_that_is_not_watched() {
    let watch = crate::Watch::Some(BTreeSet::from([POST]));
    let settings = Settings {
        watch,
        ..Settings::new(GUILD)
    };
    let mut book = Book::new(settings, Loaded::default());
    book.observe(&ready(1, "first"), Instant::now());
    book.observe(&Observed::Lapsed, Instant::now());
    look(&mut book, vec![forum(), post()]);
    book.wish(Wish::Scrub);
    look(&mut book, Vec::new());
    assert!(book.channels[&POST].dirty.is_some());
}
