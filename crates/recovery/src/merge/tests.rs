//! Tables for the rules.

use serde_json::{Value, json};

use super::*;

mod any_order;

const A: u64 = 1_000;

fn id(id: u64) -> Id<MessageMarker> {
    Id::new(id)
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

/// A timestamp `ms` milliseconds after some moment, with `micros` of Discord's precision.
fn at(ms: u64, micros: u64) -> Value {
    if ms == 0 {
        return Value::Null;
    }
    json!(format!(
        "2026-01-01T00:{:02}:{:02}.{:03}{micros:03}+00:00",
        ms / 60_000,
        ms / 1_000 % 60,
        ms % 1_000
    ))
}

fn message(id: u64, edited: &Value, content: &str) -> Value {
    json!({
        "id": id.to_string(),
        "channel_id": "5",
        "author": { "id": "77" },
        "content": content,
        "edited_timestamp": edited,
    })
}

fn content(message: &Message) -> String {
    let value: Value = serde_json::from_str(message.json.get()).unwrap();
    value["content"].as_str().unwrap_or_default().to_owned()
}

fn shown(merge: &Merge) -> Vec<(u64, String)> {
    merge
        .messages()
        .map(|message| (message.id.get(), content(&message)))
        .collect()
}

fn page(after: Option<u64>, messages: &[Value], complete: bool) -> Reading {
    let messages = messages
        .iter()
        .map(|message| Message::read(raw(message)).unwrap())
        .collect();
    Reading {
        after: after.map(Id::new),
        messages,
        complete,
    }
}

fn apply(merge: &mut Merge, name: &str, payload: &Value) -> Vec<String> {
    let changes = merge.event(name, &raw(payload)).unwrap();
    changes.iter().map(described).collect()
}

fn read(merge: &mut Merge, ticket: Ticket, reading: &Reading) -> Vec<String> {
    merge
        .reading(ticket, reading)
        .iter()
        .map(described)
        .collect()
}

fn described(change: &Change) -> String {
    match change {
        Change::Created(message) => format!("+{} {}", message.id, content(message)),
        Change::Updated(message) => format!("~{} {}", message.id, content(message)),
        Change::Deleted(id) => format!("-{id}"),
        Change::Missing(id) => format!("?{id}"),
    }
}

#[test]
fn each_event_says_once_what_changed() {
    let mut merge = Merge::new();
    let create = message(A, &at(0, 0), "a");
    let edit = message(A, &at(5, 0), "ab");
    assert_eq!(apply(&mut merge, "MESSAGE_CREATE", &create), ["+1000 a"]);
    assert_eq!(apply(&mut merge, "MESSAGE_CREATE", &create), [""; 0]);
    assert_eq!(apply(&mut merge, "MESSAGE_UPDATE", &edit), ["~1000 ab"]);
    assert_eq!(apply(&mut merge, "MESSAGE_UPDATE", &edit), [""; 0]);
    assert_eq!(
        apply(&mut merge, "TYPING_START", &json!({ "user_id": "1" })),
        [""; 0]
    );
    assert_eq!(
        apply(&mut merge, "MESSAGE_DELETE", &json!({ "id": "1000" })),
        ["-1000"]
    );
    assert_eq!(
        apply(&mut merge, "MESSAGE_DELETE", &json!({ "id": "1000" })),
        [""; 0]
    );
    assert_eq!(shown(&merge), []);
}

#[test]
fn an_older_edit_that_comes_late_changes_nothing() {
    let mut merge = Merge::new();
    apply(&mut merge, "MESSAGE_UPDATE", &message(A, &at(9, 0), "new"));
    assert_eq!(
        apply(&mut merge, "MESSAGE_UPDATE", &message(A, &at(8, 0), "old")),
        [""; 0]
    );
    assert_eq!(
        apply(&mut merge, "MESSAGE_CREATE", &message(A, &at(0, 0), "")),
        [""; 0]
    );
    assert_eq!(shown(&merge), [(A, "new".into())]);
    assert!(merge.get(id(A)).unwrap().edited_ms > 0);
}

#[test]
fn an_unfurl_with_the_edit_time_cut_off_is_not_older() {
    let mut merge = Merge::new();
    apply(
        &mut merge,
        "MESSAGE_UPDATE",
        &message(A, &at(9, 195), "link"),
    );
    let mut unfurled = message(A, &at(9, 0), "link");
    unfurled["embeds"] = json!([{ "url": "x" }]);
    assert_eq!(
        apply(&mut merge, "MESSAGE_UPDATE", &unfurled),
        ["~1000 link"]
    );
}

#[test]
fn a_partial_update_merges_into_what_is_known() {
    let mut merge = Merge::new();
    apply(&mut merge, "MESSAGE_CREATE", &message(A, &at(0, 0), "text"));
    let partial = json!({ "id": "1000", "channel_id": "5", "embeds": [1] });
    assert_eq!(
        apply(&mut merge, "MESSAGE_UPDATE", &partial),
        ["~1000 text"]
    );
    let known: Value = serde_json::from_str(merge.get(id(A)).unwrap().json.get()).unwrap();
    assert_eq!(
        (&known["embeds"], &known["author"]["id"]),
        (&json!([1]), &json!("77"))
    );
}

#[test]
fn an_update_before_its_create_is_reported_when_the_author_is_known() {
    let mut merge = Merge::new();
    let partial = json!({ "id": "1000", "content": "later", "edited_timestamp": at(4, 0) });
    assert_eq!(apply(&mut merge, "MESSAGE_UPDATE", &partial), [""; 0]);
    assert_eq!(shown(&merge), []);
    let create = message(A, &at(0, 0), "first");
    assert_eq!(
        apply(&mut merge, "MESSAGE_CREATE", &create),
        ["+1000 later"]
    );
}

#[test]
fn a_page_cannot_bring_a_deleted_message_back() {
    let mut merge = Merge::new();
    let ticket = merge.begin();
    let reading = page(
        None,
        &[message(A, &at(0, 0), "a"), message(A + 1, &at(0, 0), "b")],
        true,
    );
    let bulk = json!({ "ids": ["1000"], "channel_id": "5" });
    assert_eq!(apply(&mut merge, "MESSAGE_DELETE_BULK", &bulk), ["-1000"]);
    assert_eq!(read(&mut merge, ticket, &reading), ["+1001 b"]);
}

#[test]
fn a_page_beats_what_was_known_before_it_was_asked_for_and_nothing_later() {
    let loading = message(A, &at(0, 0), "thinking");
    let done = message(A, &at(0, 0), "done");
    let mut merge = Merge::new();
    apply(&mut merge, "MESSAGE_CREATE", &loading);
    apply(&mut merge, "MESSAGE_UPDATE", &loading);
    let ticket = merge.begin();
    assert_eq!(
        read(
            &mut merge,
            ticket,
            &page(None, std::slice::from_ref(&done), true)
        ),
        ["~1000 done"]
    );

    let mut merge = Merge::new();
    apply(&mut merge, "MESSAGE_CREATE", &loading);
    let ticket = merge.begin();
    apply(&mut merge, "MESSAGE_UPDATE", &done);
    assert_eq!(
        read(&mut merge, ticket, &page(None, &[loading], true)),
        [""; 0]
    );
    assert_eq!(shown(&merge), [(A, "done".into())]);
}

/// Read after, the page, whether it was the last, what is missing then.
type Row<'a> = (Option<u64>, &'a [Value], bool, &'a [&'a str]);

