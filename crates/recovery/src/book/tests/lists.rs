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
    let (wish, generation) = book.take_wish().unwrap();
    book.observe(&event("CHANNEL_DELETE", 2, &json!({"id": HERE})), now);
    drop(book.take_batch());
    let survey = Survey {
        wish,
        generation,
        heads: vec![head(Some(NOW_MS)), other(101)],
        hidden: Vec::new(),
    };
    book.survey(&survey, &HashSet::new());
    let met: Vec<_> = book.take_batch().channels.iter().map(|it| it.id).collect();
    assert_eq!(met, [Id::new(101)]);
    // The next lists know it, if it is there.
    begin(&mut book, "third", head(Some(NOW_MS)), &HashSet::new());
    assert!(book.take_batch().channels.iter().any(|it| it.id == HERE));
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
        &HashSet::new(),
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
