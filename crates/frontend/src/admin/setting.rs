//! `{"enabled": false}`: read strictly, since a guess here would delete or keep channels.

use cordboard_openai::ApiError;
use serde_json::Value;

use crate::limits::ADMIN_BODY_BYTES_MAX;

const FIELD: &str = "enabled";

pub(super) fn parse(body: &[u8]) -> Result<bool, ApiError> {
    if body.len() > ADMIN_BODY_BYTES_MAX {
        return Err(ApiError::body_too_large(ADMIN_BODY_BYTES_MAX));
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| ApiError::malformed_json(&error.to_string()))?;
    let Value::Object(fields) = value else {
        let detail = r#"expected an object such as {"enabled": false}"#;
        return Err(ApiError::malformed_json(detail));
    };
    if fields.keys().any(|name| name != FIELD) {
        let why = "this takes `enabled` and nothing else.";
        return Err(ApiError::unsupported_parameter(FIELD, why));
    }
    let enabled = fields.get(FIELD).ok_or_else(|| ApiError::missing(FIELD))?;
    enabled
        .as_bool()
        .ok_or_else(|| ApiError::invalid_type(FIELD, "true or false", kind(enabled)))
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_and_false_are_taken() {
        assert_eq!(parse(br#"{"enabled": true}"#), Ok(true));
        assert_eq!(parse(br#" {"enabled":false} "#), Ok(false));
        let long = format!(r#"{{"enabled": true{}}}"#, " ".repeat(5_000));
        let deep = "[".repeat(4_000);
        for (body, status, param) in [
            ("", 400, None),
            ("{", 400, None),
            ("false", 400, None),
            ("[false]", 400, None),
            (&deep, 400, None),
            ("{}", 400, Some("enabled")),
            (r#"{"enabled": null}"#, 400, Some("enabled")),
            (r#"{"enabled": "false"}"#, 400, Some("enabled")),
            (r#"{"enabled": 0}"#, 400, Some("enabled")),
            (r#"{"enabled": true, "for": "1h"}"#, 400, Some("enabled")),
            (&long, 413, None),
        ] {
            let error = parse(body.as_bytes()).unwrap_err();
            assert_eq!(
                (error.status, error.param.as_deref()),
                (status, param),
                "{body}"
            );
        }
    }
}
