//! How the watch says that it stands.

use std::time::Duration;

use tokio::time::advance;

use super::*;

/// The ways in which catching up ends, or comes to nothing.
#[derive(Clone, Copy, Debug)]
enum End {
    Read,
    Refused,
    Blind,
    Gone,
    Deleted,
    Unwatched,
    Interrupted,
}

fn end(book: &mut Book, end: End) {
    let now = Instant::now();
    let deleted = event("CHANNEL_DELETE", 9, &json!({"id": HERE}));
    match end {
        End::Deleted => return book.observe(&deleted, now),
        End::Unwatched => return book.unwatch(HERE),
        End::Interrupted => return,
        _ => {}
    }
    let order = book.next_order(now).unwrap();
    match end {
        End::Refused => book.fail(&order, ReadFailure::Refused, now),
        End::Gone => {
            book.fail(&order, ReadFailure::Gone, now);
            let later = now + crate::limits::GONE_AFTER;
            let again = book.next_order(later).unwrap();
            book.fail(&again, ReadFailure::Gone, later);
        }
        End::Blind => {
            let probed = Some(Probed::Blind);
            let blind = Page {
                probed,
                ..Page::default()
            };
            book.turn(&order, blind);
        }
        _ => book.turn(&order, page([NOW_MS + 200])),
    }
}

#[tokio::test(start_paused = true)]
async fn how_long_it_will_take_is_judged_by_what_is_read_and_not_by_what_once_was() {
    let (last, none) = (head(Some(NOW_MS + 200)), BTreeSet::new());
    for way in [
        End::Read,
        End::Refused,
        End::Blind,
        End::Gone,
        End::Deleted,
        End::Unwatched,
        End::Interrupted,
    ] {
        let mut book = begun();
        book.hear_time(NOW_MS + 60_000, Instant::now());
        for session in ["second", "third"] {
            begin(&mut book, session, last.clone(), &none);
            assert_eq!(book.standing(0).catches_up_in, None, "{way:?}");
            let first = order(&mut book);
            advance(Duration::from_secs(2)).await;
            book.turn(&first, page((0..100).map(|n| NOW_MS + n)));
            let left = book.standing(0).catches_up_in;
            assert_eq!(left, Some(Duration::from_secs(2)), "{way:?}, {session}");
            end(&mut book, way);
            advance(Duration::from_hours(24)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_while_the_lists_come_counts_as_held() {
    let (mut book, now) = (begun(), Instant::now());
    book.wish(Wish::Scrub);
    book.take_wish(Instant::now());
    let before = book.standing(0).held;
    book.observe(&event("CHANNEL_DELETE", 2, &json!({"id": "200"})), now);
    assert_eq!(book.standing(0).held, before + 1);
}
