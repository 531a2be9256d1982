//! A glance at a body before the world reads it: what the limits and the checkers need to know.

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use percent_encoding::percent_decode;
use serde::Deserialize;
use serde_json::Value;

/// The few fields that matter.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Glance {
    pub(super) allowed_mentions: Option<Value>,
    pub(super) name: Option<Value>,
    pub(super) nonce: Option<Value>,
    pub(super) topic: Option<Value>,
}

impl Glance {
    /// Looks into the bodies of the routes where one of them matters; bodies that are no JSON are
    /// empty glances, for the world says what is wrong with them.
    pub(super) fn at(template: &str, headers: &HeaderMap, body: &Bytes) -> Self {
        let matters = match template.split_once(' ') {
            Some(("POST", path)) => {
                path.ends_with("/messages")
                    || path.ends_with("/threads")
                    || path == "/guilds/{guild_id}/channels"
            }
            Some(("PATCH", path)) => {
                path.starts_with("/channels/{channel_id}/messages/")
                    || path == "/channels/{channel_id}"
            }
            _ => false,
        };
        if !matters {
            return Self::default();
        }
        let multipart = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
        let json = if multipart { payload_json(body) } else { body };
        // Of a multipart body only the first JSON value counts; the rest is files.
        let mut values = serde_json::Deserializer::from_slice(json).into_iter::<Self>();
        values.next().and_then(Result::ok).unwrap_or_default()
    }

    /// The mark of a creation: what follows `~` in the audit-log reason, or else in the topic.
    pub(super) fn mark(&self, reason: Option<&str>) -> Option<String> {
        let topic = self.topic.as_ref().and_then(Value::as_str);
        [reason, topic].into_iter().flatten().find_map(|text| {
            let (_, mark) = text.split_once('~')?;
            let mark = mark.split_whitespace().next()?;
            Some(mark.to_owned())
        })
    }
}

/// Where the part `payload_json` begins.
fn payload_json(body: &[u8]) -> &[u8] {
    let after = |bytes: &[u8], needle: &[u8]| {
        bytes
            .windows(needle.len())
            .position(|window| window == needle)
            .map(|at| at + needle.len())
    };
    after(body, b"name=\"payload_json\"")
        .and_then(|at| Some(&body[at + after(&body[at..], b"\r\n\r\n")?..]))
        .unwrap_or_default()
}

/// The audit-log reason, decoded.
pub(super) fn reason_in(headers: &HeaderMap) -> Option<String> {
    let raw = headers.get("x-audit-log-reason")?;
    Some(
        percent_decode(raw.as_bytes())
            .decode_utf8_lossy()
            .into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATE: &str = "POST /channels/{channel_id}/messages";

    #[test]
    fn json_and_multipart_show_the_same() {
        let json = r#"{"content":"a","allowed_mentions":{"parse":[]}}"#;
        let multipart = format!(
            "--b\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: \
             application/json\r\n\r\n{json}\r\n--b\r\nContent-Disposition: form-data; \
             name=\"files[0]\"; filename=\"a\"\r\n\r\n\r\n\r\n{{\r\n--b--"
        );
        let mut form = HeaderMap::new();
        form.insert(
            CONTENT_TYPE,
            "multipart/form-data; boundary=b".parse().unwrap(),
        );
        let plain = Glance::at(CREATE, &HeaderMap::new(), &Bytes::from(json));
        let parts = Glance::at(CREATE, &form, &Bytes::from(multipart));
        assert_eq!(
            plain.allowed_mentions,
            Some(serde_json::json!({ "parse": [] }))
        );
        assert_eq!(plain.allowed_mentions, parts.allowed_mentions);
    }

    #[test]
    fn a_mark_follows_the_tilde() {
        let glance = Glance {
            topic: Some("x ~def y".into()),
            ..Glance::default()
        };
        assert_eq!(
            glance.mark(Some("cordboard ~abc conversation")).as_deref(),
            Some("abc")
        );
        assert_eq!(glance.mark(Some("no mark")).as_deref(), Some("def"));
        assert_eq!(Glance::default().mark(None), None);
    }
}
