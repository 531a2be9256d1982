//! A message as a bot reads it.

use serde_json::Value;

use super::id_of;
use crate::{
    rest::{self, AnswerBody},
    shared::Shared,
};

/// One message that somebody wrote.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) channel_id: u64,
    pub(super) message_id: u64,
    pub(super) author_id: u64,
    content: String,
    mentioned: Vec<u64>,
    /// Its text files.
    files: Vec<TextFile>,
}

/// A file that a bot would read.
#[derive(Debug)]
struct TextFile {
    name: String,
    url: String,
}

impl Heard {
    /// Reads the payload of `MESSAGE_CREATE`; `None` for system messages.
    pub(super) fn of(message: &Value) -> Option<Self> {
        /// An ordinary message and a reply.
        const SPOKEN: [Option<u64>; 2] = [Some(0), Some(19)];
        if !SPOKEN.contains(&message["type"].as_u64()) {
            return None;
        }
        let list = |key: &str| message[key].as_array().into_iter().flatten();
        Some(Self {
            channel_id: id_of(&message["channel_id"])?,
            message_id: id_of(&message["id"])?,
            author_id: id_of(&message["author"]["id"])?,
            content: message["content"].as_str().unwrap_or_default().to_owned(),
            mentioned: list("mentions")
                .filter_map(|user| id_of(&user["id"]))
                .collect(),
            files: list("attachments").filter_map(TextFile::of).collect(),
        })
    }

    /// Whether it names the user. The text counts, pinged or not: most bots look for their name.
    pub(super) fn mentions(&self, user_id: u64) -> bool {
        self.mentioned.contains(&user_id)
            || marks_of(user_id)
                .iter()
                .any(|mark| self.content.contains(mark))
    }

    pub(super) fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// What it says, without the bot's own name, and with what its text files say. Words that only
    /// point at a file are left out.
    pub(super) fn text_for(&self, user_id: u64, shared: &Shared) -> String {
        let mut content = self.content.clone();
        for mark in marks_of(user_id) {
            content = content.replace(&mark, "");
        }
        let points = self.files.iter().any(|file| content.contains(&file.name));
        let said = if points { "" } else { content.trim() };
        let parts = [said.to_owned()]
            .into_iter()
            .chain(self.files.iter().map(|f| f.read(shared)));
        parts
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// The two ways to write a mention.
fn marks_of(user_id: u64) -> [String; 2] {
    [format!("<@{user_id}>"), format!("<@!{user_id}>")]
}

// === impl TextFile ===

impl TextFile {
    /// The attachment, if it is text.
    fn of(file: &Value) -> Option<Self> {
        let kind = file["content_type"].as_str().unwrap_or_default();
        let name = file["filename"].as_str()?;
        let extension = name
            .rsplit_once('.')
            .map(|(_, extension)| extension.to_ascii_lowercase());
        let text = kind.starts_with("text/") || matches!(extension.as_deref(), Some("txt" | "md"));
        let url = file["url"].as_str()?;
        text.then(|| Self {
            name: name.to_owned(),
            url: url.to_owned(),
        })
    }

    /// Fetches it from the CDN.
    fn read(&self, shared: &Shared) -> String {
        let Some(start) = self.url.find("/attachments/") else {
            return String::new();
        };
        let (path, query) = self.url[start..]
            .split_once('?')
            .unwrap_or((&self.url[start..], ""));
        match rest::attachment(shared, path, query).body {
            AnswerBody::Raw { bytes, .. } => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        }
    }
}
