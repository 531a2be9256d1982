//! `{"sequence": 7}`, or `{"sequence": 7, "failed": true, "reason": "…"}`: read strictly, since what
//! is taken for done does not come again.

use cordboard_openai::ApiError;
use serde_json::{Map, Value};

use crate::limits::{ACKNOWLEDGEMENT_BYTES_MAX, FAILURE_REASON_CHARS_MAX, RELAY_ID_MAX};

/// What became of an event, and of all that came before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Acknowledgement {
    pub(super) sequence: u64,
    /// Why it failed; none: it is done.
    pub(super) failure: Option<String>,
}

pub(super) fn parse(body: &[u8]) -> Result<Acknowledgement, ApiError> {
    if body.len() > ACKNOWLEDGEMENT_BYTES_MAX {
        return Err(ApiError::body_too_large(ACKNOWLEDGEMENT_BYTES_MAX));
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| ApiError::malformed_json(&error.to_string()))?;
    let Value::Object(fields) = value else {
        let detail = r#"expected an object such as {"sequence": 7}"#;
        return Err(ApiError::malformed_json(detail));
    };
    let known = |name: &String| matches!(name.as_str(), "sequence" | "failed" | "reason");
    if let Some(name) = fields.keys().find(|name| !known(name)) {
        let why = "this takes sequence, failed and reason.";
        return Err(crate::query::unknown(name, why));
    }
    let sequence = sequence(&fields)?;
    let failed = match fields.get("failed") {
        None => false,
        Some(Value::Bool(failed)) => *failed,
        Some(other) => return Err(wrong("failed", "true or false", other)),
    };
    let reason = reason(&fields)?;
    if reason.is_some() && !failed {
        let why = r#"it goes with "failed": true and nothing else."#;
        return Err(ApiError::invalid_value("reason", why));
    }
    Ok(Acknowledgement {
        sequence,
        failure: failed.then(|| reason.unwrap_or_default()),
    })
}

/// A larger number than there can be is as wrong as any that has not come yet, and is told so.
fn sequence(fields: &Map<String, Value>) -> Result<u64, ApiError> {
    const NAME: &str = "sequence";
    let value = fields.get(NAME).ok_or_else(|| ApiError::missing(NAME))?;
    let sequence = value
        .as_u64()
        .ok_or_else(|| wrong(NAME, "the sequence of an event, as a number", value))?;
    Ok(sequence.min(RELAY_ID_MAX))
}

fn reason(fields: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    const NAME: &str = "reason";
    match fields.get(NAME) {
        None => Ok(None),
        Some(Value::String(reason)) if reason.chars().count() > FAILURE_REASON_CHARS_MAX => {
            let why = format!("it is longer than {FAILURE_REASON_CHARS_MAX} characters.");
            Err(ApiError::invalid_value(NAME, &why))
        }
        Some(Value::String(reason)) => Ok(Some(reason.clone())),
        Some(other) => Err(wrong(NAME, "a string", other)),
    }
}

fn wrong(name: &str, expected: &str, got: &Value) -> ApiError {
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_u64() => "a whole number",
        Value::Number(_) => "a number that is negative or not whole",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    ApiError::invalid_type(name, expected, got)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_done_or_failed() {
        let long = format!(
            r#"{{"sequence":1,"failed":true,"reason":"{}"}}"#,
            "é".repeat(500)
        );
        for (body, sequence, failure) in [
            (r#"{"sequence": 7}"#, 7, None),
            (r#"{"sequence": 0, "failed": false}"#, 0, None),
            (r#"{"sequence": 7, "failed": true}"#, 7, Some(String::new())),
            (
                r#"{"failed": true, "reason": "a\nb", "sequence": 7}"#,
                7,
                Some("a\nb".to_owned()),
            ),
            (&long, 1, Some("é".repeat(500))),
            (r#"{"sequence": 18446744073709551615}"#, RELAY_ID_MAX, None),
        ] {
            let meant = Acknowledgement { sequence, failure };
            assert_eq!(parse(body.as_bytes()), Ok(meant), "{body}");
        }
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let large = format!(r#"{{"sequence": 1{}}}"#, " ".repeat(20_000));
        let long = format!(
            r#"{{"sequence":1,"failed":true,"reason":"{}"}}"#,
            "é".repeat(501)
        );
        for (body, status, param) in [
            ("", 400, None),
            ("7", 400, None),
            ("[7]", 400, None),
            ("{}", 400, Some("sequence")),
            (r#"{"sequence": null}"#, 400, Some("sequence")),
            (r#"{"sequence": "7"}"#, 400, Some("sequence")),
            (r#"{"sequence": -1}"#, 400, Some("sequence")),
            (r#"{"sequence": 1.5}"#, 400, Some("sequence")),
            (r#"{"sequence": 1e30}"#, 400, Some("sequence")),
            (r#"{"sequence": 1, "failed": "true"}"#, 400, Some("failed")),
            (r#"{"sequence": 1, "reason": "x"}"#, 400, Some("reason")),
            (
                r#"{"sequence": 1, "failed": true, "reason": 5}"#,
                400,
                Some("reason"),
            ),
            (r#"{"sequence": 1, "dead": true}"#, 400, Some("dead")),
            (&long, 400, Some("reason")),
            (&large, 413, None),
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
