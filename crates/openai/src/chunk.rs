//! The grammar of a streamed answer, as a type that cannot be misused.

mod event;

use serde::Serialize;

use self::event::{event, fitting};
use crate::{
    ApiError, FinishReason, Head, Usage,
    limits::{EVENT_BYTES_MAX, EVENT_TEXT_BYTES_MIN},
};

/// Ends every stream, a failed one included.
pub const DONE: &str = "data: [DONE]\n\n";

/// A comment that keeps idle connections open. It must not begin with `ping`: Continue's parser
/// takes that for the end of its buffer. Fields such as `id:`, `retry:` or an `event:` without
/// data are never sent: openai-python fails on them.
pub const KEEP_ALIVE: &str = ": keep-alive\n\n";

/// Writes the events of one streamed answer, in the only order that all clients take:
/// role, any number of deltas, then either finish, usage if it was asked for, and `[DONE]`;
/// or one error and `[DONE]`.
///
/// [`ChunkWriter::open`] is the only way in and writes the role; [`ChunkWriter::finish`] and
/// [`ChunkWriter::fail`] are the only ways out and take the writer with them.
#[derive(Debug)]
pub struct ChunkWriter {
    head: Head,
    include_usage: bool,
    text_bytes_max: usize,
}

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: &'a [ChunkChoice<'a>],
    /// Absent unless usage was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<ChunkUsage>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ChunkUsage {
    /// `null`, in all chunks but the last.
    Later,
    Told(Usage),
}

#[derive(Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: Option<()>,
    finish_reason: Option<FinishReason>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

impl ChunkWriter {
    /// Starts a stream. The event returned carries the role.
    #[must_use]
    pub fn open(head: Head, include_usage: bool) -> (Self, String) {
        let mut writer = Self {
            head,
            include_usage,
            text_bytes_max: EVENT_TEXT_BYTES_MIN,
        };
        let opening = writer.delta(Delta {
            role: Some("assistant"),
            content: Some(""),
        });
        // The opening is the longest frame there is.
        writer.text_bytes_max = EVENT_BYTES_MAX
            .saturating_sub(opening.len())
            .max(EVENT_TEXT_BYTES_MIN);
        (writer, opening)
    }

    /// The events that append `text`: one, or several when it is too long for one; none when empty.
    pub fn text<'a>(&'a self, mut text: &'a str) -> impl Iterator<Item = String> + 'a {
        std::iter::from_fn(move || {
            let (head, tail) = text.split_at(fitting(text, self.text_bytes_max));
            text = tail;
            (!head.is_empty()).then(|| {
                self.delta(Delta {
                    role: None,
                    content: Some(head),
                })
            })
        })
    }

    /// The events that end an answer well. `usage` is written only if it was asked for.
    #[must_use]
    pub fn finish(self, reason: FinishReason, usage: Usage) -> Vec<String> {
        let finish = ChunkChoice {
            index: 0,
            delta: Delta::default(),
            logprobs: None,
            finish_reason: Some(reason),
        };
        let mut events = vec![self.event(&[finish], ChunkUsage::Later)];
        if self.include_usage {
            events.push(self.event(&[], ChunkUsage::Told(usage)));
        }
        events.push(DONE.to_owned());
        events
    }

    /// The events that end an answer that broke: the error alone, without a finish reason.
    #[must_use]
    pub fn fail(self, error: &ApiError) -> Vec<String> {
        vec![event(&error.body()), DONE.to_owned()]
    }

    fn delta(&self, delta: Delta<'_>) -> String {
        let choice = ChunkChoice {
            index: 0,
            delta,
            logprobs: None,
            finish_reason: None,
        };
        self.event(&[choice], ChunkUsage::Later)
    }

    fn event(&self, choices: &[ChunkChoice<'_>], usage: ChunkUsage) -> String {
        event(&Chunk {
            id: &self.head.id,
            object: "chat.completion.chunk",
            created: self.head.created,
            model: &self.head.model,
            choices,
            usage: self.include_usage.then_some(usage),
        })
    }
}

#[cfg(test)]
mod tests;
