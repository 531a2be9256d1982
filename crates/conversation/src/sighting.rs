//! What a message of the bot says, and what is under it.
//!
//! Discord's payloads change shape over the years. So each field is read by itself: one that is
//! missing or odd counts as empty, and costs no other.

mod component;
mod embed;

use cordboard_recovery::Message;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{AttachmentMarker, UserMarker},
};

use self::{component::Component, embed::Embed};

/// Discord: resources/message#message-flags, `LOADING`: the author shows "is thinking…".
const LOADING: u64 = 1 << 7;

/// One state of a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sighting {
    /// In milliseconds since 1970, 0 when never edited.
    pub(crate) edited_ms: u64,
    pub(crate) content: String,
    /// The text of the embeds.
    pub(crate) embeds: String,
    /// The text of components, where a message is made of them.
    pub(crate) display: String,
    pub(crate) attachments: Vec<Attachment>,
    /// Whether there is something to click.
    pub(crate) buttons: bool,
    pub(crate) loading: bool,
}

/// An attached file, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub(crate) id: Option<Id<AttachmentMarker>>,
    pub(crate) markdown: String,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    author: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    embeds: Option<&'a RawValue>,
    #[serde(borrow)]
    components: Option<&'a RawValue>,
    #[serde(borrow)]
    attachments: Option<&'a RawValue>,
    #[serde(borrow)]
    flags: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Author<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireAttachment<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    url: String,
    filename: Option<String>,
    content_type: Option<String>,
}

// === impl Sighting ===

impl Sighting {
    /// Reads a message; `None` when it is not the bot's.
    pub(crate) fn of(message: &Message, bot_id: Id<UserMarker>) -> Option<Self> {
        let payload: Payload<'_> = serde_json::from_str(message.json.get()).ok()?;
        if payload.author.and_then(author_id) != Some(bot_id) {
            return None;
        }
        let components: Vec<Component> = payload.components.map(items).unwrap_or_default();
        let embeds: Vec<Embed> = payload.embeds.map(items).unwrap_or_default();
        let flags: u64 = payload.flags.and_then(read).unwrap_or_default();
        Some(Self {
            edited_ms: message.edited_ms,
            content: payload.content.and_then(read).unwrap_or_default(),
            embeds: Embed::text(&embeds),
            display: Component::text(&components),
            attachments: payload.attachments.map(attachments).unwrap_or_default(),
            buttons: Component::any_clickable(&components),
            loading: flags & LOADING != 0,
        })
    }
}

/// An id, as a string or as a number.
pub(crate) fn id<T>(raw: &RawValue) -> Option<Id<T>> {
    let digits = raw.get().trim_matches('"');
    digits.parse().ok().and_then(Id::new_checked)
}

fn read<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// The items of a list that can be read; none when it is no list.
fn items<T: DeserializeOwned>(raw: &RawValue) -> Vec<T> {
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    items.into_iter().filter_map(read).collect()
}

fn author_id(raw: &RawValue) -> Option<Id<UserMarker>> {
    let author: Author<'_> = serde_json::from_str(raw.get()).ok()?;
    author.id.and_then(id)
}

fn attachments(raw: &RawValue) -> Vec<Attachment> {
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    let attachments = items
        .into_iter()
        .filter_map(|item| serde_json::from_str::<WireAttachment<'_>>(item.get()).ok());
    attachments.map(Attachment::from).collect()
}

// === impl Attachment ===

impl From<WireAttachment<'_>> for Attachment {
    fn from(wire: WireAttachment<'_>) -> Self {
        let name = wire.filename.unwrap_or_else(|| "attachment".to_owned());
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let image = match &wire.content_type {
            Some(kind) => kind.starts_with("image/"),
            None => ["png", "jpg", "jpeg", "gif", "webp"]
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known)),
        };
        let bang = if image { "!" } else { "" };
        Self {
            id: wire.id.and_then(id),
            markdown: format!("{bang}[{name}]({})", wire.url),
        }
    }
}

#[cfg(test)]
mod tests;
