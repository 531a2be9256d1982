//! What an acknowledged heartbeat is worth.

use super::*;
use crate::{
    Unheard,
    limits::{OVERDUE_AFTER, PROOF_EVERY, SETTLE},
};

const SETTLE_MS: u64 = SETTLE.as_secs() * 1_000;

/// A book whose guild has been quiet since, and in which a heartbeat was acknowledged after a minute.
async fn quiet() -> Book {
    let mut book = begun();
    book.hear_time(NOW_MS + 60_000, Instant::now());
    book.observe(&acknowledged(Instant::now()), Instant::now());
    assert_eq!(book.take_batch().watermark_ms, None);
    let due = book.next_due().unwrap();
    assert_eq!(due, Instant::now() + PROOF_EVERY);
    book.wish_for_proof(due - Duration::from_secs(1));
    assert!(book.take_wish(Instant::now()).is_none());
    tokio::time::advance(PROOF_EVERY).await;
    book
}

/// The lists come, and name this message.
fn list(book: &mut Book, last_ms: u64, on_record: &[Id<MessageMarker>]) {
    book.wish_for_proof(Instant::now());
    let wished = book.take_wish(Instant::now()).unwrap();
    let lists = survey(wished, vec![head(Some(last_ms))]);
    assert_eq!(book.asks(&lists), [message_id(last_ms)]);
    book.survey(&lists, &on_record.iter().copied().collect());
}

