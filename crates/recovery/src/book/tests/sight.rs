//! What the bot may not see, for a while or not any more.

use std::time::Duration;

use super::*;
use crate::limits::LOOK_PAUSE;

/// A book that goes on with its session, and with a channel that is dirty.
fn restarted(reason: DirtyReason) -> Book {
    let channel = Channel {
        id: HERE,
        guild_id: GUILD,
        parent_id: None,
        is_thread: false,
        is_forum: false,
        settled_id: None,
        scrubbed_ms: NOW_MS,
        unseen_ms: None,
        dirty: Some(Dirty {
            after: just_before(NOW_MS),
            reason,
        }),
    };
    let session = SessionMark {
        id: "first".to_owned(),
        resume_url: None,
        sequence: 1,
    };
    let loaded = Loaded {
        session: Some(session),
        watermark_ms: NOW_MS,
        channels: vec![channel],
    };
    Book::new(Settings::new(GUILD), loaded)
}

fn refuse(book: &mut Book) -> Vec<Gap> {
    let order = order(book);
    book.fail(&order, ReadFailure::Refused, Instant::now());
    let batch = book.take_batch();
    let dirty = batch.channels[0].dirty.unwrap();
    assert_eq!(dirty.reason, DirtyReason::Refused);
    batch.gaps
}

