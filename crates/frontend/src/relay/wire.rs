//! What the answers look like. Ids of Discord's are strings, as it writes them: many readers of JSON
//! round whole numbers above 2^53. Sequences count from 1, and are numbers.

use serde::Serialize;
use serde_json::value::RawValue;

use super::moment;
use crate::{Change, Consumer, DeadLetter, Event, Gap, LoggedMessage, Verdict};

/// Several of something.
#[derive(Serialize)]
pub(super) struct List<T> {
    object: &'static str,
    data: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_more: Option<bool>,
}

impl<T> List<T> {
    pub(super) const fn page(data: Vec<T>, has_more: bool) -> Self {
        Self {
            object: "list",
            data,
            has_more: Some(has_more),
        }
    }

    pub(super) const fn whole(data: Vec<T>) -> Self {
        Self {
            object: "list",
            data,
            has_more: None,
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum MessageBody<'a> {
    Known(&'a RawValue),
    Deleted {
        id: String,
        channel_id: String,
        deleted: bool,
    },
}

impl<'a> MessageBody<'a> {
    pub(super) fn new(message: &'a LoggedMessage) -> Self {
        match &message.json {
            Some(json) => Self::Known(json),
            None => Self::Deleted {
                id: message.id.to_string(),
                channel_id: message.channel_id.to_string(),
                deleted: true,
            },
        }
    }
}

#[derive(Serialize)]
pub(super) struct GapBody<'a> {
    id: u64,
    channel_id: String,
    #[serde(flatten)]
    range: Range<'a>,
    at: Option<String>,
}

#[derive(Serialize)]
struct Range<'a> {
    from: Option<String>,
    to: Option<String>,
    reason: &'a str,
}

impl<'a> GapBody<'a> {
    pub(super) fn new(gap: &'a Gap) -> Self {
        Self {
            id: gap.id,
            channel_id: gap.channel_id.to_string(),
            range: Range::new(gap.from, gap.to, &gap.reason),
            at: moment::rfc3339(gap.at),
        }
    }
}

impl<'a> Range<'a> {
    fn new(from: Option<u64>, to: Option<u64>, reason: &'a str) -> Self {
        let text = |id: u64| id.to_string();
        Self {
            from: from.map(text),
            to: to.map(text),
            reason,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ConsumerBody<'a> {
    name: &'a str,
    acknowledged: u64,
    lag: u64,
    dead_letters: u64,
}

impl<'a> ConsumerBody<'a> {
    pub(super) fn new(consumer: &'a Consumer) -> Self {
        Self {
            name: &consumer.name,
            acknowledged: consumer.acknowledged,
            lag: consumer.lag,
            dead_letters: consumer.dead_letters,
        }
    }
}

#[derive(Serialize)]
pub(super) struct AcknowledgedBody<'a> {
    consumer: &'a str,
    acknowledged: u64,
}

impl<'a> AcknowledgedBody<'a> {
    pub(super) const fn new(consumer: &'a str, acknowledged: u64) -> Self {
        Self {
            consumer,
            acknowledged,
        }
    }
}

#[derive(Serialize)]
pub(super) struct FailedBody<'a> {
    consumer: &'a str,
    acknowledged: u64,
    dead: bool,
    attempts: u32,
}

impl<'a> FailedBody<'a> {
    pub(super) const fn new(consumer: &'a str, verdict: Verdict) -> Self {
        Self {
            consumer,
            acknowledged: verdict.acknowledged,
            dead: verdict.dead,
            attempts: verdict.attempts,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ForgottenBody<'a> {
    consumer: &'a str,
    deleted: bool,
}

impl<'a> ForgottenBody<'a> {
    pub(super) const fn new(consumer: &'a str) -> Self {
        Self {
            consumer,
            deleted: true,
        }
    }
}

#[derive(Serialize)]
struct EventBody<'a> {
    sequence: u64,
    kind: &'static str,
    channel_id: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inferred: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Subject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<Range<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Subject<'a> {
    Whole(&'a RawValue),
    Id { id: String },
}

impl<'a> EventBody<'a> {
    fn new(event: &'a Event) -> Self {
        let (message, gap) = match &event.change {
            Change::Create(json) | Change::Update(json) => (Some(Subject::Whole(json)), None),
            Change::Delete { id, .. } => (Some(Subject::Id { id: id.to_string() }), None),
            Change::Gap { from, to, reason } => (None, Some(Range::new(*from, *to, reason))),
        };
        Self {
            sequence: event.sequence,
            kind: event.change.kind(),
            channel_id: event.channel_id.to_string(),
            inferred: matches!(
                event.change,
                Change::Delete {
                    is_inferred: true,
                    ..
                }
            ),
            message,
            gap,
        }
    }
}

#[derive(Serialize)]
pub(super) struct DeadLetterBody<'a> {
    consumer: &'a str,
    #[serde(flatten)]
    event: EventBody<'a>,
    attempts: u32,
    reason: &'a str,
    at: Option<String>,
}

impl<'a> DeadLetterBody<'a> {
    pub(super) fn new(consumer: &'a str, letter: &'a DeadLetter) -> Self {
        Self {
            consumer,
            event: EventBody::new(&letter.event),
            attempts: letter.attempts,
            reason: &letter.reason,
            at: letter.at.and_then(moment::rfc3339),
        }
    }
}

#[derive(Serialize)]
pub(super) struct DiscardedBody<'a> {
    consumer: &'a str,
    sequence: u64,
    deleted: bool,
}

impl<'a> DiscardedBody<'a> {
    pub(super) const fn new(consumer: &'a str, sequence: u64) -> Self {
        Self {
            consumer,
            sequence,
            deleted: true,
        }
    }
}

/// An event as a server-sent event.
pub(super) fn event(event: &Event) -> String {
    let mut data = serde_json::to_string(&EventBody::new(event))
        .expect("strings and numbers always serialize");
    // Between tokens only: within strings JSON escapes them.
    if data.contains(['\n', '\r']) {
        data = data.replace(['\n', '\r'], " ");
    }
    format!("id: {}\ndata: {data}\n\n", event.sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(change: Change) -> String {
        event(&Event {
            sequence: 7,
            channel_id: 1,
            change,
        })
    }

    #[test]
    fn a_message_is_told_as_discord_gives_it() {
        let json = r#"{"id":"5","content":"a\nb \u00e9","nonce":1.0e2}"#;
        let raw = RawValue::from_string(json.into()).unwrap();
        assert_eq!(
            told(Change::Create(raw.clone())),
            format!(
                "id: 7\ndata: {{\"sequence\":7,\"kind\":\"create\",\"channel_id\":\"1\",\"message\":{json}}}\n\n"
            )
        );
        assert!(told(Change::Update(raw)).contains(r#""kind":"update""#));
    }

    #[test]
    fn an_event_has_one_line_however_its_json_is_laid_out() {
        let raw = RawValue::from_string("{\r\n  \"id\":\n\"5\"\r}".into()).unwrap();
        let text = told(Change::Create(raw));
        assert_eq!(text.matches(['\n', '\r']).count(), 3);
        assert!(
            text.ends_with("\"message\":{    \"id\": \"5\" }}\n\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_gone_or_missing_is_told_by_its_ids() {
        for (is_inferred, word) in [(false, ""), (true, "\"inferred\":true,")] {
            assert_eq!(
                told(Change::Delete { id: 5, is_inferred }),
                format!(
                    "id: 7\ndata: {{\"sequence\":7,\"kind\":\"delete\",\"channel_id\":\"1\",{word}\"message\":{{\"id\":\"5\"}}}}\n\n"
                )
            );
        }
        let gap = Change::Gap {
            from: Some(5),
            to: None,
            reason: "no permission".into(),
        };
        assert_eq!(
            told(gap),
            "id: 7\ndata: {\"sequence\":7,\"kind\":\"gap\",\"channel_id\":\"1\",\"gap\":{\"from\":\"5\",\"to\":null,\"reason\":\"no permission\"}}\n\n"
        );
    }
}
