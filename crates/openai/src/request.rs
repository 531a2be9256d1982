//! What `POST /v1/chat/completions` asks, read leniently and checked strictly.

mod loose;
mod message;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::Deserialize;

pub use self::message::{Message, Part, Role};
use self::{
    loose::{Loose, Shape, Skipped},
    message::MessageFields,
};
use crate::{ApiError, limits::STOPS_MAX};

/// A chat request that can be answered. Texts are borrowed from the body where possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatRequest<'a> {
    /// As the client wrote it, to be echoed.
    pub model: Cow<'a, str>,
    /// At least one of them is a user's and says something.
    pub messages: Vec<Message<'a>>,
    /// Whether to stream.
    pub stream: bool,
    /// Whether a stream ends with a usage chunk.
    pub include_usage: bool,
    /// At most four, none of them empty.
    pub stop: Vec<String>,
}

/// Everything that is looked at. What is not named here (`temperature`, `tools`, `user` and
/// whatever clients invent) is skipped: modern clients send a lot uninvited.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Fields<'a> {
    model: Loose<'a, Skipped>,
    messages: Loose<'a, MessageFields<'a>>,
    stream: Loose<'a, Skipped>,
    stream_options: Loose<'a, StreamOptions<'a>>,
    stop: Loose<'a, Skipped>,
    n: Loose<'a, Skipped>,
    tool_choice: Loose<'a, ToolChoice<'a>>,
    function_call: Loose<'a, Skipped>,
    response_format: Loose<'a, Typed<'a>>,
    logprobs: Loose<'a, Skipped>,
    top_logprobs: Loose<'a, Skipped>,
    modalities: Loose<'a, Skipped>,
    audio: Loose<'a, Skipped>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct StreamOptions<'a> {
    include_usage: Loose<'a, Skipped>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Typed<'a> {
    #[serde(rename = "type")]
    kind: Loose<'a, Skipped>,
}

/// `{"type":"allowed_tools","allowed_tools":{"mode":"auto"}}`, or with the mode beside the type.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct ToolChoice<'a> {
    mode: Loose<'a, Skipped>,
    allowed_tools: Loose<'a, Mode<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Mode<'a> {
    mode: Loose<'a, Skipped>,
}

impl<'de: 'a, 'a> Shape<'de> for Fields<'a> {
    const LIST_MAX: usize = 1;
}
impl<'de: 'a, 'a> Shape<'de> for StreamOptions<'a> {
    const LIST_MAX: usize = 1;
}
impl<'de: 'a, 'a> Shape<'de> for Typed<'a> {
    const LIST_MAX: usize = 1;
}
impl<'de: 'a, 'a> Shape<'de> for ToolChoice<'a> {
    const LIST_MAX: usize = 1;
}
impl<'de: 'a, 'a> Shape<'de> for Mode<'a> {
    const LIST_MAX: usize = crate::limits::ENTRIES_MAX;
}

impl<'a> ChatRequest<'a> {
    /// Reads a request body, whatever its content type said.
    ///
    /// # Errors
    /// 400, naming the position of a syntax error or the parameter that is wrong.
    pub fn parse(body: &'a [u8]) -> Result<Self, ApiError> {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let fields: Loose<'a, Fields<'a>> = serde_json::from_slice(body)
            .map_err(|error| ApiError::malformed_json(&error.to_string()))?;
        let Loose::Object(fields) = fields else {
            let detail = format!("expected an object, but got {}", fields.kind());
            return Err(ApiError::malformed_json(&detail));
        };
        fields.refuse_impossible()?;
        let model = fields.model.text("model")?;
        if model.trim().is_empty() {
            return Err(ApiError::missing("model"));
        }
        Ok(Self {
            model,
            messages: message::messages(fields.messages)?,
            stream: fields.stream.flag("stream")?,
            include_usage: include_usage(&fields.stream_options)?,
            stop: stop(fields.stop)?,
        })
    }
}

// === impl Fields ===

