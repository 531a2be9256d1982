use proptest::prelude::*;
use serde_json::{Value, json, value::to_raw_value};

use super::*;

fn seen(json: &Value) -> Option<Sighting> {
    let message = Message {
        id: Id::new(12),
        edited_ms: 5,
        json: to_raw_value(json).unwrap(),
    };
    Sighting::of(&message, Id::new(42))
}

#[test]
fn a_whole_message_is_read() {
    let sighting = seen(&json!({
        "id": "12", "channel_id": "3", "type": 19, "content": "hi",
        "author": { "id": "42", "username": "bot" },
        "flags": 128,
        "embeds": [
            { "type": "rich", "title": "T", "description": "D", "image": { "url": "http://i" },
              "fields": [{ "name": "N", "value": "V" }], "footer": { "text": "F" } },
            { "type": "article", "title": "an unfurled link" },
            { "description": "no type", "title": "X", "url": "http://x" },
        ],
        "components": [{ "type": 1, "components": [{ "type": 2, "label": "More" }] }],
        "attachments": [
            { "id": "7", "filename": "a.png", "url": "http://a", "content_type": "image/png" },
            { "id": "8", "filename": "b.JPG", "url": "http://b" },
            { "id": "9", "filename": "c.txt", "url": "http://c", "content_type": "text/plain" },
        ],
    }))
    .unwrap();
    assert_eq!((sighting.edited_ms, &*sighting.content), (5, "hi"));
    assert_eq!(
        sighting.embeds,
        "T\nD\nN\nV\n![image](http://i)\nF\n[X](http://x)\nno type"
    );
    assert!(sighting.buttons && sighting.loading);
    let markdown = sighting
        .attachments
        .iter()
        .map(|file| file.markdown.as_str());
    assert_eq!(
        markdown.collect::<Vec<_>>(),
        [
            "![a.png](http://a)",
            "![b.JPG](http://b)",
            "[c.txt](http://c)"
        ]
    );
}

#[test]
fn a_message_made_of_components_is_read() {
    let sighting = seen(&json!({
        "author": { "id": 42 }, "content": "", "flags": 1 << 15,
        "components": [
            { "type": 17, "components": [
                { "type": 10, "content": "# One" },
                { "type": 9, "components": [{ "type": 10, "content": "two" }],
                  "accessory": { "type": 11, "media": { "url": "http://i" } } },
            ]},
            { "type": 14 },
            { "type": 10, "content": "three" },
        ],
    }))
    .unwrap();
    assert_eq!(sighting.display, "# One\ntwo\nthree");
    assert!(!sighting.buttons);
}

#[test]
fn an_odd_field_costs_no_other() {
    let sighting = seen(&json!({
        "author": { "id": "42" }, "content": "hi", "flags": "x",
        "embeds": [{ "title": 5 }, { "title": "kept" }], "components": { "type": 1 },
        "attachments": [{ "id": [] }, { "url": "http://a" }],
    }))
    .unwrap();
    assert_eq!((&*sighting.content, &*sighting.embeds), ("hi", "kept"));
    assert_eq!(sighting.attachments[0].markdown, "[attachment](http://a)");
    let empty = seen(&json!({ "author": { "id": "42" }, "content": null }));
    let expected = Sighting {
        edited_ms: 5,
        ..Sighting::default()
    };
    assert_eq!(empty, Some(expected));
}

#[test]
fn what_others_write_is_not_read() {
    for other in [
        json!({ "author": { "id": "43" }, "content": "hi" }),
        json!({ "author": 42, "content": "hi" }),
        json!({ "content": "hi" }),
        json!([]),
        json!(null),
    ] {
        assert_eq!(seen(&other), None, "{other}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(Value::from(42)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z0-9\"\\\\é]{0,8}".prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "id",
        "type",
        "content",
        "embeds",
        "components",
        "accessory",
        "attachments",
        "flags",
        "url",
        "title",
        "fields",
        "filename",
    ]);
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_shape_makes_it_panic(mut message in any_json()) {
        if let Value::Object(fields) = &mut message {
            fields.insert("author".to_owned(), json!({ "id": "42" }));
            prop_assert!(seen(&message).is_some());
        } else {
            prop_assert_eq!(seen(&message), None);
        }
    }
}
