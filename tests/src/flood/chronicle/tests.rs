//! Each thing that consumers must not be told is noticed.

use serde_json::{json, value::to_raw_value};
use twilight_model::id::Id;

use super::*;

const CHANNEL: u64 = 1;
const MESSAGE: u64 = 7;

/// What a message says, its edit, and whether it is pinned.
type Look<'a> = (&'a str, Option<&'a str>, bool);

const FIRST: Look<'_> = ("first", None, false);
const PINNED: Look<'_> = ("first", None, true);
const EDITED: Look<'_> = ("edited", Some("2026-01-01T00:00:01"), true);

fn message((content, edited, is_pinned): Look<'_>) -> Value {
    json!({ "id": MESSAGE.to_string(), "author": { "id": "5" }, "type": 0, "content": content,
        "edited_timestamp": edited, "pinned": is_pinned })
}

/// One that was pinned and then edited.
fn chronicle(mixes_up: bool) -> Chronicle {
    let mut chronicle = Chronicle::new(mixes_up);
    for look in [FIRST, PINNED, EDITED] {
        chronicle.is(CHANNEL, &message(look));
    }
    chronicle
}

fn entry(channel_id: u64, news: News) -> Entry {
    Entry {
        sequence: 3,
        channel_id: Id::new(channel_id),
        news,
    }
}

fn told(look: Look<'_>) -> Entry {
    let (message_id, json) = (Id::new(MESSAGE), to_raw_value(&message(look)).unwrap());
    entry(CHANNEL, News::Updated { message_id, json })
}

fn deleted() -> Entry {
    let (message_id, is_inferred) = (Id::new(MESSAGE), true);
    let news = News::Deleted {
        message_id,
        is_inferred,
    };
    entry(CHANNEL, news)
}

#[test]
fn what_was_so_in_its_order_is_right_and_what_was_left_out_as_well() {
    for looks in [
        &[FIRST, PINNED, EDITED][..],
        &[FIRST, EDITED],
        &[EDITED, EDITED],
    ] {
        let mut chronicle = chronicle(false);
        for look in looks {
            assert_eq!(chronicle.hear(&told(*look)), None);
        }
        chronicle.ended(CHANNEL, MESSAGE);
        assert_eq!(chronicle.hear(&deleted()), None);
    }
}

#[test]
fn what_never_was_is_noticed() {
    let mut chronicle = chronicle(false);
    let elsewhere = Entry {
        channel_id: Id::new(CHANNEL + 1),
        ..told(FIRST)
    };
    assert!(chronicle.hear(&elsewhere).unwrap().contains("never was"));
    let mixture = ("edited", None, true);
    assert!(
        chronicle
            .hear(&told(mixture))
            .unwrap()
            .contains("never was")
    );
}

#[test]
fn what_goes_back_is_noticed() {
    // How: an edit has a time that tells, a pin has none.
    for (before, after, is_excused) in [(EDITED, PINNED, false), (PINNED, FIRST, true)] {
        for mixes_up in [false, true] {
            let mut chronicle = chronicle(mixes_up);
            assert_eq!(chronicle.hear(&told(before)), None);
            let problem = chronicle.hear(&told(after));
            assert_eq!(problem.is_none(), is_excused, "{problem:?}");
        }
    }
}

#[test]
fn what_comes_back_is_noticed() {
    let mut chronicle = chronicle(true);
    assert!(chronicle.hear(&deleted()).unwrap().contains("is there"));
    assert_eq!(chronicle.hear(&told(EDITED)), None, "it was there");
    chronicle.closed(CHANNEL);
    assert_eq!(chronicle.hear(&deleted()), None);
    assert!(chronicle.hear(&deleted()).unwrap().contains("twice"));
    assert!(chronicle.hear(&told(EDITED)).unwrap().contains("is back"));
}
