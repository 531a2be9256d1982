mod edges;
mod forums;
mod future;
mod lists;
mod odd;
mod preferring;
mod proof;
mod sight;
mod standing;
mod threads;
mod unseen;
mod waiting;

use std::{collections::BTreeSet, time::Duration};

use serde_json::{json, value::to_raw_value};
use twilight_model::id::marker::GuildMarker;

use super::*;
use crate::{
    Event, Gap, GapReason, Head, Message, Observed, SessionMark, Start, snowflake::EPOCH_MS,
};

const GUILD: Id<GuildMarker> = Id::new(7);
const HERE: Id<ChannelMarker> = Id::new(100);
const NOW_MS: u64 = 1_800_000_000_000;

fn message_id(ms: u64) -> Id<MessageMarker> {
    Id::new((ms - EPOCH_MS) << 22 | 3)
}

fn event(name: &str, sequence: u64, data: &serde_json::Value) -> Observed {
    let id = |field: &str| data[field].as_str().and_then(|id| id.parse().ok());
    Observed::Event(Event {
        name: name.into(),
        sequence,
        guild_id: Some(GUILD),
        channel_id: id("channel_id").or(id("id")),
        data: to_raw_value(data).unwrap(),
    })
}

fn created(sequence: u64, ms: u64) -> Observed {
    let data = json!({"id": message_id(ms).to_string(), "channel_id": HERE.to_string(),
        "author": {"id": "1"}, "content": "x"});
    event("MESSAGE_CREATE", sequence, &data)
}

fn acknowledged(sent: Instant) -> Observed {
    let away = std::sync::Arc::new([]);
    Observed::Acknowledged { sent, away }
}

/// A heartbeat that was sent then is acknowledged, and a message from long after it comes in another channel.
fn prove(book: &mut Book, sent: Instant) {
    book.observe(&acknowledged(sent), Instant::now());
    book.message_came(GUILD, message_id(NOW_MS + 86_400_000));
}

fn ready(sequence: u64, session: &str) -> Observed {
    event("READY", sequence, &json!({"session_id": session}))
}

fn head(last: Option<u64>) -> Head {
    Head {
        id: HERE,
        guild_id: GUILD,
        parent_id: None,
        is_thread: false,
        is_forum: false,
        is_archived: false,
        last_message_id: last.map(message_id),
    }
}

/// A book whose watch has begun, with one channel in which the last message was written at NOW.
fn begun() -> Book {
    let mut book = Book::new(Settings::new(GUILD), Loaded::default());
    begin(&mut book, "first", head(Some(NOW_MS)), &BTreeSet::new());
    let batch = book.take_batch();
    assert_eq!(batch.watermark_ms, Some(NOW_MS));
    assert_eq!(batch.channels.len(), 1);
    book
}

/// A new session, and the lists that follow it.
fn begin(book: &mut Book, session: &str, head: Head, on_record: &BTreeSet<Id<MessageMarker>>) {
    let now = Instant::now();
    book.observe(&ready(1, session), now);
    book.observe(&Observed::Lapsed, now);
    let wished = book.take_wish(Instant::now()).unwrap();
    book.survey(&survey(wished, vec![head]), on_record);
}

/// The lists, as they were wished for.
fn survey((wish, generation): (Wish, u64), heads: Vec<Head>) -> Survey {
    Survey {
        wish,
        generation,
        heads,
        hidden: Vec::new(),
        unlisted: BTreeSet::new(),
        refused: BTreeSet::new(),
    }
}

/// The lists come, as they were wished for.
fn look(book: &mut Book, heads: Vec<Head>) {
    let wished = book.take_wish(Instant::now()).unwrap();
    book.survey(&survey(wished, heads), &BTreeSet::new());
}

fn page(ids: impl IntoIterator<Item = u64>) -> Page {
    let messages = ids.into_iter().map(|ms| Message {
        id: message_id(ms),
        edited_ms: 0,
        json: to_raw_value(&json!({"author": {"id": "1"}})).unwrap(),
    });
    Page {
        messages: messages.collect(),
        ..Page::default()
    }
}

