//! Events that are not as Discord documents them.

use super::*;
use crate::{Oddities, Sight, limits::LOOK_PAUSE};

/// What is counted after this event, and what is asked for.
fn heard(book: &mut Book, name: &str, data: &serde_json::Value) -> (Oddities, Option<Wish>) {
    let now = Instant::now();
    book.observe(&event(name, 5, data), now);
    let wish = book.take_wish(now + LOOK_PAUSE).map(|(wish, _)| wish);
    (book.standing(0).odd, wish)
}

/// An event with nothing in it, from there.
fn from(name: &str, guild_id: Option<u64>, channel_id: Option<u64>) -> Observed {
    Observed::Event(Event {
        name: name.into(),
        sequence: 5,
        guild_id: guild_id.map(Id::new),
        channel_id: channel_id.map(Id::new),
        data: to_raw_value(&json!({})).unwrap(),
    })
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_of_a_message_is_counted_and_its_channel_read() {
    for (name, data) in [
        ("MESSAGE_CREATE", json!({"channel_id": HERE})),
        ("MESSAGE_CREATE", json!({"channel_id": HERE, "id": "x"})),
        ("MESSAGE_UPDATE", json!({"channel_id": HERE, "id": []})),
        ("MESSAGE_DELETE", json!({"channel_id": HERE, "id": null})),
        ("MESSAGE_DELETE_BULK", json!({"channel_id": HERE, "ids": 7})),
    ] {
        let mut book = begun();
        let (odd, wish) = heard(&mut book, name, &data);
        assert_eq!((odd.messages, wish), (1, None), "{name} {data}");
        assert_eq!(book.standing(0).catching_up, 1, "{name} {data}");
        assert!(book.next_order(Instant::now()).is_some(), "{name} {data}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_message_without_author_is_no_message_and_its_channel_is_read() {
    // Taken for what it has, it would be on record, and be told, as nobody's for ever.
    let mut book = begun();
    let id = message_id(NOW_MS).to_string();
    let authorless = json!({"id": id, "channel_id": HERE.to_string(), "content": "x"});
    let (odd, wish) = heard(&mut book, "MESSAGE_CREATE", &authorless);
    assert_eq!((odd.messages, odd.partial_updates, wish), (1, 0, None));
    assert_eq!(book.standing(0).catching_up, 1);
    assert!(book.next_order(Instant::now()).is_some());
    assert!(book.take_batch().records.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_message_in_no_channel_may_be_of_any() {
    let mut book = begun();
    let (odd, wish) = heard(&mut book, "MESSAGE_CREATE", &json!({"id": []}));
    assert_eq!((odd.messages, wish), (1, Some(Wish::Gap)));
    assert!(!book.standing(0).is_covered);
}

#[tokio::test(start_paused = true)]
async fn what_says_nothing_of_where_it_belongs_may_be_of_here() {
    let messages = ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"];
    let messages = messages.into_iter().chain(["MESSAGE_DELETE_BULK"]);
    let channels = ["CHANNEL_CREATE", "CHANNEL_DELETE", "THREAD_CREATE"];
    let channels = channels
        .into_iter()
        .chain(["THREAD_DELETE", "GUILD_DELETE"]);
    let channels = channels.chain(["THREAD_LIST_SYNC"]);
    let expected = messages
        .map(|name| (name, (1, 0, Wish::Gap)))
        .chain(channels.map(|name| (name, (0, 1, Wish::Look))));
    for (name, expected) in expected {
        let mut book = begun();
        book.observe(&from(name, None, None), Instant::now());
        let wish = book.take_wish(Instant::now() + LOOK_PAUSE);
        let odd = book.standing(0).odd;
        let told = wish.map(|(wish, _)| (odd.messages, odd.channels, wish));
        assert_eq!(told, Some(expected), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_of_another_guild_or_of_a_direct_message_is_none_of_ours() {
    for (name, guild_id, channel_id) in [
        ("MESSAGE_CREATE", Some(8), None),
        ("MESSAGE_CREATE", None, Some(9)),
        ("CHANNEL_DELETE", Some(8), None),
        ("GUILD_DELETE", Some(8), None),
    ] {
        let mut book = begun();
        book.observe(&from(name, guild_id, channel_id), Instant::now());
        assert_eq!(book.standing(0).odd, Oddities::default(), "{name}");
        assert!(
            book.take_wish(Instant::now() + LOOK_PAUSE).is_none(),
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_names_no_guild_is_of_the_one_that_its_channel_is_in() {
    let id = message_id(NOW_MS);
    let of_channel = json!({"id": HERE.to_string(), "type": 0, "parent_id": "7"});
    let mut book = begun();
    let observe = |book: &mut Book, name: &str, data: &serde_json::Value| {
        book.observe(
            &Observed::Event(Event {
                name: name.into(),
                sequence: 5,
                guild_id: None,
                channel_id: Some(HERE),
                data: to_raw_value(data).unwrap(),
            }),
            Instant::now(),
        );
    };
    let gone = json!({"id": id.to_string(), "channel_id": HERE.to_string()});
    observe(&mut book, "MESSAGE_DELETE", &gone);
    let sights = book.take_batch().records.into_iter().map(|it| it.sight);
    assert!(matches!(&sights.collect::<Vec<_>>()[..], [Sight::Deleted(it)] if *it == id));
    assert_eq!(book.channels[&HERE].parent_id, None);
    observe(&mut book, "CHANNEL_UPDATE", &of_channel);
    assert_eq!(book.channels[&HERE].parent_id, Some(Id::new(7)));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_of_a_channel_is_counted_and_asked_of_the_lists() {
    for (name, data) in [
        ("CHANNEL_CREATE", json!({"type": 0})),
        ("CHANNEL_UPDATE", json!({"id": "200"})),
        ("CHANNEL_DELETE", json!({})),
        ("THREAD_CREATE", json!({"id": "200", "type": "x"})),
        ("THREAD_UPDATE", json!({"id": {}, "type": 11})),
        ("THREAD_DELETE", json!({})),
        ("THREAD_LIST_SYNC", json!({"threads": 1})),
        ("THREAD_LIST_SYNC", json!({"threads": [{}]})),
        ("GUILD_DELETE", json!({"unavailable": "x"})),
    ] {
        let (odd, wish) = heard(&mut begun(), name, &data);
        let expected = (1, Some(Wish::Look));
        assert_eq!((odd.channels, wish), expected, "{name} {data}");
    }
    let mut book = begun();
    book.observe(&from("CHANNEL_CREATE", Some(8), None), Instant::now());
    assert_eq!(book.standing(0).odd, Oddities::default());
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_beginning_cannot_be_read_is_counted() {
    let (odd, _) = heard(&mut begun(), "READY", &json!({"session_id": 7}));
    assert_eq!(odd.sessions, 1);
}

#[tokio::test(start_paused = true)]
async fn an_update_without_author_is_counted_and_taken_for_what_it_has() {
    let mut book = begun();
    let update = json!({"id": message_id(NOW_MS).to_string(), "channel_id": HERE.to_string(),
        "content": "edited"});
    let (odd, wish) = heard(&mut book, "MESSAGE_UPDATE", &update);
    let expected = Oddities {
        partial_updates: 1,
        ..Oddities::default()
    };
    assert_eq!((odd, wish), (expected, None));
    assert_eq!(book.standing(0).catching_up, 0);
    assert_eq!(book.take_batch().records.len(), 1);
}
