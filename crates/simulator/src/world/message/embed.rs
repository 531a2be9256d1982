//! How long embeds may be (Discord: resources/message#embed-limits).

use serde_json::{Value, json};

use crate::world::{bounds, error::FormErrors};

/// The texts of an embed and how long each may be.
const TEXTS: [(&str, usize); 4] = [
    ("/title", 256),
    ("/description", 4_096),
    ("/footer/text", 2_048),
    ("/author/name", 256),
];

/// Notes every embed that is too long, has too many fields, or all of them together being too
/// long.
pub(crate) fn check(errors: &mut FormErrors, embeds: &[Value]) {
    errors.length("embeds", embeds.len(), 0, bounds::EMBEDS_MAX);
    let mut total = 0;
    for (index, embed) in embeds.iter().enumerate() {
        for (pointer, max) in TEXTS {
            let length = characters(embed, pointer);
            total += length;
            errors.length(
                &format!("embeds.{index}{}", pointer.replace('/', ".")),
                length,
                0,
                max,
            );
        }
        let fields = embed["fields"].as_array().map_or(&[][..], Vec::as_slice);
        let path = format!("embeds.{index}.fields");
        errors.length(&path, fields.len(), 0, bounds::EMBED_FIELDS_MAX);
        for (at, field) in fields.iter().enumerate() {
            for (name, max) in [("name", 256), ("value", 1_024)] {
                let length = characters(field, &format!("/{name}"));
                total += length;
                errors.length(&format!("{path}.{at}.{name}"), length, 1, max);
            }
        }
    }
    if total > bounds::EMBEDS_TOTAL_MAX {
        let message = format!(
            "Embed size exceeds maximum size of {}",
            bounds::EMBEDS_TOTAL_MAX
        );
        errors.push("embeds", "MAX_EMBED_SIZE_EXCEEDED", message);
    }
}

/// The embed as Discord keeps it: a `type` that the sender cannot choose.
pub(crate) fn kept(mut embed: Value) -> Value {
    if let Value::Object(fields) = &mut embed {
        fields.insert("type".to_owned(), json!("rich"));
    }
    embed
}

fn characters(value: &Value, pointer: &str) -> usize {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map_or(0, |text| text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(embeds: &[Value]) -> Option<Value> {
        let mut errors = FormErrors::default();
        check(&mut errors, embeds);
        errors.done().err().and_then(|error| error.errors)
    }

    #[test]
    fn embeds_are_counted_alone_and_together() {
        let half = json!({ "description": "x".repeat(3_000) });
        assert_eq!(refused(&[half.clone(), half.clone()]), None);
        let errors = refused(&[half.clone(), half, json!({ "title": "x" })]).unwrap();
        assert_eq!(
            errors["embeds"]["_errors"][0]["code"],
            "MAX_EMBED_SIZE_EXCEEDED"
        );
        let errors = refused(&[json!({ "title": "x".repeat(257) })]).unwrap();
        assert_eq!(
            errors["embeds"]["0"]["title"]["_errors"][0]["code"],
            "BASE_TYPE_MAX_LENGTH"
        );
        assert!(refused(&vec![json!({ "title": "x" }); 11]).is_some());
    }
}
