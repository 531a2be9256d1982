//! What a client asks.

use std::fmt;

use bytes::Bytes;
use tokio::time::Instant;

/// One request of a client.
#[derive(Clone, Debug)]
pub struct Request {
    /// Names the conversation in logs and in the channel's record: `[a-zA-Z0-9-]`.
    pub id: String,
    /// Who asks, such as the name of their key: those who ask take turns when channels run short.
    pub tenant: String,
    /// The model asked for, as the client wrote it.
    pub model: String,
    /// The dialogue so far, the question last.
    pub turns: Vec<Turn>,
    /// The reply ends before the first of these. Empty ones are ignored.
    pub stop: Vec<String>,
    /// When it must be over, whatever stage it is in.
    pub deadline: Instant,
}

/// One turn of the dialogue.
#[derive(Clone)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
    /// Files that come with it, such as images.
    pub files: Vec<File>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The operator of the client.
    System,
    /// The person.
    User,
    /// The bot, earlier.
    Assistant,
}

/// A file to attach to a message.
#[derive(Clone)]
pub struct File {
    /// The file's name with its extension.
    pub name: String,
    /// Its media type, if known.
    pub content_type: Option<String>,
    /// What is in it.
    pub bytes: Bytes,
}

// === impl Turn ===

impl fmt::Debug for Turn {
    /// Says how much was said, not what: prompts stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("role", &self.role)
            .field("text_bytes", &self.text.len())
            .field("files", &self.files)
            .finish()
    }
}

// === impl File ===

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
