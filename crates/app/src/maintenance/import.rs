//! The way over from coze-discord-proxy: from its variables and its `bot_config.json` to our
//! configuration. Text in, text out; what is read and written is in a file of its own.

mod bots;
mod files;
mod keys;
mod old;
mod writing;

use secrecy::SecretString;
use serde::Serialize;

pub use self::{files::ImportError, keys::FreshKeys, old::Old};

/// What an import came to.
#[derive(Debug)]
pub struct Imported {
    /// The configuration, commented, without a secret in it.
    pub toml: String,
    /// The secrets that it refers to.
    pub secrets: Vec<SecretFile>,
    /// What became of everything that was set, in the order of the configuration.
    pub notes: Vec<Note>,
}

/// A file that holds a secret and nothing else.
#[derive(Debug)]
pub struct SecretFile {
    /// Its name, beside the configuration.
    pub name: String,
    /// What goes into it.
    pub secret: SecretString,
}

/// What became of one thing that was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The variable, or the place in `bot_config.json`. Never its value.
    pub subject: String,
    /// What became of it, for programs.
    pub outcome: Fate,
    /// And for people: what it is now, why it is nothing, or what to do.
    pub text: String,
}

/// What became of something that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is in the configuration.
    Taken,
    /// It has no counterpart.
    Dropped,
    /// Somebody has to do something before the proxy can start, or does what it did.
    ToDo,
}

/// How the import is made.
#[derive(Debug)]
pub struct ImportOptions<'a> {
    /// The names of models that the bot of `COZE_BOT_ID` answers to: coze-discord-proxy took any.
    /// Empty: those that clients ask for most.
    pub models: &'a [String],
    /// What the configuration puts before the names of secret files: its own folder, as it was given.
    pub folder: &'a std::path::Path,
}

// === impl Imported ===

impl Imported {
    /// Makes a configuration of what coze-discord-proxy was told.
    #[must_use]
    pub fn new(old: &Old, options: &ImportOptions<'_>, fresh: FreshKeys) -> Self {
        writing::write(old, options, fresh)
    }

    /// Whether somebody has something to do.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.notes.iter().all(|note| note.outcome != Fate::ToDo)
    }
}

// === impl Note ===

impl Note {
    fn taken(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self::of(subject, Fate::Taken, text)
    }

    fn dropped(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self::of(subject, Fate::Dropped, text)
    }

    fn to_do(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self::of(subject, Fate::ToDo, text)
    }

    fn of(subject: impl Into<String>, outcome: Fate, text: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            outcome,
            text: text.into(),
        }
    }
}

#[cfg(test)]
mod tests;
