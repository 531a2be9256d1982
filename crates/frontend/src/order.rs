//! What a request orders: the body translated into turns of a conversation.

use std::fmt::Write;

use bytes::Bytes;
use cordboard_conversation::{FILES_MAX, Role, Turn};
use cordboard_openai::{self as openai, ApiError, ChatRequest, Part};
use tokio::time::{Instant, timeout_at};

use crate::{
    attachment::{self, Source},
    limits::PARSE_INLINE_BYTES_MAX,
};

/// A chat request, ready to be asked.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) model: String,
    pub(crate) turns: Vec<Turn>,
    pub(crate) stop: Vec<String>,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    /// For the estimate of usage.
    pub(crate) prompt_chars: usize,
}

impl Order {
    /// Reads a body; a large one off the runtime's threads, of which there may be none for a while:
    /// they are shared with the disk.
    pub(crate) async fn read(body: Bytes, deadline: Instant) -> Result<Self, ApiError> {
        if body.len() <= PARSE_INLINE_BYTES_MAX {
            return Self::parse(&body);
        }
        let parsing = tokio::task::spawn_blocking(move || Self::parse(&body));
        match timeout_at(deadline, parsing).await {
            Ok(Ok(order)) => order,
            Ok(Err(_)) => Err(ApiError::internal()),
            Err(_) => Err(ApiError::upstream_timeout(
                "This proxy did not come to read the request in time.",
            )),
        }
    }

    /// Reads a body.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let request = ChatRequest::parse(body)?;
        let turns: Vec<Turn> = request
            .messages
            .into_iter()
            .map(turn)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            prompt_chars: turns.iter().map(|turn| turn.text.chars().count()).sum(),
            model: request.model.into_owned(),
            turns,
            stop: request.stop,
            stream: request.stream,
            include_usage: request.include_usage,
        })
    }
}

fn turn(message: openai::Message<'_>) -> Result<Turn, ApiError> {
    let mut turn = Turn {
        role: match message.role {
            openai::Role::System => Role::System,
            openai::Role::User => Role::User,
            // A bot calls no tools, so results come from another model's past; it is no question.
            openai::Role::Assistant | openai::Role::Tool => Role::Assistant,
        },
        text: String::new(),
        files: Vec::new(),
    };
    let mut first = true;
    for part in message.parts {
        match read(part, turn.files.len() + 1)? {
            Content::Text(text) if first => turn.text = text,
            Content::Text(text) => {
                write!(turn.text, "\n{text}").expect("a string takes what is written to it");
            }
            Content::File(file, param) => {
                if turn.files.len() == FILES_MAX {
                    let why = format!("Discord takes at most {FILES_MAX} files with a message.");
                    return Err(ApiError::invalid_value(&param, &why));
                }
                turn.files.push(file);
                continue;
            }
        }
        first = false;
    }
    Ok(turn)
}

enum Content {
    Text(String),
    File(cordboard_conversation::File, String),
}

