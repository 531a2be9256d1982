//! The whole answer, as clients get it that do not stream.

use serde::Serialize;

use crate::Usage;

/// What every part of one answer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// `chatcmpl-…`, the same in all chunks of a stream.
    pub id: String,
    /// Unix seconds.
    pub created: u64,
    /// The model as the request named it.
    pub model: String,
}

/// Why an answer ended. There is no variant for "it broke": an error says so instead, because a
/// stream that ends cleanly with a reason is taken for success by every client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The bot was done, or a stop sequence was met.
    Stop,
    /// The answer was cut at a length limit.
    Length,
}

/// The body of a 200 answer to a request without `stream`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChatCompletion {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    /// Exactly one.
    pub choices: [Choice; 1],
    /// Estimated; `llm` fails when it is missing.
    pub usage: Usage,
}

/// The one choice of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    index: u32,
    /// The reply.
    pub message: ReplyMessage,
    /// Always null; the specification requires the key.
    logprobs: Option<()>,
    /// Why it ended.
    pub finish_reason: FinishReason,
}

/// The assistant's message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplyMessage {
    role: &'static str,
    /// The exact final text; always a string.
    pub content: String,
    /// Always null; the specification requires the key.
    refusal: Option<()>,
    annotations: [(); 0],
}

impl ChatCompletion {
    /// An answer of one message.
    #[must_use]
    pub fn new(head: Head, content: String, finish_reason: FinishReason, usage: Usage) -> Self {
        let message = ReplyMessage {
            role: "assistant",
            content,
            refusal: None,
            annotations: [],
        };
        Self {
            id: head.id,
            object: "chat.completion",
            created: head.created,
            model: head.model,
            choices: [Choice {
                index: 0,
                message,
                logprobs: None,
                finish_reason,
            }],
            usage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completion_has_every_key_the_specification_requires() {
        let head = Head {
            id: "chatcmpl-1".into(),
            created: 1,
            model: "Demo".into(),
        };
        let usage = Usage::estimate(12, 8);
        let completion = ChatCompletion::new(head, "hi".into(), FinishReason::Stop, usage);
        assert_eq!(
            serde_json::to_string(&completion).unwrap(),
            concat!(
                r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"Demo","#,
                r#""choices":[{"index":0,"message":{"role":"assistant","content":"hi","refusal":null,"annotations":[]},"#,
                r#""logprobs":null,"finish_reason":"stop"}],"#,
                r#""usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"#,
                r#""prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}"#
            )
        );
    }
}