#[tokio::test(start_paused = true)]
async fn an_empty_page_of_a_channel_of_which_no_message_is_known_is_believed_if_it_may_be_read() {
    for (probed, is_clean) in [(Probed::Allowed, true), (Probed::Blind, false)] {
        for reason in [DirtyReason::Refused, DirtyReason::Lapse] {
            let mut book = restarted(reason);
            let first = order(&mut book);
            assert_eq!(book.probe_for(&first), Probe::Any(HERE.cast()));
            let probed = Some(probed);
            let empty = page([]);
            book.turn(&first, Page { probed, ..empty });
            let dirty = book.channels[&HERE].dirty.map(|dirty| dirty.reason);
            assert_eq!(dirty, (!is_clean).then_some(DirtyReason::Refused));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_follows_what_had_settled_when_its_page_was_asked_for_and_not_when_it_came() {
    let mut book = begun();
    let last = head(Some(NOW_MS + 90_000));
    begin(&mut book, "second", last, &BTreeSet::new());
    book.take_batch();
    book.hear_time(NOW_MS + 30_000, Instant::now());
    let asked = order(&mut book);
    tokio::time::advance(Duration::from_secs(40)).await;
    prove(&mut book, Instant::now());
    assert_eq!(book.take_batch().watermark_ms, Some(NOW_MS + 51_000));
    book.turn(&asked, page((0..100).map(|n| NOW_MS + 20_000 + n)));
    let dirty = book.take_batch().channels[0].dirty.unwrap();
    assert_eq!(dirty.after, just_before(NOW_MS + 15_000));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_hidden_is_a_gap_from_then_on() {
    let mut book = begun();
    let hidden = json!({"id": HERE.to_string(), "type": 0, "flags": 1 << 17});
    book.observe(&event("CHANNEL_UPDATE", 2, &hidden), Instant::now());
    let [gap] = &*refuse(&mut book) else {
        panic!("one gap")
    };
    assert_eq!((gap.after, gap.to), (just_before(NOW_MS), None));
    // Shown again, it is read from there.
    let shown = json!({"id": HERE.to_string(), "type": 0});
    book.observe(&event("CHANNEL_UPDATE", 3, &shown), Instant::now());
    assert!(book.next_order(Instant::now()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_role_that_hides_a_channel_is_noticed_by_the_lists_at_a_bounded_pace() {
    let mut book = begun();
    let role = || event("GUILD_ROLE_UPDATE", 2, &json!({}));
    book.observe(&role(), Instant::now());
    assert!(book.take_wish(Instant::now()).is_none(), "just looked at");
    tokio::time::advance(LOOK_PAUSE).await;
    look(&mut book, Vec::new());
    assert_eq!(refuse(&mut book)[0].reason, GapReason::Refused);
    book.observe(&role(), Instant::now());
    assert_eq!(
        book.look_due(Instant::now()),
        Some(Instant::now() + LOOK_PAUSE)
    );
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_no_list_names_beside_its_channel_is_asleep_and_read_once() {
    let mut book = begun();
    let thread = json!({"id": "300", "type": 11, "parent_id": HERE.to_string(),
        "newly_created": true});
    book.observe(&event("THREAD_CREATE", 2, &thread), Instant::now());
    while let Some(order) = book.next_order(Instant::now()) {
        book.turn(&order, page([NOW_MS]));
    }
    book.take_batch();
    // Nobody has said that it fell asleep.
    book.hear_time(NOW_MS + 600_000, Instant::now());
    book.wish(Wish::Scrub);
    look(&mut book, vec![head(None)]);
    let asked = order(&mut book);
    assert_eq!(asked.channel_id, Id::new(300));
    assert_eq!(asked.after, just_before(NOW_MS - 1));
    book.turn(&asked, page([NOW_MS + 30_000]));
    let batch = book.take_batch();
    assert_eq!(
        (batch.records.len(), &*batch.closed),
        (1, &[Id::new(300)][..])
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_of_an_outage_of_the_guild_is_vouched_for() {
    let mut book = begun();
    let now = Instant::now();
    let mark = |book: &mut Book, sequence| {
        book.observe(&created(sequence, NOW_MS + 1_000), now);
        book.take_batch().session.map(|mark| mark.sequence)
    };
    book.hear_time(NOW_MS + 60_000, now);
    assert_eq!(mark(&mut book, 2), Some(2));
    let gone = json!({"id": GUILD.to_string(), "unavailable": true});
    book.observe(&event("GUILD_DELETE", 3, &gone), now);
    book.observe(&event("TYPING_START", 9, &json!({})), now);
    // Whoever goes on with the session hears of the outage, too.
    assert!(book.mark().is_some_and(|mark| mark.sequence == 2));
    let away = std::sync::Arc::new([GUILD]);
    book.observe(&Observed::Acknowledged { sent: now, away }, now);
    book.message_came(GUILD, message_id(NOW_MS + 60_000));
    assert_eq!(book.take_batch().watermark_ms, None);
    prove(&mut book, now);
    assert!(book.take_batch().watermark_ms.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_guild_that_throws_the_bot_out_is_a_gap_from_then_on() {
    let mut book = begun();
    let left = event("GUILD_DELETE", 2, &json!({"id": GUILD.to_string()}));
    book.observe(&left, Instant::now());
    assert_eq!(refuse(&mut book)[0].after, just_before(NOW_MS));
}

/// What is told of a channel that is deleted after this event, once the lists have come or before.
async fn deleted_after(name: &str, change: &serde_json::Value, has_looked: bool) -> Vec<Gap> {
    let mut book = begun();
    let first = json!({"role": {"id": "5", "permissions": "1024", "color": 1}});
    book.observe(&event("GUILD_ROLE_UPDATE", 2, &first), Instant::now());
    tokio::time::advance(LOOK_PAUSE).await;
    look(&mut book, vec![head(Some(NOW_MS))]);
    book.observe(&event(name, 3, change), Instant::now());
    tokio::time::advance(LOOK_PAUSE).await;
    if has_looked {
        look(&mut book, vec![head(Some(NOW_MS))]);
    }
    let deleted = json!({"id": HERE.to_string()});
    book.observe(&event("CHANNEL_DELETE", 4, &deleted), Instant::now());
    book.take_batch().gaps
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_deleted_before_it_is_known_what_roles_hide_may_have_been_hidden() {
    let role = |permissions: &str, color: u32| json!({"role": {"id": "5", "permissions": permissions, "color": color}});
    for (name, change, may_hide) in [
        ("GUILD_ROLE_UPDATE", role("1024", 2), false),
        ("GUILD_ROLE_UPDATE", role("0", 1), true),
        ("GUILD_ROLE_DELETE", json!({"role_id": "5"}), true),
        ("GUILD_MEMBER_UPDATE", json!({"user": {"id": "1"}}), true),
    ] {
        let gaps = deleted_after(name, &change, false).await;
        let told = gaps.first().map(|gap| (gap.reason, gap.after));
        let expected = (GapReason::ChannelGone, just_before(NOW_MS));
        assert_eq!(told, may_hide.then_some(expected), "{name} {change}");
        assert_eq!(deleted_after(name, &change, true).await, [], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_on_record_up_to_the_first_event_whose_lists_have_not_come() {
    let mut book = begun();
    let role = |sequence: u64| {
        let role =
            json!({"guild_id": "7", "role": {"id": "9", "permissions": sequence.to_string()}});
        event("GUILD_ROLE_UPDATE", sequence, &role)
    };
    let reached = |book: &Book| book.mark().map(|mark| mark.sequence);
    book.observe(&role(5), Instant::now());
    book.observe(&created(6, NOW_MS + 1_000), Instant::now());
    assert_eq!(reached(&book), Some(4));
    tokio::time::advance(LOOK_PAUSE).await;
    let asked = book.take_wish(Instant::now()).unwrap();
    // The lists on their way may not know of it.
    book.observe(&role(7), Instant::now());
    assert_eq!(reached(&book), Some(4));
    book.survey(&survey(asked, vec![head(Some(NOW_MS))]), &BTreeSet::new());
    assert_eq!(reached(&book), Some(6));
    tokio::time::advance(LOOK_PAUSE).await;
    look(&mut book, vec![head(Some(NOW_MS))]);
    assert_eq!(reached(&book), Some(7));
}