/// Decodes what came inline. An address is handed to the bot as text: we fetch nothing that a
/// caller names, since it could name our own network.
fn read(part: Part<'_>, number: usize) -> Result<Content, ApiError> {
    match part {
        Part::Text(text) => Ok(Content::Text(text.into_owned())),
        Part::Image { url, param } => match attachment::source(&url, &param)? {
            Source::Address(address) => Ok(Content::Text(address.to_owned())),
            Source::Inline(inline) => {
                let file = inline.decode("image", None, number, &param)?;
                Ok(Content::File(file, param))
            }
            Source::Other(_) => Err(ApiError::invalid_value(
                &param,
                "expected an http(s) address or a data: URL.",
            )),
        },
        Part::Audio {
            data,
            format,
            param,
        } => {
            let file = attachment::sound(&data, &format, number, &param)?;
            Ok(Content::File(file, param))
        }
        Part::File { data, name, param } => match attachment::source(&data, &param)? {
            Source::Address(address) => Ok(Content::Text(address.to_owned())),
            Source::Inline(inline) => {
                let file = inline.decode("file", name.as_deref(), number, &param)?;
                Ok(Content::File(file, param))
            }
            Source::Other(base64) => {
                let file = attachment::base64_file(base64, name.as_deref(), number, &param)?;
                Ok(Content::File(file, param))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order(content: &Value) -> Result<Order, ApiError> {
        let body = json!({"model": "demo", "messages": [{"role": "user", "content": content}]});
        Order::parse(body.to_string().as_bytes())
    }

    #[test]
    fn text_is_joined_by_lines_and_addresses_stay_text() {
        let order = order(&json!([
            {"type": "text", "text": "look at"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "text", "text": "closely"},
        ]))
        .unwrap();
        assert_eq!(
            order.turns[0].text,
            "look at\nhttps://example.com/a.png\nclosely"
        );
        assert!(order.turns[0].files.is_empty());
        assert_eq!(order.prompt_chars, 41);
    }

    #[test]
    fn what_came_inline_becomes_files() {
        let order = order(&json!([
            {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,aGk="}},
            {"type": "input_audio", "input_audio": {"data": "aGk", "format": "mp3"}},
            {"type": "file", "file": {"file_data": "data:text/plain,a%20b", "filename": "../../note.txt"}},
            {"type": "file", "file": {"file_data": "aGk="}},
            {"type": "text", "text": "hear"},
        ]))
        .unwrap();
        let files: Vec<_> = order.turns[0]
            .files
            .iter()
            .map(|file| {
                (
                    file.name.as_str(),
                    file.content_type.as_deref(),
                    &*file.bytes,
                )
            })
            .collect();
        assert_eq!(
            files,
            [
                ("image-1.jpg", Some("image/jpeg"), &b"hi"[..]),
                ("audio-2.mp3", Some("audio/mpeg"), b"hi"),
                ("note.txt", Some("text/plain"), b"a b"),
                ("file-4.bin", None, b"hi"),
            ]
        );
        assert_eq!(order.turns[0].text, "hear");
    }

    #[test]
    fn impossible_files_are_refused_by_their_place() {
        let big = "A".repeat((cordboard_conversation::FILE_BYTES_MAX + 3) / 3 * 4);
        for url in [
            "file:///etc/passwd".to_owned(),
            "ftp://example.com/a.png".into(),
            "AAAA".into(),
            "data:image/png;base64,%%%".into(),
            "data:image/png;base64,".into(),
            "data:image/png".into(),
            format!("https://example.com/{}", "a".repeat(3_000)),
            "https://example.com/a\nb".into(),
            format!("data:image/png;base64,{big}"),
        ] {
            let error =
                order(&json!([{"type": "image_url", "image_url": {"url": url}}])).unwrap_err();
            assert_eq!(error.status, 400);
            assert_eq!(
                error.param.as_deref(),
                Some("messages[0].content[0].image_url.url")
            );
            assert!(error.message.len() < 200, "{}", error.message);
        }
        let many: Vec<_> = (0..11)
            .map(|_| json!({"type": "image_url", "image_url": "data:image/png;base64,AAAA"}))
            .collect();
        let error = order(&many.into()).unwrap_err();
        assert_eq!(
            error.param.as_deref(),
            Some("messages[0].content[10].image_url")
        );
    }

    #[test]
    fn a_large_body_that_no_thread_comes_to_read_has_its_deadline() {
        // How: the only thread that may block does, until the end.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        let (end, ended) = std::sync::mpsc::sync_channel::<()>(1);
        runtime.block_on(async {
            drop(tokio::task::spawn_blocking(move || ended.recv()));
            let body = Bytes::from(vec![b' '; PARSE_INLINE_BYTES_MAX + 1]);
            let deadline = Instant::now() + std::time::Duration::from_millis(50);
            let error = Order::read(body, deadline).await.unwrap_err();
            assert_eq!(error.status, 504);
        });
        drop(end);
    }
}
