//! What a client asks of a message: a new one, or changes to one.

use serde_json::Value;

use super::{File, embed};
use crate::world::{ApiError, bounds, error::FormErrors};

/// What ties a message to the request that sent it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Nonce {
    /// A number on the wire.
    Number(i64),
    /// A string on the wire.
    Text(String),
}

/// Whom a message may ping.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands alone on the wire too"
)]
pub(crate) struct AllowedMentions {
    /// `parse` contains `users`.
    pub(crate) users_all: bool,
    /// `parse` contains `roles`.
    pub(crate) roles_all: bool,
    /// `parse` contains `everyone`.
    pub(crate) everyone: bool,
    /// Only these users.
    pub(crate) users: Vec<u64>,
    /// Only these roles.
    pub(crate) roles: Vec<u64>,
    /// Whether a reply pings the author it replies to.
    pub(crate) replied_user: bool,
}

/// A message to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewMessage {
    /// The text.
    pub(crate) content: String,
    /// Echoed in the answer and in `MESSAGE_CREATE`.
    pub(crate) nonce: Option<Nonce>,
    /// Whether the same nonce again returns the first message instead of making a second one.
    pub(crate) enforce_nonce: bool,
    /// Read aloud.
    pub(crate) tts: bool,
    /// Embed objects.
    pub(crate) embeds: Vec<Value>,
    /// Component objects.
    pub(crate) components: Vec<Value>,
    /// Whom it may ping; `None`: everybody it names.
    pub(crate) allowed_mentions: Option<AllowedMentions>,
    /// The message it replies to.
    pub(crate) reply_to: Option<u64>,
    /// That message's channel, which can only be the one that is written to.
    pub(crate) reply_channel_id: Option<u64>,
    /// Whether a target that is gone refuses the reply (the wire's default), or makes it a plain
    /// message.
    pub(crate) fail_if_not_exists: bool,
    /// Flags.
    pub(crate) flags: u64,
    /// Its files.
    pub(crate) files: Vec<File>,
}

/// A file that an edit keeps.
#[derive(Clone, Debug)]
pub(crate) struct KeptFile {
    /// The attachment.
    pub(crate) id: u64,
    /// Its new description.
    pub(crate) description: Option<String>,
}

/// Changes to a message; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessagePatch {
    /// The text.
    pub(crate) content: Option<String>,
    /// Embed objects.
    pub(crate) embeds: Option<Vec<Value>>,
    /// Component objects.
    pub(crate) components: Option<Vec<Value>>,
    /// Whom it may ping. Absent means the default again, not what the message was sent with.
    pub(crate) allowed_mentions: Option<AllowedMentions>,
    /// Flags.
    pub(crate) flags: Option<u64>,
    /// Which of its files stay; `None`: all.
    pub(crate) keep: Option<Vec<KeptFile>>,
    /// New files.
    pub(crate) files: Vec<File>,
}

impl AllowedMentions {
    /// What a message without `allowed_mentions` may ping.
    pub(crate) fn everything() -> Self {
        Self {
            users_all: true,
            roles_all: true,
            everyone: true,
            replied_user: true,
            ..Self::default()
        }
    }

    /// What a webhook's message without `allowed_mentions` may ping.
    pub(crate) fn users_only() -> Self {
        Self {
            users_all: true,
            ..Self::default()
        }
    }

    fn check(&self, errors: &mut FormErrors) {
        let lists = [
            ("users", self.users_all, &self.users),
            ("roles", self.roles_all, &self.roles),
        ];
        for (name, all, listed) in lists {
            let path = format!("allowed_mentions.{name}");
            errors.length(&path, listed.len(), 0, bounds::ALLOWED_MENTIONS_MAX);
            if all && !listed.is_empty() {
                let message =
                    format!("parse:[\"{name}\"] and {name}: [ids...] are mutually exclusive.");
                let code = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE";
                errors.push("allowed_mentions", code, message);
            }
        }
    }
}

impl NewMessage {
    /// A message of text alone.
    pub(crate) fn text(content: impl Into<String>) -> Self {
        Self {
            content: content.into(),
            ..Self::default()
        }
    }

    /// Refuses what is too long or too many (50035, 30015, 50045) and what is nothing (50006).
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        let mut errors = FormErrors::default();
        errors.length(
            "content",
            self.content.chars().count(),
            0,
            bounds::CONTENT_MAX,
        );
        if let Some(Nonce::Text(nonce)) = &self.nonce {
            errors.length("nonce", nonce.chars().count(), 0, bounds::NONCE_MAX);
        }
        embed::check(&mut errors, &self.embeds);
        errors.length(
            "components",
            self.components.len(),
            0,
            bounds::COMPONENTS_MAX,
        );
        if let Some(allowed) = &self.allowed_mentions {
            allowed.check(&mut errors);
        }
        errors.done()?;
        check_files(&self.files, 0)?;
        if self.is_empty() {
            Err(ApiError::empty_message())
        } else {
            Ok(())
        }
    }

    fn is_empty(&self) -> bool {
        self.content.trim().is_empty()
            && self.embeds.is_empty()
            && self.components.is_empty()
            && self.files.is_empty()
    }
}

impl MessagePatch {
    /// New text, the rest as it is.
    #[cfg(test)]
    pub(crate) fn text(content: impl Into<String>) -> Self {
        Self {
            content: Some(content.into()),
            ..Self::default()
        }
    }

    /// Whether nothing but flags is to change, which who manages messages may do to any message.
    pub(crate) fn only_flags(&self) -> bool {
        self.flags.is_some()
            && self.content.is_none()
            && self.embeds.is_none()
            && self.components.is_none()
            && self.keep.is_none()
            && self.files.is_empty()
    }

    /// Refuses what is too long or too many.
    pub(crate) fn check(&self, kept: usize) -> Result<(), ApiError> {
        let mut errors = FormErrors::default();
        let length = self
            .content
            .as_ref()
            .map_or(0, |content| content.chars().count());
        errors.length("content", length, 0, bounds::CONTENT_MAX);
        embed::check(&mut errors, self.embeds.as_deref().unwrap_or(&[]));
        let components = self.components.as_ref().map_or(0, Vec::len);
        errors.length("components", components, 0, bounds::COMPONENTS_MAX);
        if let Some(allowed) = &self.allowed_mentions {
            allowed.check(&mut errors);
        }
        errors.done()?;
        check_files(&self.files, kept)
    }
}

fn check_files(files: &[File], kept: usize) -> Result<(), ApiError> {
    if files.len() + kept > bounds::ATTACHMENTS_MAX {
        return Err(ApiError::too_many_attachments());
    }
    if files
        .iter()
        .any(|file| file.bytes.len() > bounds::FILE_BYTES_MAX)
    {
        return Err(ApiError::file_too_large());
    }
    Ok(())
}
