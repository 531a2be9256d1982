//! What somebody waits for is read first.

use super::*;
use crate::limits::{PREFERRED_MAX, READ_AT_ONCE};

const AWAITED: Id<ChannelMarker> = Id::new(150);

/// So many channels that not all are read at once, with a full page to read in each; the one that is waited
/// for is the last.
fn heads() -> Vec<Head> {
    let others = (0..2 * READ_AT_ONCE as u64).map(|number| Id::new(1_000 + number));
    let ids = others.chain([AWAITED]);
    ids.map(|id| Head {
        id,
        ..head(Some(NOW_MS + 60_000))
    })
    .collect()
}

/// A gap in all of them, and who is waited for before the lists of it are there.
fn gap(book: &mut Book, session: &str, preferred: &[Id<ChannelMarker>]) {
    let now = Instant::now();
    book.observe(&ready(1, session), now);
    book.observe(&Observed::Lapsed, now);
    for id in preferred {
        book.prefer(*id);
    }
    look(book, heads());
}

fn watching() -> Book {
    let mut book = Book::new(Settings::new(GUILD), Loaded::default());
    gap(&mut book, "first", &[]);
    book.hear_time(NOW_MS + 90_000, Instant::now());
    book
}

/// The channels that are read next, as one place after the other becomes free; the pages are full.
fn read(book: &mut Book, count: usize) -> Vec<Id<ChannelMarker>> {
    let mut read = Vec::new();
    while read.len() < count {
        let order = book.next_order(Instant::now()).unwrap();
        if order.asks_expected {
            let expected = Some(BTreeSet::new());
            let page = Page {
                expected,
                ..Page::default()
            };
            book.turn(&order, page);
        } else {
            read.push(order.channel_id);
            let after_ms = crate::snowflake::created_ms(order.after.unwrap());
            book.turn(&order, page((1..101).map(|n| after_ms + n)));
        }
    }
    read
}

#[tokio::test(start_paused = true)]
async fn what_somebody_waits_for_is_read_first_until_nothing_is_missing() {
    // How: it is asked for before it is known that anything is missing, and the gap is followed by another.
    let mut book = watching();
    gap(&mut book, "second", &[AWAITED]);
    assert_eq!(read(&mut book, 3), [AWAITED; 3]);
    gap(&mut book, "third", &[]);
    assert_eq!(read(&mut book, 3), [AWAITED; 3]);
    let last = book.next_order(Instant::now()).unwrap();
    assert_eq!(last.channel_id, AWAITED);
    book.turn(&last, page([NOW_MS + 60_000]));
    assert!(!read(&mut book, 3).contains(&AWAITED));
    // It does not last for the next gap.
    gap(&mut book, "fourth", &[]);
    let next = read(&mut book, READ_AT_ONCE);
    let distinct: BTreeSet<_> = next.iter().collect();
    assert_eq!(distinct.len(), next.len(), "in turns");
}

#[tokio::test(start_paused = true)]
async fn what_many_wait_for_leaves_places_to_the_others() {
    let mut book = watching();
    let all: Vec<_> = heads().iter().map(|head| head.id).collect();
    gap(&mut book, "second", &all);
    let now = Instant::now();
    // While all are being read.
    let orders: Vec<_> = std::iter::from_fn(|| book.next_order(now)).collect();
    assert_eq!(orders.len(), READ_AT_ONCE);
    let preferred = &all[..PREFERRED_MAX];
    let read_first = orders.iter().map(|order| order.channel_id);
    let read_first: BTreeSet<_> = read_first.take(PREFERRED_MAX).collect();
    assert_eq!(read_first, preferred.iter().copied().collect());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_what_is_clean_or_refused() {
    let mut book = watching();
    let before = book.held();
    book.prefer(AWAITED);
    assert_eq!(book.held(), before, "nothing is missing of it");
    gap(&mut book, "second", &[AWAITED, Id::new(999)]);
    let order = book.next_order(Instant::now()).unwrap();
    assert_eq!(order.channel_id, AWAITED);
    let held = book.held();
    book.fail(&order, ReadFailure::Refused, Instant::now());
    // It waits for a permission instead of its turn, and for no client.
    assert_eq!(book.held(), held);
    let role = event("GUILD_ROLE_UPDATE", 5, &json!({}));
    book.observe(&role, Instant::now());
    assert!(!read(&mut book, 3).contains(&AWAITED));
}
