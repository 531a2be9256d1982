//! Events that arrive and are not as they should be.

use serde_json::Value;

use super::limits::BLOAT_BYTES;

/// The first half of a text.
pub(super) fn cut(text: &str) -> &str {
    let half = (0..=text.len() / 2).rev();
    let end = half.into_iter().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// What says where an event belongs, and nothing else.
pub(super) fn hollow(mut data: Value) -> Value {
    if let Value::Object(fields) = &mut data {
        fields.retain(|name, _| matches!(name.as_str(), "channel_id" | "guild_id"));
    }
    data
}

/// A message as Discord sends it when only some of it has changed.
pub(super) fn authorless(mut data: Value) -> Value {
    if let Value::Object(fields) = &mut data {
        fields.remove("author");
    }
    data
}

/// An event with a field that is far larger than all else.
pub(super) fn bloated(mut data: Value) -> Value {
    if let Value::Object(fields) = &mut data {
        fields.insert("bloat".to_owned(), "x".repeat(BLOAT_BYTES).into());
    }
    data
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn half_a_text_is_no_json_and_whole_characters() {
        assert_eq!(cut(r#"{"d":"ä"}"#), r#"{"d""#.to_owned() + ":");
        assert_eq!(cut("ääää"), "ää");
        assert_eq!(cut("äää"), "ä");
        assert_eq!(cut(""), "");
    }

    #[test]
    fn what_is_left_says_where_it_belongs_or_lacks_its_author() {
        let message = json!({"id": "1", "channel_id": "2", "guild_id": "3", "author": {}});
        let left = json!({"channel_id": "2", "guild_id": "3"});
        assert_eq!(hollow(message.clone()), left);
        let left = json!({"id": "1", "channel_id": "2", "guild_id": "3"});
        assert_eq!(authorless(message.clone()), left);
        let bloated = bloated(message).to_string();
        assert!((BLOAT_BYTES..BLOAT_BYTES + 100).contains(&bloated.len()));
    }
}