#[test]
fn what_a_reading_should_have_held_is_missing() {
    // The last one is of another millisecond: within one, a page may end anywhere.
    let [a, b, c, d] = [A, A + 1, A + 2, A + (1 << 22)].map(|id| message(id, &at(0, 0), "x"));
    let known = || {
        let mut merge = Merge::new();
        for message in [&a, &b, &c] {
            apply(&mut merge, "MESSAGE_CREATE", message);
        }
        let ticket = merge.begin();
        (merge, ticket)
    };
    let table: [Row<'_>; 7] = [
        (None, std::slice::from_ref(&a), true, &["?1001", "?1002"]),
        (None, &[a.clone(), c.clone()], true, &["?1001"]),
        (None, &[a.clone(), c.clone()], false, &[]),
        (
            None,
            &[a.clone(), c.clone(), d],
            false,
            &["+4195304 x", "?1001"],
        ),
        (Some(A), std::slice::from_ref(&c), true, &["?1001"]),
        (None, std::slice::from_ref(&a), false, &[]),
        // Blind: nothing follows from it.
        (None, &[], true, &[]),
    ];
    for (after, messages, complete, missing) in table {
        let (mut merge, ticket) = known();
        assert_eq!(
            read(&mut merge, ticket, &page(after, messages, complete)),
            missing
        );
    }
    // Created while the request was under way: it need not be on the page.
    let mut merge = Merge::new();
    apply(&mut merge, "MESSAGE_CREATE", &a);
    let ticket = merge.begin();
    apply(&mut merge, "MESSAGE_CREATE", &b);
    assert_eq!(read(&mut merge, ticket, &page(None, &[a], true)), [""; 0]);
}

