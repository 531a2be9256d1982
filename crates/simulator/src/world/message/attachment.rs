//! Files on messages, and the CDN that serves them.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::world::{World, bounds::SIGNATURE_AGE_MS};

/// A file on its way in.
#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    /// The name.
    pub(crate) filename: String,
    /// The media type, when the sender names one.
    pub(crate) content_type: Option<String>,
    /// What it shows.
    pub(crate) description: Option<String>,
    /// What is in it.
    pub(crate) bytes: Bytes,
}

/// A file that a message carries.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    /// The id.
    pub(crate) id: u64,
    /// The channel it was sent to, which its address names.
    pub(crate) channel_id: u64,
    /// Name, type, bytes.
    pub(crate) file: File,
}

impl File {
    fn media_type(&self) -> String {
        if let Some(given) = &self.content_type {
            return given.clone();
        }
        let ending = self
            .filename
            .rsplit_once('.')
            .map_or("", |(_, ending)| ending);
        match ending {
            "txt" | "log" => "text/plain; charset=utf-8",
            "md" => "text/markdown; charset=utf-8",
            "json" => "application/json; charset=utf-8",
            "png" => "image/png",
            "jpg" | "jpeg" => "image/jpeg",
            "gif" => "image/gif",
            _ => "application/octet-stream",
        }
        .to_owned()
    }

    /// The name as an address can carry it: everything else becomes an underscore.
    fn kept_name(&self) -> String {
        let kept = |one: char| {
            if one.is_ascii_alphanumeric() || "._-".contains(one) {
                one
            } else {
                '_'
            }
        };
        self.filename.chars().map(kept).collect()
    }
}

impl World {
    /// Where attachments can be fetched from now on.
    pub(crate) fn listen_at(&mut self, address: std::net::SocketAddr) {
        self.cdn = format!("http://{address}");
    }

    /// Gives a file an id and a place.
    pub(crate) fn attach(&mut self, channel_id: u64, mut file: File) -> Attachment {
        file.content_type = Some(file.media_type());
        file.filename = file.kept_name();
        Attachment {
            id: self.snowflakes.next(&self.clock),
            channel_id,
            file,
        }
    }

    /// The attachment object. Its address is signed and goes stale
    /// (Discord: reference#signed-attachment-cdn-urls).
    pub(crate) fn attachment_value(&self, attachment: &Attachment) -> Value {
        let issued = self.clock.now_ms();
        let expires = issued + SIGNATURE_AGE_MS;
        let path = format!(
            "/attachments/{}/{}/{}",
            attachment.channel_id, attachment.id, attachment.file.filename
        );
        let url = format!(
            "{}{path}?ex={:x}&is={:x}&hm={}&",
            self.cdn,
            expires / 1_000,
            issued / 1_000,
            signature(attachment.id, expires / 1_000),
        );
        let mut value = json!({
            "id": attachment.id.to_string(),
            "filename": attachment.file.filename,
            "size": attachment.file.bytes.len(),
            "url": url,
            "proxy_url": url,
            "content_type": attachment.file.content_type,
        });
        if let Some(description) = &attachment.file.description {
            value["description"] = json!(description);
        }
        value
    }

    /// What the CDN serves: media type and bytes, for a good and fresh signature.
    pub(crate) fn attachment_bytes(
        &self,
        (channel_id, attachment_id): (u64, u64),
        (expires, signed): (u64, &str),
    ) -> Option<(String, Bytes)> {
        let fresh = expires.saturating_mul(1_000) >= self.clock.now_ms();
        if !fresh || signature(attachment_id, expires) != signed {
            return None;
        }
        let sent_to = self.messages.get(&channel_id)?;
        let attachments = sent_to.values().flat_map(|message| &message.attachments);
        let found = attachments
            .into_iter()
            .find(|one| one.id == attachment_id)?;
        Some((found.file.content_type.clone()?, found.file.bytes.clone()))
    }
}

/// Sixty-four digits that nobody can make up, as far as a box needs it.
fn signature(attachment_id: u64, expires: u64) -> String {
    let digest = |salt: u64| {
        let mut hasher = DefaultHasher::new();
        (attachment_id, expires, salt).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    (0..4).map(digest).collect()
}
