//! What is new waits for what is older.

use super::*;
use crate::{Record, Sight};

#[tokio::test(start_paused = true)]
async fn what_waits_and_is_deleted_unheard_is_told_and_told_as_missing() {
    let mut book = begun();
    let now = Instant::now();
    book.observe(&ready(1, "second"), now);
    book.observe(&created(2, NOW_MS + 1_000), now);
    begin(
        &mut book,
        "third",
        head(Some(NOW_MS + 2_000)),
        &BTreeSet::new(),
    );
    book.hear_time(NOW_MS + 60_000, now);
    let order = order(&mut book);
    drop(book.take_batch());
    book.turn(&order, page([NOW_MS + 2_000]));
    let records = book.take_batch().records;
    let told: Vec<_> = records.iter().map(|record| &record.sight).collect();
    assert!(
        matches!(told[..], [Sight::Read(_), Sight::Created(gone), Sight::Missed(id, _)] if gone.id == *id),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_on_record_waits_for_nothing_and_a_second_look_is_believed() {
    let deleted = |sequence, ms| {
        let data = json!({"id": message_id(ms).to_string(), "channel_id": HERE.to_string()});
        event("MESSAGE_DELETE", sequence, &data)
    };
    let mut book = begun();
    let now = Instant::now();
    begin(
        &mut book,
        "second",
        head(Some(NOW_MS + 9_000)),
        &BTreeSet::new(),
    );
    drop(book.take_batch());
    book.observe(&created(2, NOW_MS - 1), now);
    book.observe(&deleted(3, NOW_MS + 5_000), now);
    book.observe(&created(4, NOW_MS + 6_000), now);
    book.observe(&created(5, NOW_MS + 7_000), now);
    book.observe(&deleted(6, NOW_MS + 7_000), now);
    assert_eq!(book.take_batch().records.len(), 2);
    // A page without the one that waits; and then one with it.
    book.hear_time(NOW_MS + 60_000, now);
    let first = order(&mut book);
    let full = (0..99).chain([8_000]).map(|n| NOW_MS + n);
    book.turn(&first, page(full));
    let second = book.next_order(now).unwrap();
    book.turn(&second, page([6_000, 9_000].map(|n| NOW_MS + n)));
    let records = book.take_batch().records;
    let is_missed = |record: &&Record| matches!(record.sight, Sight::Missed(..));
    let missed = records.iter().filter(is_missed);
    let missed: Vec<_> = missed.map(|record| record.sight.message_id()).collect();
    assert_eq!(missed, [message_id(NOW_MS + 7_000)]);
    let last = records.last().map(|record| record.sight.message_id());
    assert_eq!(last, Some(message_id(NOW_MS + 7_000)));
}

#[tokio::test(start_paused = true)]
async fn what_is_new_waits_neither_for_what_is_refused_nor_for_ever() {
    let mut book = begun();
    let now = Instant::now();
    let last = NOW_MS + 60_000;
    begin(&mut book, "second", head(Some(last)), &BTreeSet::new());
    drop(book.take_batch());
    book.observe(&created(2, last + 1), now);
    assert_eq!(book.take_batch().records.len(), 0);
    let due = book.next_due().unwrap();
    book.release_overdue(due);
    assert_eq!(book.take_batch().records.len(), 1);
    book.observe(&created(3, last + 2), due);
    assert_eq!(book.take_batch().records.len(), 1, "nor does the next one");

    begin(&mut book, "third", head(Some(last)), &BTreeSet::new());
    let order = order(&mut book);
    book.observe(&created(2, last + 3), due);
    book.fail(&order, ReadFailure::Refused, due);
    drop(book.take_batch());
    book.observe(&created(3, last + 4), due);
    assert_eq!(book.take_batch().records.len(), 1);
    // Until it is allowed again, and what is older comes first.
    let order = order_again(&mut book, due);
    book.turn(&order, page((0..100).map(|n| NOW_MS + n)));
    drop(book.take_batch());
    book.observe(&created(4, last + 5), due);
    assert_eq!(book.take_batch().records.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_changes_a_message_waits_behind_what_waits_of_it() {
    // How: pinned while its channel is read, taken down when the cursor has passed it. Neither is an edit,
    // so only their order tells what is so now.
    let pinned = |sequence, pinned: bool| {
        let data = json!({"id": message_id(NOW_MS + 50).to_string(), "channel_id": HERE.to_string(),
            "author": {"id": "1"}, "pinned": pinned});
        event("MESSAGE_UPDATE", sequence, &data)
    };
    let mut book = begun();
    let (now, last) = (Instant::now(), head(Some(NOW_MS + 9_000)));
    begin(&mut book, "second", last, &BTreeSet::new());
    book.hear_time(NOW_MS + 60_000, now);
    book.observe(&pinned(2, true), now);
    let first = order(&mut book);
    book.turn(&first, page((0..100).map(|n| NOW_MS + n)));
    book.observe(&pinned(3, false), now);
    let second = book.next_order(now).unwrap();
    book.turn(&second, page([NOW_MS + 99, NOW_MS + 9_000]));
    let records = book.take_batch().records;
    let updates = records.iter().filter_map(|record| match &record.sight {
        Sight::Updated(message) => Some(message.json.get().contains("true")),
        _ => None,
    });
    assert_eq!(updates.collect::<Vec<_>>(), [true, false]);
}

/// The page that is read when Discord may have changed its mind.
fn order_again(book: &mut Book, now: Instant) -> Order {
    book.observe(&event("GUILD_ROLE_UPDATE", 4, &json!({})), now);
    let asks = book.next_order(now).unwrap();
    let expected = Some(std::collections::BTreeSet::new());
    book.turn(
        &asks,
        Page {
            expected,
            ..Page::default()
        },
    );
    book.next_order(now).unwrap()
}
