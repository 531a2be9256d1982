//! Messages: one shape out of the many that clients send.

use std::borrow::Cow;

use serde::Deserialize;

use super::loose::{Loose, Shape, Skipped};
use crate::{
    ApiError,
    limits::{MESSAGES_MAX, PARTS_MAX},
};

/// Who said it. Names such as `o3` change nothing here: clients decide between `system` and
/// `developer` by themselves, and both mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `system` or `developer`.
    System,
    /// `user`.
    User,
    /// `assistant`.
    Assistant,
    /// `tool` or `function`: what a tool of the client's returned.
    Tool,
}

/// One message of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Who said it.
    pub role: Role,
    /// What was said, in order. Empty for an assistant's turn that only called tools.
    pub parts: Vec<Part<'a>>,
}

/// One part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// An image, by `http(s)` address or as a `data:` URL.
    Image {
        /// The address.
        url: Cow<'a, str>,
        /// Where it stood, such as `messages[0].content[1].image_url.url`.
        param: String,
    },
    /// Sound, in base64.
    Audio {
        /// Base64.
        data: Cow<'a, str>,
        /// `wav` or `mp3`, unless the client says otherwise.
        format: Cow<'a, str>,
        /// Where it stood.
        param: String,
    },
    /// A file, in base64 or as a `data:` URL.
    File {
        /// Base64 or a `data:` URL.
        data: Cow<'a, str>,
        /// What the client calls it.
        name: Option<Cow<'a, str>>,
        /// Where it stood.
        param: String,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct MessageFields<'a> {
    role: Loose<'a, Skipped>,
    content: Loose<'a, PartFields<'a>>,
    refusal: Loose<'a, Skipped>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct PartFields<'a> {
    #[serde(rename = "type")]
    kind: Loose<'a, Skipped>,
    text: Loose<'a, Skipped>,
    refusal: Loose<'a, Skipped>,
    image_url: Loose<'a, Address<'a>>,
    input_audio: Loose<'a, Sound<'a>>,
    file: Loose<'a, FileFields<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Address<'a> {
    url: Loose<'a, Skipped>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Sound<'a> {
    data: Loose<'a, Skipped>,
    format: Loose<'a, Skipped>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct FileFields<'a> {
    file_data: Loose<'a, Skipped>,
    file_id: Loose<'a, Skipped>,
    filename: Loose<'a, Skipped>,
}

impl<'de: 'a, 'a> Shape<'de> for MessageFields<'a> {
    const LIST_MAX: usize = MESSAGES_MAX;
}
impl<'de: 'a, 'a> Shape<'de> for PartFields<'a> {
    const LIST_MAX: usize = PARTS_MAX;
}
impl<'de: 'a, 'a> Shape<'de> for Address<'a> {
    const LIST_MAX: usize = 1;
}
impl<'de: 'a, 'a> Shape<'de> for Sound<'a> {
    const LIST_MAX: usize = 1;
}
impl<'de: 'a, 'a> Shape<'de> for FileFields<'a> {
    const LIST_MAX: usize = 1;
}

/// Reads the whole list; at least one message must come from a user and say something.
pub(super) fn messages<'a>(
    list: Loose<'a, MessageFields<'a>>,
) -> Result<Vec<Message<'a>>, ApiError> {
    let list = match list {
        Loose::Absent => return Err(ApiError::missing("messages")),
        Loose::List(list) => list,
        other => return Err(other.unexpected("messages", "an array of objects")),
    };
    let messages: Vec<_> = list
        .into_iter()
        .enumerate()
        .map(|(index, message)| one(message, &format!("messages[{index}]")))
        .collect::<Result<_, _>>()?;
    if messages.is_empty() {
        return Err(ApiError::invalid_value(
            "messages",
            "at least one message is needed, but the array is empty.",
        ));
    }
    if !messages.iter().any(Message::asks) {
        return Err(ApiError::invalid_value(
            "messages",
            "at least one message of the role 'user' with content is needed.",
        ));
    }
    Ok(messages)
}

impl Message<'_> {
    /// Whether a user says something here.
    fn asks(&self) -> bool {
        let says = |part: &Part<'_>| match part {
            Part::Text(text) => !text.trim().is_empty(),
            _ => true,
        };
        self.role == Role::User && self.parts.iter().any(says)
    }
}