fn read(book: &mut Book, page: Page) {
    let order = order(book);
    book.turn(&order, page);
    assert!(book.next_order(Instant::now()).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_proves_nothing_that_no_younger_message_has_followed() {
    let mut book = begun();
    book.hear_time(NOW_MS + 60_000, Instant::now());
    book.observe(&acknowledged(Instant::now()), Instant::now());
    // What was held back may come now, one after the other.
    book.observe(&created(2, NOW_MS + 40_000), Instant::now());
    let watermark_ms = Some(NOW_MS + 40_000 - SETTLE_MS);
    assert_eq!(book.take_batch().watermark_ms, watermark_ms);
    book.observe(&created(3, NOW_MS + 70_000), Instant::now());
    let watermark_ms = Some(NOW_MS + 60_000 - SETTLE_MS);
    assert_eq!(book.take_batch().watermark_ms, watermark_ms);
    assert_eq!(book.next_due(), None);
}

#[tokio::test(start_paused = true)]
async fn in_a_quiet_guild_lists_that_name_what_is_known_prove_it() {
    let mut book = quiet().await;
    list(&mut book, NOW_MS, &[]);
    let batch = book.take_batch();
    assert_eq!(batch.watermark_ms, Some(NOW_MS + 60_000 - SETTLE_MS));
    assert!(book.next_order(Instant::now()).is_none());
    assert_eq!(book.next_due(), None, "and once is enough");
}

#[tokio::test(start_paused = true)]
async fn what_the_lists_name_and_nobody_told_of_is_read() {
    let mut book = quiet().await;
    book.hear_time(NOW_MS + 360_000, Instant::now());
    let withheld_ms = NOW_MS + 30_000;
    list(&mut book, withheld_ms, &[]);
    let dirty = book.take_batch().channels[0].dirty.unwrap();
    assert_eq!(dirty.after, just_before(NOW_MS));
    assert_eq!(book.standing(0).unheard, None, "it may be deleted");
    read(&mut book, page([withheld_ms]));
    let unheard = Unheard {
        guild_id: GUILD,
        message_id: message_id(withheld_ms),
    };
    assert_eq!(book.standing(0).unheard, Some(unheard));
    let typing = event("TYPING_START", 9, &json!({}));
    book.observe(&typing, Instant::now());
    assert_eq!(book.standing(0).unheard, None, "something is told");
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_the_watermark_and_not_known_is_read_all_the_same() {
    for wish in [Wish::Look, Wish::Gap] {
        let mut book = begun();
        book.hear_time(NOW_MS + 200_000, Instant::now());
        prove(&mut book, Instant::now());
        tokio::time::advance(PROOF_EVERY).await;
        if wish == Wish::Gap {
            book.observe(&Observed::Lapsed, Instant::now());
        }
        book.wish(wish);
        list(&mut book, NOW_MS + 10_000, &[]);
        let dirty = book.channels[&HERE].dirty.unwrap();
        // Others may be missing before it, up to where the channel was verified.
        assert_eq!(dirty.after, just_before(NOW_MS));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_deleted_unheard_is_looked_for_once() {
    let mut book = quiet().await;
    for round in 0..3 {
        book.hear_time(NOW_MS + 360_000 * (round + 1), Instant::now());
        list(&mut book, NOW_MS + 30_000, &[]);
        if round == 0 {
            // Beside one that was not the last.
            read(&mut book, page([NOW_MS + 20_000]));
        }
        assert!(book.next_order(Instant::now()).is_none());
        assert_eq!(book.standing(0).unheard, None);
        book.observe(&acknowledged(Instant::now()), Instant::now());
        tokio::time::advance(PROOF_EVERY).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_young_to_be_missed_proves_nothing_and_is_not_read() {
    let mut book = quiet().await;
    book.hear_time(NOW_MS + 360_000, Instant::now());
    let young_ms = NOW_MS + 360_001 - milliseconds(OVERDUE_AFTER);
    list(&mut book, young_ms, &[]);
    assert!(book.next_order(Instant::now()).is_none());
    assert_eq!(book.take_batch().watermark_ms, None);
    // It comes, late.
    book.observe(&created(2, young_ms), Instant::now());
    let watermark_ms = Some(NOW_MS + 60_000 - SETTLE_MS);
    assert_eq!(book.take_batch().watermark_ms, watermark_ms);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_guild_is_looked_at_again_after_its_lists_failed_or_a_busy_one_came_between() {
    let guild_ids = vec![GUILD, Id::new(8)];
    let settings = Settings {
        guild_ids,
        ..Settings::new(GUILD)
    };
    let mut book = Book::new(settings, Loaded::default());
    begin(&mut book, "first", head(Some(NOW_MS)), &BTreeSet::new());
    book.hear_time(NOW_MS + 60_000, Instant::now());
    book.observe(&acknowledged(Instant::now()), Instant::now());
    book.take_batch();
    // The other guild is quiet.
    book.observe(&created(2, NOW_MS + 90_000), Instant::now());
    assert_eq!(book.take_batch().watermark_ms, None);
    tokio::time::advance(PROOF_EVERY).await;
    list(&mut book, NOW_MS + 90_000, &[message_id(NOW_MS + 90_000)]);
    let watermark_ms = Some(NOW_MS + 60_000 - SETTLE_MS);
    assert_eq!(book.take_batch().watermark_ms, watermark_ms);
}

#[tokio::test(start_paused = true)]
async fn a_guild_that_told_something_meanwhile_is_not_deaf() {
    let mut book = quiet().await;
    book.hear_time(NOW_MS + 360_000, Instant::now());
    list(&mut book, NOW_MS + 30_000, &[]);
    let typing = event("TYPING_START", 9, &json!({}));
    book.observe(&typing, Instant::now());
    read(&mut book, page([NOW_MS + 30_000]));
    assert_eq!(book.standing(0).unheard, None);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_lay_behind_where_reading_began_is_not_settled() {
    let mut book = begun();
    book.hear_time(NOW_MS + 200_000, Instant::now());
    prove(&mut book, Instant::now());
    book.doubt(HERE);
    // A list names one that is older, while the channel is read.
    book.last_is(HERE, message_id(NOW_MS + 10_000));
    read(&mut book, page([]));
    let settled = book.channels[&HERE].settled_id;
    assert_ne!(settled, Some(message_id(NOW_MS + 10_000)));
}

#[tokio::test(start_paused = true)]
async fn a_post_that_is_not_known_has_its_forum_searched_once_and_proves_nothing() {
    let mut book = quiet().await;
    let forum = Head {
        id: Id::new(400),
        is_forum: true,
        ..head(Some(NOW_MS + 30_000))
    };
    let lists = |book: &mut Book| {
        book.wish_for_proof(Instant::now());
        let wished = book.take_wish(Instant::now()).unwrap();
        let lists = survey(wished, vec![head(Some(NOW_MS)), forum.clone()]);
        assert!(book.asks(&lists).contains(&message_id(NOW_MS + 30_000)));
        let archives = book.archives(wished.0).of(&lists.heads);
        book.survey(&lists, &BTreeSet::new());
        archives
    };
    assert_eq!(lists(&mut book), []);
    assert_eq!(book.take_batch().watermark_ms, None);
    tokio::time::advance(crate::limits::LOOK_PAUSE).await;
    assert_eq!(lists(&mut book), [(forum.id, false)]);
    // It was deleted.
    book.observe(&acknowledged(Instant::now()), Instant::now());
    tokio::time::advance(PROOF_EVERY).await;
    assert_eq!(lists(&mut book), []);
    assert!(book.take_batch().watermark_ms.is_some());
}

#[tokio::test(start_paused = true)]
async fn the_first_page_of_a_process_tells_what_is_missing_of_it_although_no_time_was_known_then() {
    let mut book = begun();
    book.doubt(HERE);
    let asks = book.next_order(Instant::now()).unwrap();
    let gone = message_id(NOW_MS + 10_000);
    let expected = Some(BTreeSet::from([gone]));
    book.turn(
        &asks,
        Page {
            expected,
            ..page([])
        },
    );
    let asked = book.next_order(Instant::now()).unwrap();
    // The answer tells the time.
    book.hear_time(NOW_MS + 60_000, Instant::now());
    book.turn(&asked, page([NOW_MS + 20_000]));
    let records = book.take_batch().records;
    let is_missed =
        |record: &crate::Record| matches!(record.sight, crate::Sight::Missed(id, _) if id == gone);
    assert!(records.iter().any(is_missed), "{records:?}");
}
