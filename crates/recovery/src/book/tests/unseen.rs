//! Threads that were archived while their channel was hidden.

use super::*;
use crate::limits::LOOK_PAUSE;

/// What is written in the channel while nobody sees it: the last of it says that a thread was opened.
const LATER_MS: u64 = NOW_MS + 60_000;

/// How much earlier archived threads are listed.
const HOUR_MS: u64 = 3_600_000;

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
    prove(&mut book, Instant::now());
    let since_ms = book.archives(wished.0).since_ms(HERE);
    assert_eq!(since_ms, NOW_MS - HOUR_MS);
    let lists = survey(wished, vec![head(Some(LATER_MS)), archived()]);
    book.survey(&lists, &BTreeSet::new());
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
    book.survey(&survey(first, vec![head(Some(LATER_MS))]), &BTreeSet::new());
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
    book.survey(&lists, &BTreeSet::new());
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
    book.survey(&lists, &BTreeSet::new());
    let gaps = book.take_batch().gaps;
    let gaps = gaps.iter().map(|gap| (gap.reason, gap.after));
    let expected = (GapReason::Unlisted, just_before(NOW_MS));
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
    assert_eq!(listed(&book, &old), [(old.id, false)]);
    let since_ms = book.archives(Wish::Look).since_ms(old.id);
    assert_eq!(since_ms, NOW_MS - 90_000_000 - HOUR_MS);
}

/// Whose archived threads would be listed if the lists named this.
fn listed(book: &Book, head: &Head) -> Vec<(Id<ChannelMarker>, bool)> {
    book.archives(Wish::Look).of(std::slice::from_ref(head))
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_seen_is_on_record_until_its_archived_threads_were_listed() {
    let mut book = begun();
    let session = book.mark();
    hide_and_show(&mut book);
    // Killed before the lists come.
    let batch = book.take_batch();
    let [channel] = &batch.channels[..] else {
        panic!("one channel")
    };
    assert_eq!((channel.dirty, channel.unseen_ms), (None, Some(NOW_MS)));
    let loaded = Loaded {
        session,
        watermark_ms: LATER_MS,
        channels: batch.channels,
    };
    let mut book = Book::new(Settings::new(GUILD), loaded);
    assert_eq!(book.archives(Wish::Look).since_ms(HERE), NOW_MS - HOUR_MS);
    let (first, asked) = wished(&mut book).await;
    assert_eq!(asked, [(HERE, false)]);
    book.survey(&survey(first, vec![head(Some(LATER_MS))]), &BTreeSet::new());
    assert_eq!(book.take_batch().channels[0].unseen_ms, None);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_no_list_names_is_unseen_since_the_last_lists_that_did() {
    for wish in [Wish::Look, Wish::Gap] {
        let mut book = begun();
        book.hear_time(LATER_MS, Instant::now());
        prove(&mut book, Instant::now());
        assert_eq!(book.watermark_ms, LATER_MS - 15_000);
        tokio::time::advance(LOOK_PAUSE).await;
        if wish == Wish::Gap {
            book.observe(&Observed::Lapsed, Instant::now());
        }
        book.wish(wish);
        look(&mut book, Vec::new());
        let expected = if wish == Wish::Gap {
            LATER_MS - 15_000
        } else {
            NOW_MS
        };
        assert_eq!(book.channels[&HERE].unseen_ms, Some(expected));
        // It can be read, and what names no threads is not asked again and again.
        read(&mut book);
        assert!(book.take_wish(Instant::now() + LOOK_PAUSE).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_guild_that_throws_the_bot_out_nothing_is_seen_from_then_on() {
    let mut book = begun();
    let gone = json!({"id": GUILD.to_string()});
    book.observe(&event("GUILD_DELETE", 2, &gone), Instant::now());
    assert_eq!(book.channels[&HERE].unseen_ms, Some(NOW_MS));
    assert_eq!(listed(&book, &head(Some(LATER_MS))), [(HERE, false)]);
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
