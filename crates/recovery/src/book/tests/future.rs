//! Ids that name a time which has not come.

use super::*;
use crate::limits::{LOOK_PAUSE, PROOF_EVERY};

/// The last millisecond that an id can name is in the year 2154.
const NEVER: u64 = u64::MAX;

const DAY: Duration = Duration::from_hours(24);

const DAY_MS: u64 = 86_400_000;

/// A book that Discord has told what time it is.
fn told() -> Book {
    let mut book = begun();
    book.hear_time(NOW_MS + 60_000, Instant::now());
    book
}

/// What tells of a message with this id, whatever it tells.
fn events(id: u64) -> [(&'static str, serde_json::Value); 4] {
    let (id, here) = (id.to_string(), HERE.to_string());
    let whole = json!({"id": id, "channel_id": here, "author": {"id": "1"}, "content": "x"});
    let ids = [message_id(NOW_MS + 1).to_string(), id.clone()];
    [
        ("MESSAGE_CREATE", whole.clone()),
        ("MESSAGE_UPDATE", whole),
        ("MESSAGE_DELETE", json!({"id": id, "channel_id": here})),
        (
            "MESSAGE_DELETE_BULK",
            json!({"ids": ids, "channel_id": here}),
        ),
    ]
}

/// A list that names this message as the last one of the channel.
fn lists(id: u64) -> Head {
    Head {
        last_message_id: Some(Id::new(id)),
        ..head(None)
    }
}

/// All that the lists and heartbeats of the next minutes prove.
async fn proven(book: &mut Book, last: Head) -> Option<u64> {
    book.observe(&acknowledged(Instant::now()), Instant::now());
    tokio::time::advance(PROOF_EVERY).await;
    book.wish_for_proof(Instant::now());
    look(book, vec![last]);
    book.take_batch().watermark_ms
}

#[tokio::test(start_paused = true)]
async fn what_is_told_of_a_message_from_the_future_is_counted_and_its_channel_read() {
    for id in [NEVER, message_id(NOW_MS + DAY_MS).get()] {
        for (name, data) in events(id) {
            let mut book = told();
            book.observe(&event(name, 5, &data), Instant::now());
            assert_eq!(book.standing(0).odd.messages, 1, "{name}");
            assert_eq!(book.standing(0).catching_up, 1, "{name}");
            assert!(book.next_order(Instant::now()).is_some(), "{name}");
            let records = book.take_batch().records;
            let told = records.iter().map(|it| it.sight.message_id().get());
            assert!(told.clone().all(|told| told != id), "{name}");
            let is_bulk = name == "MESSAGE_DELETE_BULK";
            assert_eq!(told.count(), usize::from(is_bulk), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_proven_by_a_message_from_the_future() {
    for (name, data) in events(NEVER) {
        let mut book = told();
        book.observe(&event(name, 5, &data), Instant::now());
        let watermark_ms = proven(&mut book, head(Some(NOW_MS))).await;
        assert_eq!(watermark_ms, Some(NOW_MS + 45_000), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_after_a_quiet_week_is_heard_whether_or_not_discord_has_told_the_time_since() {
    for is_told in [false, true] {
        let mut book = told();
        tokio::time::advance(7 * DAY).await;
        if is_told {
            book.hear_time(NOW_MS + 7 * DAY_MS, Instant::now());
        }
        book.observe(&created(2, NOW_MS + 7 * DAY_MS + 61_000), Instant::now());
        assert_eq!(book.standing(0).odd.messages, 0);
        assert_eq!(book.take_batch().records.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn where_discord_does_not_tell_the_time_its_ids_do() {
    let mut book = begun();
    book.observe(&created(2, NOW_MS + 7 * DAY_MS), Instant::now());
    assert_eq!(book.standing(0).odd.messages, 0);
    let batch = book.take_batch();
    assert_eq!((batch.records.len(), batch.latest_ms), (1, None));
    // What was believed before it tells is not.
    book.hear_time(NOW_MS + 60_000, Instant::now());
    let watermark_ms = proven(&mut book, head(Some(NOW_MS))).await;
    assert_eq!(watermark_ms, Some(NOW_MS + 45_000));
}

#[tokio::test(start_paused = true)]
async fn while_this_machine_slept_discords_time_has_passed_and_nothing_of_it_is_lost() {
    let mut book = told();
    book.observe(&created(2, NOW_MS + DAY_MS), Instant::now());
    assert_eq!(book.standing(0).odd.messages, 1);
    let order = order(&mut book);
    // The answer that it is read with tells the time.
    book.hear_time(NOW_MS + DAY_MS, Instant::now());
    book.turn(&order, page([NOW_MS + DAY_MS]));
    book.observe(&created(3, NOW_MS + DAY_MS + 1_000), Instant::now());
    assert_eq!(book.standing(0).odd.messages, 1);
    let batch = book.take_batch();
    assert_eq!(batch.records.len(), 2);
    assert!(batch.latest_ms > Some(NOW_MS + DAY_MS + 1_000));
}

#[tokio::test(start_paused = true)]
async fn a_watch_does_not_begin_in_the_future() {
    for start in [Start::Now, Start::Beginning, Start::Since(NOW_MS)] {
        let settings = Settings {
            start,
            ..Settings::new(GUILD)
        };
        let mut book = Book::new(settings, Loaded::default());
        book.hear_time(NOW_MS + 60_000, Instant::now());
        let other = Head {
            id: Id::new(200),
            ..head(Some(NOW_MS))
        };
        book.observe(&ready(1, "first"), Instant::now());
        book.observe(&Observed::Lapsed, Instant::now());
        look(&mut book, vec![lists(NEVER), other]);
        let batch = book.take_batch();
        assert_eq!(batch.watermark_ms, Some(NOW_MS), "{start:?}");
        let verified = batch.channels.iter().map(|channel| channel.scrubbed_ms);
        assert!(verified.max() <= Some(NOW_MS), "{start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_names_a_message_from_the_future_holds_up_no_proof_and_has_its_channel_read() {
    let mut book = told();
    let watermark_ms = proven(&mut book, lists(NEVER)).await;
    assert_eq!(watermark_ms, Some(NOW_MS + 45_000));
    assert_eq!(order(&mut book).channel_id, HERE);
}

#[tokio::test(start_paused = true)]
async fn a_message_from_the_future_that_discord_shows_is_on_record_and_ages_nothing() {
    let mut book = told();
    book.doubt(HERE);
    let order = order(&mut book);
    let mut shown = page([NOW_MS + 30_000, NOW_MS + 31_000]);
    shown.messages[1].id = Id::new(NEVER);
    book.turn(&order, shown);
    let batch = book.take_batch();
    assert_eq!(batch.records.len(), 2);
    let told = batch.records.iter();
    let told = told.map(|record| record.sight.tells_ms(batch.latest_ms));
    assert_eq!(told.collect::<Vec<_>>(), [NOW_MS + 30_000, 0]);
    assert_eq!(book.standing(0).catching_up, 0);
}

#[tokio::test(start_paused = true)]
async fn a_channel_from_the_future_is_asked_of_the_lists_and_verified_from_its_beginning() {
    let channel = json!({"id": NEVER.to_string(), "type": 0, "guild_id": GUILD.to_string()});
    let mut book = told();
    book.observe(&event("CHANNEL_CREATE", 5, &channel), Instant::now());
    assert_eq!(book.standing(0).odd.channels, 1);
    assert_eq!(book.channels.len(), 1);
    let wished = book.take_wish(Instant::now() + LOOK_PAUSE).unwrap();
    assert_eq!(wished.0, Wish::Look);
    let odd = Head {
        id: Id::new(NEVER),
        ..head(Some(NOW_MS))
    };
    let heads = vec![head(Some(NOW_MS)), odd];
    book.survey(&survey(wished, heads), &BTreeSet::new());
    assert_eq!(book.channels[&Id::new(NEVER)].scrubbed_ms, 0);
}