fn one<'a>(message: Loose<'a, MessageFields<'a>>, param: &str) -> Result<Message<'a>, ApiError> {
    let fields = match message {
        Loose::Object(fields) => *fields,
        other => return Err(other.unexpected(param, "an object")),
    };
    let role = role(fields.role, &format!("{param}.role"))?;
    let refusal = fields.refusal.as_text().map(str::to_owned);
    let param = format!("{param}.content");
    let mut parts = match fields.content {
        Loose::Absent if role == Role::User => return Err(ApiError::missing(&param)),
        Loose::Absent => Vec::new(),
        Loose::Text(text) => vec![Part::Text(text)],
        Loose::List(list) => list
            .into_iter()
            .enumerate()
            .map(|(index, element)| part(element, &format!("{param}[{index}]")))
            .collect::<Result<_, _>>()?,
        object @ Loose::Object(_) => vec![part(object, &param)?],
        other => return Err(other.unexpected(&param, "a string or an array of content parts")),
    };
    if parts.is_empty() {
        parts.extend(refusal.map(|refusal| Part::Text(refusal.into())));
    }
    Ok(Message { role, parts })
}

fn role(role: Loose<'_, Skipped>, param: &str) -> Result<Role, ApiError> {
    match &*role.text(param)? {
        "system" | "developer" => Ok(Role::System),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "tool" | "function" => Ok(Role::Tool),
        _ => Err(ApiError::invalid_value(
            param,
            "expected one of 'system', 'developer', 'user', 'assistant', 'tool' and 'function'.",
        )),
    }
}

/// Chat's spellings, and those of the Responses API that clients send here by mistake.
fn part<'a>(part: Loose<'a, PartFields<'a>>, param: &str) -> Result<Part<'a>, ApiError> {
    let fields = match part {
        Loose::Text(text) => return Ok(Part::Text(text)),
        Loose::Object(fields) => *fields,
        other => return Err(other.unexpected(param, "an object")),
    };
    let kind = fields.kind.text(&format!("{param}.type"))?;
    match &*kind {
        "text" | "input_text" | "output_text" => {
            Ok(Part::Text(fields.text.text(&format!("{param}.text"))?))
        }
        "refusal" => Ok(Part::Text(
            fields.refusal.text(&format!("{param}.refusal"))?,
        )),
        "image_url" | "input_image" => image(fields.image_url, format!("{param}.image_url")),
        "input_audio" => audio(fields.input_audio, &format!("{param}.input_audio")),
        "file" => file(fields.file, &format!("{param}.file")),
        _ => Err(ApiError::invalid_value(
            &format!("{param}.type"),
            "expected one of 'text', 'image_url', 'input_audio', 'file' and 'refusal'.",
        )),
    }
}

fn image<'a>(image: Loose<'a, Address<'a>>, param: String) -> Result<Part<'a>, ApiError> {
    match image {
        Loose::Object(address) => {
            let param = format!("{param}.url");
            let url = address.url.text(&param)?;
            Ok(Part::Image { url, param })
        }
        other => {
            let url = other.text(&param)?;
            Ok(Part::Image { url, param })
        }
    }
}

fn audio<'a>(sound: Loose<'a, Sound<'a>>, param: &str) -> Result<Part<'a>, ApiError> {
    let sound = match sound {
        Loose::Object(sound) => *sound,
        Loose::Absent => return Err(ApiError::missing(param)),
        other => return Err(other.unexpected(param, "an object")),
    };
    let format = sound.format.optional_text(&format!("{param}.format"))?;
    let param = format!("{param}.data");
    Ok(Part::Audio {
        data: sound.data.text(&param)?,
        format: format.unwrap_or(Cow::Borrowed("wav")),
        param,
    })
}

fn file<'a>(file: Loose<'a, FileFields<'a>>, param: &str) -> Result<Part<'a>, ApiError> {
    let file = match file {
        Loose::Object(file) => *file,
        Loose::Absent => return Err(ApiError::missing(param)),
        other => return Err(other.unexpected(param, "an object")),
    };
    if matches!(file.file_data, Loose::Absent) && !matches!(file.file_id, Loose::Absent) {
        return Err(ApiError::unsupported_value(
            &format!("{param}.file_id"),
            "files cannot be uploaded ahead; send 'file_data' instead of 'file_id'.",
        ));
    }
    let name = file.filename.optional_text(&format!("{param}.filename"))?;
    let param = format!("{param}.file_data");
    let data = file.file_data.text(&param)?;
    Ok(Part::File { data, name, param })
}