/// The next page to be read of the channel, once nothing on record is expected there.
fn order(book: &mut Book) -> Order {
    let asks = book.next_order(Instant::now()).unwrap();
    assert!(asks.asks_expected);
    let expected = Some(std::collections::BTreeSet::new());
    book.turn(
        &asks,
        Page {
            expected,
            ..Page::default()
        },
    );
    book.next_order(Instant::now()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_first_run_begins_now_and_reads_nothing() {
    let mut book = begun();
    assert!(book.next_order(Instant::now()).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_first_run_from_the_beginning_reads_everything() {
    let settings = Settings {
        start: Start::Beginning,
        ..Settings::new(GUILD)
    };
    let mut book = Book::new(settings, Loaded::default());
    begin(&mut book, "first", head(Some(NOW_MS)), &BTreeSet::new());
    let order = order(&mut book);
    assert_eq!((order.channel_id, order.after), (HERE, None));
}

#[tokio::test(start_paused = true)]
async fn the_watermark_moves_on_proof_alone_and_stays_behind_it() {
    let mut book = begun();
    let written = Instant::now();
    book.observe(&created(2, NOW_MS + 60_000), written);
    assert_eq!(book.take_batch().watermark_ms, None);
    prove(&mut book, written);
    assert_eq!(book.take_batch().watermark_ms, Some(NOW_MS + 45_000));
}

#[tokio::test(start_paused = true)]
async fn a_session_is_on_record_only_with_what_it_began_behind() {
    let mut book = begun();
    let now = Instant::now();
    book.observe(&ready(1, "second"), now);
    book.observe(&created(2, NOW_MS + 60_000), now);
    // The message waits for those before it.
    let batch = book.take_batch();
    assert_eq!((batch.records.len(), batch.session), (0, None));
    prove(&mut book, now);
    assert_eq!(book.take_batch().watermark_ms, None);
    book.observe(&Observed::Lapsed, now);
    let wished = book.take_wish(Instant::now()).unwrap();
    let survey = survey(wished, vec![head(Some(NOW_MS + 60_000))]);
    book.survey(&survey, &BTreeSet::from([message_id(NOW_MS + 60_000)]));
    let batch = book.take_batch();
    let session = SessionMark {
        id: "second".to_owned(),
        resume_url: None,
        sequence: 1,
    };
    assert_eq!(batch.session, Some(session.clone()));
    assert!(batch.channels[0].dirty.is_some());
    let order = order(&mut book);
    book.turn(&order, page([NOW_MS + 30_000]));
    let batch = book.take_batch();
    let told = batch.records.iter().map(|record| record.sight.message_id());
    let expected = [NOW_MS + 30_000, NOW_MS + 60_000].map(message_id);
    assert_eq!(told.collect::<Vec<_>>(), expected, "in order");
    let sequence = 2;
    let session = SessionMark {
        sequence,
        ..session
    };
    assert_eq!(batch.session, Some(session));
}

#[tokio::test(start_paused = true)]
async fn an_old_message_on_record_is_what_proves_a_channel_unchanged() {
    // In turn: on record and old; on record and young; not on record.
    for (last_ms, is_on_record, is_read) in [
        (NOW_MS - 1, true, false),
        (NOW_MS + 1, true, true),
        (NOW_MS - 1, false, true),
    ] {
        let mut book = begun();
        let held = BTreeSet::from([message_id(last_ms)]);
        let on_record = if is_on_record { held } else { BTreeSet::new() };
        begin(&mut book, "second", head(Some(last_ms)), &on_record);
        assert_eq!(
            book.next_order(Instant::now()).is_some(),
            is_read,
            "{last_ms} {is_on_record}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_read_from_the_watermark_and_the_cursor_stays_behind_what_may_yet_turn_up() {
    let mut book = begun();
    let now = Instant::now();
    begin(
        &mut book,
        "second",
        head(Some(NOW_MS + 90_000)),
        &BTreeSet::new(),
    );
    book.hear_time(NOW_MS + 60_000, now);
    let first = order(&mut book);
    assert!(first.after < just_before(NOW_MS));
    // Old enough; then too young: the cursor stops short, and then stays.
    book.turn(&first, page((0..100).map(|n| NOW_MS + n)));
    let dirty = book.take_batch().channels[0].dirty.unwrap();
    assert_eq!(dirty.after, just_before(NOW_MS + 99));
    let second = book.next_order(now).unwrap();
    book.turn(&second, page((0..100).map(|n| NOW_MS + 50_000 + n)));
    let dirty = book.take_batch().channels[0].dirty.unwrap();
    assert_eq!(dirty.after, just_before(NOW_MS + 45_000));
    let third = book.next_order(now).unwrap();
    book.turn(&third, page((0..100).map(|n| NOW_MS + 55_000 + n)));
    assert!(book.take_batch().channels.is_empty());
    let last = book.next_order(now).unwrap();
    book.turn(&last, page([NOW_MS + 56_000]));
    assert_eq!(book.take_batch().channels[0].dirty, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_read_again_ends_where_it_was_told_to_unless_something_else_is_missing() {
    let mut book = begun();
    let end = Some(message_id(NOW_MS - 5_000));
    let early = || page((0..100).map(|n| NOW_MS - 10_000 + n));
    let late = || page((0..100).map(|n| NOW_MS - 4_000 + n));
    let now = Instant::now();
    // To its end.
    assert!(book.reread(HERE, None, end));
    let scrubbed_ms = book.take_batch().channels[0].scrubbed_ms;
    let first = order(&mut book);
    book.turn(&first, early());
    assert!(book.take_batch().channels[0].dirty.is_some());
    let second = book.next_order(now).unwrap();
    book.turn(&second, late());
    let channel = book.take_batch().channels[0].clone();
    assert_eq!((channel.dirty, channel.scrubbed_ms), (None, scrubbed_ms));
    assert!(book.next_order(now).is_none());
    // Two at once: what the first one still owes reaches further.
    assert!(book.reread(HERE, None, None) && book.reread(HERE, None, end));
    let first = order(&mut book);
    book.turn(&first, late());
    assert!(book.next_order(now).is_some());
    // A gap before it is through.
    let mut book = begun();
    assert!(book.reread(HERE, None, end));
    begin(&mut book, "second", head(Some(NOW_MS)), &BTreeSet::new());
    let first = order(&mut book);
    book.turn(&first, late());
    assert!(book.next_order(now).is_some());
    let strangers = book.strangers(&BTreeSet::from([HERE, Id::new(9)]));
    assert_eq!(strangers, [Id::new(9)]);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_gap_counts_for_nothing_after_it() {
    let mut book = begun();
    begin(
        &mut book,
        "second",
        head(Some(NOW_MS + 90_000)),
        &BTreeSet::new(),
    );
    let before = order(&mut book);
    let dirty = book.take_batch().channels[0].dirty;
    begin(
        &mut book,
        "third",
        head(Some(NOW_MS + 91_000)),
        &BTreeSet::new(),
    );
    book.turn(&before, page([NOW_MS + 90_000]));
    book.take_batch();
    let again = order(&mut book);
    assert_eq!(
        Some(again.after),
        dirty.map(|dirty| Walk::new(Purpose::CatchUp, dirty.after).after())
    );
}

#[tokio::test(start_paused = true)]
async fn a_blind_page_is_a_gap_and_no_end() {
    let mut book = begun();
    begin(
        &mut book,
        "second",
        head(Some(NOW_MS + 90_000)),
        &BTreeSet::new(),
    );
    book.take_batch();
    let order = order(&mut book);
    assert_eq!(
        book.probe_for(&order),
        Probe::Last(message_id(NOW_MS + 90_000))
    );
    let blind = Page {
        probed: Some(Probed::Blind),
        ..Page::default()
    };
    book.turn(&order, blind);
    let batch = book.take_batch();
    assert_eq!(batch.gaps[0].reason, GapReason::Refused);
    assert_eq!(
        batch.channels[0].dirty.unwrap().reason,
        DirtyReason::Refused
    );
    // It waits for a permission.
    assert!(book.next_order(Instant::now()).is_none());
    let role = event("GUILD_ROLE_UPDATE", 5, &json!({}));
    book.observe(&role, Instant::now());
    assert!(book.next_order(Instant::now()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_turns_up_is_read_from_its_beginning() {
    let mut book = begun();
    let other = Head {
        id: Id::new(200),
        ..head(Some(NOW_MS - 5))
    };
    begin(&mut book, "second", other, &BTreeSet::new());
    let batch = book.take_batch();
    let new = batch
        .channels
        .iter()
        .find(|channel| channel.id == Id::new(200));
    assert_eq!(new.unwrap().dirty.unwrap().after, None);
    // So is the one that is listed no more: reading it tells what has become of it.
    let unlisted = batch.channels.iter().find(|channel| channel.id == HERE);
    assert!(unlisted.unwrap().dirty.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_deleted_before_it_was_read_is_a_gap() {
    let mut book = begun();
    begin(
        &mut book,
        "second",
        head(Some(NOW_MS + 90_000)),
        &BTreeSet::new(),
    );
    book.take_batch();
    let deleted = event("CHANNEL_DELETE", 9, &json!({"id": HERE.to_string()}));
    book.observe(&deleted, Instant::now());
    let batch = book.take_batch();
    assert_eq!(batch.closed, [HERE]);
    assert_eq!(batch.gaps[0].reason, GapReason::ChannelGone);
}
