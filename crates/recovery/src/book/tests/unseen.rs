//! Threads that were archived while their channel was hidden.

use super::*;
use crate::limits::LOOK_PAUSE;

/// What is written in the channel while nobody sees it: the last of it says that a thread was opened.
const LATER_MS: u64 = NOW_MS + 60_000;

fn archived() -> Head {
    Head {
        id: Id::new(300),
        parent_id: Some(HERE),
        is_thread: true,
        is_archived: true,
        ..head(Some(LATER_MS))
    }
}

fn tell(book: &mut Book, flags: u64) {
    let channel = json!({"id": HERE.to_string(), "type": 0, "flags": flags});
    book.observe(&event("CHANNEL_UPDATE", 2, &channel), Instant::now());
}

/// The channel is hidden, asked for in vain, shown again and read.
fn hide_and_show(book: &mut Book) {
    tell(book, 1 << 17);
    let asked = order(book);
    book.fail(&asked, ReadFailure::Refused, Instant::now());
    assert!(
        book.archives(Wish::Look).of(&[]).is_empty(),
        "no list names it"
    );
    tell(book, 0);
    read(book);
}

fn read(book: &mut Book) {
    let asked = order(book);
    book.turn(&asked, page([LATER_MS]));
    assert!(book.channels[&HERE].dirty.is_none());
}

/// The lists that are wished for, once they may be asked for, and whose archived threads are.
async fn wished(book: &mut Book) -> ((Wish, u64), Vec<(Id<ChannelMarker>, bool)>) {
    tokio::time::advance(LOOK_PAUSE).await;
    let wished = book.take_wish(Instant::now()).unwrap();
    let listed = book.archives(wished.0).of(&[head(Some(LATER_MS))]);
    tokio::time::advance(Duration::from_millis(1)).await;
    (wished, listed)
}

#[tokio::test(start_paused = true)]
async fn what_was_archived_in_a_channel_that_was_hidden_is_read_once_it_is_shown() {
    let mut book = begun();
    hide_and_show(&mut book);
    let (wished, listed) = wished(&mut book).await;
    assert_eq!(listed, [(HERE, false)]);
    // Others have moved the watermark on meanwhile.
    book.observe(&acknowledged(Instant::now()), Instant::now());
    let since_ms = book.archives(wished.0).since_ms(HERE);
    assert!(since_ms < NOW_MS && since_ms > NOW_MS - 4_000_000);
    let lists = survey(wished, vec![head(Some(LATER_MS)), archived()]);
    book.survey(&lists, &HashSet::new());
    assert_eq!(book.channels[&archived().id].dirty.unwrap().after, None);
    let none = book.archives(Wish::Look).of(&[head(Some(LATER_MS))]);
    assert!(none.is_empty(), "once is enough");
}

#[tokio::test(start_paused = true)]
async fn what_is_hidden_again_while_the_lists_are_on_their_way_is_listed_once_more() {
    let mut book = begun();
    hide_and_show(&mut book);
    let (first, _) = wished(&mut book).await;
    tell(&mut book, 1 << 17);
    book.survey(&survey(first, vec![head(Some(LATER_MS))]), &HashSet::new());
    tell(&mut book, 0);
    read(&mut book);
    assert_eq!(wished(&mut book).await.1, [(HERE, false)]);
}

#[tokio::test(start_paused = true)]
async fn archived_threads_that_discord_does_not_show_are_listed_once_it_does() {
    let mut book = begun();
    let now = Instant::now();
    book.observe(&ready(1, "second"), now);
    book.observe(&Observed::Lapsed, now);
    let gap = book.take_wish(now).unwrap();
    let mut lists = survey(gap, vec![head(Some(LATER_MS))]);
    lists.refused.insert(HERE);
    book.survey(&lists, &HashSet::new());
    read(&mut book);
    assert_eq!(wished(&mut book).await.1, [(HERE, false)]);
}

#[tokio::test(start_paused = true)]
async fn archived_threads_that_cannot_be_listed_are_a_gap_from_where_the_channel_was_hidden() {
    let mut book = begun();
    hide_and_show(&mut book);
    book.take_batch();
    let (wished, _) = wished(&mut book).await;
    let mut lists = survey(wished, vec![head(Some(LATER_MS))]);
    lists.unlisted.insert(HERE);
    book.survey(&lists, &HashSet::new());
    let gaps = book.take_batch().gaps;
    let gaps = gaps.iter().map(|gap| (gap.reason, gap.after));
    let expected = (GapReason::Unlisted, just_before(NOW_MS - 1));
    assert_eq!(gaps.collect::<Vec<_>>(), [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_turns_up_in_the_lists_has_all_its_archived_threads_listed() {
    let mut book = begun();
    let old = Head {
        id: Id::new((NOW_MS - 90_000_000 - EPOCH_MS) << 22),
        ..head(Some(LATER_MS))
    };
    book.wish(Wish::Scrub);
    look(&mut book, vec![head(Some(NOW_MS)), old.clone()]);
    let archives = book.archives(Wish::Look);
    assert_eq!(archives.of(std::slice::from_ref(&old)), [(old.id, false)]);
    assert!(archives.since_ms(old.id) < NOW_MS - 90_000_000);
}

#[tokio::test(start_paused = true)]
async fn threads_that_were_refused_with_their_channel_are_asked_for_when_it_is_shown() {
    let mut book = begun();
    let thread = json!({"id": "300", "type": 11, "parent_id": HERE.to_string()});
    book.observe(&event("THREAD_UPDATE", 2, &thread), Instant::now());
    let asked = order(&mut book);
    assert_eq!(asked.channel_id, Id::new(300));
    book.fail(&asked, ReadFailure::Refused, Instant::now());
    assert!(book.next_order(Instant::now()).is_none());
    // Of the permission to read, Discord says nothing of threads.
    tell(&mut book, 0);
    let again = book.next_order(Instant::now()).unwrap();
    assert_eq!(again.channel_id, Id::new(300));
}