#[test]
fn a_missing_message_comes_back_by_news_and_not_by_an_echo() {
    let [a, b] = [A, A + 1].map(|id| message(id, &at(0, 0), "x"));
    let mut merge = Merge::new();
    let old = merge.begin();
    apply(&mut merge, "MESSAGE_CREATE", &a);
    apply(&mut merge, "MESSAGE_CREATE", &b);
    let ticket = merge.begin();
    assert_eq!(
        read(
            &mut merge,
            ticket,
            &page(None, std::slice::from_ref(&a), true)
        ),
        ["?1001"]
    );
    assert_eq!(apply(&mut merge, "MESSAGE_CREATE", &b), [""; 0]);
    assert_eq!(
        read(
            &mut merge,
            old,
            &page(None, std::slice::from_ref(&b), false)
        ),
        [""; 0]
    );
    assert_eq!(merge.get(id(A + 1)).map(|message| content(&message)), None);
    let again = merge.begin();
    assert_eq!(
        read(&mut merge, again, &page(None, &[a, b], false)),
        ["~1001 x"]
    );
    assert_eq!(shown(&merge).len(), 2);
}

#[test]
fn what_is_no_message_changes_nothing() {
    let mut merge = Merge::new();
    for payload in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "id": "x" }),
        json!({ "id": "0" }),
    ] {
        for name in [
            "MESSAGE_CREATE",
            "MESSAGE_UPDATE",
            "MESSAGE_DELETE",
            "MESSAGE_DELETE_BULK",
        ] {
            assert!(
                merge.event(name, &raw(&payload)).is_err(),
                "{name} {payload}"
            );
        }
    }
    let odd = json!({ "id": 1000, "author": 5, "edited_timestamp": { "odd": true }, "content": 7 });
    assert_eq!(apply(&mut merge, "MESSAGE_CREATE", &odd), ["+1000 "]);
}

#[test]
fn a_flood_costs_bounded_memory_and_the_oldest_messages() {
    let mut merge = Merge::new();
    let most = u64::try_from(VIEW_MESSAGES_MAX).unwrap();
    for number in 0..most + 10 {
        apply(
            &mut merge,
            "MESSAGE_CREATE",
            &message(A + number, &at(0, 0), "x"),
        );
    }
    assert_eq!(shown(&merge).len(), VIEW_MESSAGES_MAX);
    assert_eq!(shown(&merge)[0].0, A + 10);
    assert_eq!(
        apply(&mut merge, "MESSAGE_UPDATE", &message(A, &at(5, 0), "y")),
        [""; 0]
    );
    assert_eq!(
        apply(&mut merge, "MESSAGE_DELETE", &json!({ "id": "1009" })),
        [""; 0]
    );
}