impl Fields<'_> {
    /// Says no to what would otherwise be ignored in silence and missed by the client.
    fn refuse_impossible(&self) -> Result<(), ApiError> {
        match self.n.number("n")? {
            Some(n) if n > 1.0 => {
                let why = "'n' > 1 is not supported with this model.";
                return Err(ApiError::unsupported_parameter("n", why));
            }
            Some(n) if n < 1.0 => return Err(ApiError::invalid_value("n", "expected 1.")),
            _ => {}
        }
        if self.forces_tools() {
            let why = "'tool_choice' can only be 'auto' or 'none' with this model; Discord bots cannot call tools.";
            return Err(ApiError::unsupported_value("tool_choice", why));
        }
        if !may_answer(&self.function_call) {
            let why = "'function_call' can only be 'auto' or 'none' with this model; Discord bots cannot call functions.";
            return Err(ApiError::unsupported_value("function_call", why));
        }
        self.refuse_format()?;
        if self.logprobs.flag("logprobs")? {
            let why = "'logprobs' is not supported with this model.";
            return Err(ApiError::unsupported_parameter("logprobs", why));
        }
        if self
            .top_logprobs
            .number("top_logprobs")?
            .is_some_and(|top| top > 0.0)
        {
            let why = "'top_logprobs' is not supported with this model.";
            return Err(ApiError::unsupported_parameter("top_logprobs", why));
        }
        let speaks = match &self.modalities {
            Loose::List(list) => list.iter().any(|entry| entry.as_text() == Some("audio")),
            other => other.as_text() == Some("audio"),
        };
        if speaks {
            let why = "'modalities' cannot contain 'audio' with this model.";
            return Err(ApiError::unsupported_value("modalities", why));
        }
        match &self.audio {
            Loose::Absent => Ok(()),
            _ => Err(ApiError::unsupported_parameter(
                "audio",
                "'audio' is not supported with this model.",
            )),
        }
    }

    fn forces_tools(&self) -> bool {
        match &self.tool_choice {
            Loose::Object(choice) => {
                let inner = match &choice.allowed_tools {
                    Loose::Object(allowed) => &allowed.mode,
                    _ => &choice.mode,
                };
                inner.as_text() != Some("auto")
            }
            other => !may_answer(other),
        }
    }

    fn refuse_format(&self) -> Result<(), ApiError> {
        let kind = match &self.response_format {
            Loose::Absent => return Ok(()),
            Loose::Object(format) => &format.kind,
            other => return Err(other.unexpected("response_format", "an object")),
        };
        match kind {
            Loose::Absent => Ok(()),
            Loose::Text(kind) if kind == "text" => Ok(()),
            Loose::Text(_) => Err(ApiError::unsupported_value(
                "response_format.type",
                "'response_format.type' can only be 'text' with this model; Discord bots answer in prose.",
            )),
            other => Err(other.unexpected("response_format.type", "a string")),
        }
    }
}

/// Whether a tool choice leaves the bot free to answer in words.
fn may_answer<O>(choice: &Loose<'_, O>) -> bool {
    match choice {
        Loose::Absent => true,
        other => matches!(other.as_text(), Some("auto" | "none")),
    }
}

fn include_usage(options: &Loose<'_, StreamOptions<'_>>) -> Result<bool, ApiError> {
    match options {
        Loose::Absent => Ok(false),
        Loose::Object(options) => options.include_usage.flag("stream_options.include_usage"),
        other => Err(other.unexpected("stream_options", "an object")),
    }
}

fn stop(stop: Loose<'_, Skipped>) -> Result<Vec<String>, ApiError> {
    let mut stops = match stop {
        Loose::Absent => Vec::new(),
        Loose::Text(text) => vec![text.into_owned()],
        Loose::List(list) => list
            .into_iter()
            .enumerate()
            .map(|(index, entry)| entry.text(&format!("stop[{index}]")).map(Cow::into_owned))
            .collect::<Result<_, _>>()?,
        other => return Err(other.unexpected("stop", "a string or an array of strings")),
    };
    stops.retain(|stop| !stop.is_empty());
    if stops.len() > STOPS_MAX {
        let why = format!("at most {STOPS_MAX} stop sequences are allowed.");
        return Err(ApiError::invalid_value("stop", &why));
    }
    Ok(stops)
}
