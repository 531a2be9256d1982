//! What goes over the wire: payloads `{op, d, s, t}` (Discord: events/gateway-events#payload-structure).

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{close::CloseCode, limits::PAYLOAD_BYTES_MAX};

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    /// Op 1.
    Heartbeat,
    /// Op 2.
    Identify(Identify),
    /// Op 6.
    Resume(Resume),
    /// Op 8.
    RequestMembers(RequestMembers),
    /// Op 3 and op 4: presence and voice, taken note of and nothing else.
    Accepted,
}

/// The `d` of op 2, as far as it matters here.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Identify {
    pub(crate) token: String,
    #[serde(default)]
    pub(crate) intents: Option<u64>,
    #[serde(default)]
    pub(crate) shard: Option<(u64, u64)>,
    #[serde(default)]
    pub(crate) compress: bool,
}

/// The `d` of op 6.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Resume {
    pub(crate) token: String,
    pub(crate) session_id: String,
    pub(crate) seq: u64,
}

/// The `d` of op 8.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct RequestMembers {
    #[serde(deserialize_with = "id")]
    pub(crate) guild_id: u64,
    #[serde(default)]
    pub(crate) query: Option<String>,
    #[serde(default)]
    pub(crate) limit: usize,
    #[serde(default)]
    pub(crate) user_ids: Option<Value>,
    #[serde(default)]
    pub(crate) presences: bool,
    #[serde(default)]
    pub(crate) nonce: Option<Value>,
}

/// Reads one payload of a client.
pub(crate) fn read(text: &[u8]) -> Result<Heard, CloseCode> {
    if text.len() > PAYLOAD_BYTES_MAX {
        return Err(CloseCode::DecodeError);
    }
    let payload: Value = serde_json::from_slice(text).map_err(|_| CloseCode::DecodeError)?;
    let op = payload
        .get("op")
        .and_then(Value::as_u64)
        .ok_or(CloseCode::DecodeError)?;
    let body = payload.get("d").cloned().unwrap_or_default();
    match op {
        1 => Ok(Heard::Heartbeat),
        2 => body_of(body).map(Heard::Identify),
        3 | 4 => Ok(Heard::Accepted),
        6 => body_of(body).map(Heard::Resume),
        8 => body_of(body).map(Heard::RequestMembers),
        _ => Err(CloseCode::UnknownOpcode),
    }
}

/// Op 0 with its name and number; `data` is JSON already.
pub(crate) fn event(name: &str, sequence: u64, data: &Value) -> String {
    format!(r#"{{"t":"{name}","s":{sequence},"op":0,"d":{data}}}"#)
}

/// Op 1: the server wants a heartbeat now.
pub(crate) fn heartbeat_request() -> String {
    json!({ "t": null, "s": null, "op": 1, "d": null }).to_string()
}

/// Op 7.
pub(crate) fn reconnect() -> String {
    json!({ "t": null, "s": null, "op": 7, "d": null }).to_string()
}

/// Op 9.
pub(crate) fn invalid_session(resumable: bool) -> String {
    json!({ "t": null, "s": null, "op": 9, "d": resumable }).to_string()
}

/// Op 10.
pub(crate) fn hello(heartbeat_interval_ms: u64) -> String {
    let body = json!({
        "heartbeat_interval": heartbeat_interval_ms,
        "_trace": ["[\"cordboard-simulator\"]"],
    });
    json!({ "t": null, "s": null, "op": 10, "d": body }).to_string()
}

/// Op 11.
pub(crate) fn heartbeat_ack() -> String {
    json!({ "t": null, "s": null, "op": 11, "d": null }).to_string()
}

/// The typed `d` of an operation.
fn body_of<T: serde::de::DeserializeOwned>(body: Value) -> Result<T, CloseCode> {
    serde_json::from_value(body).map_err(|_| CloseCode::DecodeError)
}

/// An id, which is a string and which old clients send as a number.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => text.parse().map_err(serde::de::Error::custom),
        Value::Number(number) => number
            .as_u64()
            .ok_or_else(|| serde::de::Error::custom("id")),
        _ => Err(serde::de::Error::custom("id")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_payloads_have_their_close_codes() {
        assert_eq!(read(b"{"), Err(CloseCode::DecodeError));
        assert_eq!(read(b"[]"), Err(CloseCode::DecodeError));
        assert_eq!(read(br#"{"op":77}"#), Err(CloseCode::UnknownOpcode));
        assert_eq!(read(br#"{"op":11}"#), Err(CloseCode::UnknownOpcode));
        assert_eq!(read(br#"{"op":2,"d":{}}"#), Err(CloseCode::DecodeError));
        let long = format!(r#"{{"op":1,"d":"{}"}}"#, "x".repeat(PAYLOAD_BYTES_MAX));
        assert_eq!(read(long.as_bytes()), Err(CloseCode::DecodeError));
    }

    #[test]
    fn a_heartbeat_needs_no_sequence() {
        assert_eq!(read(br#"{"op":1,"d":null}"#), Ok(Heard::Heartbeat));
    }

    #[test]
    fn an_event_is_one_json_object() {
        let text = event(
            "MESSAGE_CREATE",
            3,
            &json!({ "content": "\u{1F600} \"quoted\"" }),
        );
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["s"], 3);
        assert_eq!(value["op"], 0);
        assert_eq!(value["d"]["content"], "\u{1F600} \"quoted\"");
    }
}
