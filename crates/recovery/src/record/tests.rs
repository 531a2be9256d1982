use serde_json::json;

use super::*;

const ID: Id<MessageMarker> = Id::new(9);

fn message(content: &str, edited: Option<&str>) -> Message {
    let value = json!({"id": "9", "author": {"id": "3"}, "content": content,
        "edited_timestamp": edited});
    Message::read(serde_json::value::to_raw_value(&value).unwrap()).unwrap()
}

fn partial(fields: &serde_json::Value) -> Message {
    Message::read(serde_json::value::to_raw_value(fields).unwrap()).unwrap()
}

const ONE: Option<&str> = Some("2026-11-01T10:00:01.000000+00:00");
const TWO: Option<&str> = Some("2026-11-01T10:00:02.000000+00:00");

/// What one sight after the other tells: `c`, `u`, `d`, `i` (inferred), or `-`, with the content.
fn told(sights: impl IntoIterator<Item = Sight>) -> Vec<String> {
    let mut known = None;
    let sights = sights.into_iter().map(|sight| {
        let Some(verdict) = sight.verdict(known.as_ref()) else {
            return "-".to_owned();
        };
        known = Some(verdict.known);
        let content = |json: &RawValue| {
            let value: serde_json::Value = serde_json::from_str(json.get()).unwrap();
            value["content"].as_str().unwrap_or("?").to_owned()
        };
        match verdict.news {
            Some(News::Created { json, .. }) => format!("c {}", content(&json)),
            Some(News::Updated { json, .. }) => format!("u {}", content(&json)),
            Some(News::Deleted { is_inferred, .. }) => {
                if is_inferred { "i" } else { "d" }.to_owned()
            }
            _ => "-".to_owned(),
        }
    });
    sights.collect()
}

#[test]
fn a_message_is_created_once_however_it_comes() {
    let sights = [
        Sight::Read(message("a", None)),
        Sight::Created(message("a", None)),
        Sight::Read(message("a", None)),
    ];
    assert_eq!(told(sights), ["c a", "-", "-"]);
}

#[test]
fn a_late_creation_does_not_undo_an_edit() {
    let sights = [
        Sight::Read(message("b", ONE)),
        Sight::Created(message("a", None)),
        Sight::Updated(message("b", ONE)),
        Sight::Updated(message("c", TWO)),
        Sight::Updated(message("b", ONE)),
        Sight::Read(message("b", ONE)),
    ];
    assert_eq!(told(sights), ["c b", "-", "-", "u c", "-", "-"]);
}

#[test]
fn an_update_from_before_the_first_edit_does_not_undo_it() {
    // How: an embed is unfurled, which says that there was no edit; and one of which nothing is said.
    let sights = [
        Sight::Read(message("b", ONE)),
        Sight::Updated(message("a", None)),
        Sight::Updated(partial(&json!({"id": "9", "content": "z"}))),
    ];
    assert_eq!(told(sights), ["c b", "-", "u z"]);
}

#[test]
fn an_edit_that_nobody_told_of_is_found_by_reading() {
    let sights = [
        Sight::Created(message("a", None)),
        Sight::Read(message("b", ONE)),
        Sight::Read(message("b", ONE)),
    ];
    assert_eq!(told(sights), ["c a", "u b", "-"]);
}

#[test]
fn an_update_without_an_edit_is_laid_over_what_is_known() {
    let unfurled = json!({"id": "9", "content": "a", "embeds": [{"title": "t"}]});
    let again = json!({"id": "9", "embeds": [{"title": "u"}]});
    let sights = [
        Sight::Created(message("a", None)),
        // A field that was not there before is no change, and the same again is none either.
        Sight::Updated(partial(&unfurled)),
        Sight::Updated(partial(&json!({"id": "9", "content": "z"}))),
        Sight::Updated(partial(&json!({"id": "9", "content": "z"}))),
        Sight::Updated(partial(&again)),
    ];
    assert_eq!(told(sights), ["c a", "-", "u z", "-", "u z"]);
}

#[test]
fn changed_fields_of_an_unknown_message_are_no_message() {
    let sights = [
        Sight::Updated(partial(&json!({"id": "9", "content": "z"}))),
        Sight::Read(message("a", None)),
    ];
    assert_eq!(told(sights), ["-", "c a"]);
}

#[test]
fn nothing_that_arrives_late_resurrects_a_deleted_message() {
    let late = || {
        [
            Sight::Read(message("a", None)),
            Sight::Created(message("a", None)),
            Sight::Updated(message("b", ONE)),
            Sight::Missed(ID, 0),
            Sight::Deleted(ID),
        ]
    };
    let known = [Sight::Created(message("a", None)), Sight::Deleted(ID)];
    assert_eq!(
        told(known.into_iter().chain(late()))[1..],
        ["d", "-", "-", "-", "-", "-"]
    );
    let unseen = [Sight::Deleted(ID)];
    assert_eq!(
        told(unseen.into_iter().chain(late())),
        ["d", "-", "-", "-", "-", "-"]
    );
}

#[test]
fn a_message_that_was_missed_comes_back_when_it_is_seen() {
    let sights = [
        Sight::Created(message("a", None)),
        Sight::Missed(ID, 0),
        Sight::Missed(ID, 0),
        Sight::Read(message("a", None)),
        Sight::Missed(ID, 0),
        Sight::Deleted(ID),
        Sight::Read(message("a", None)),
    ];
    assert_eq!(told(sights), ["c a", "i", "-", "u a", "i", "-", "-"]);
}
