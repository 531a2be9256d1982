//! A message as a set of fields, each at its newest version.

use std::collections::{BTreeMap, btree_map::Entry};

use serde::{Deserialize, Deserializer};
use serde_json::value::{RawValue, Value, to_raw_value};
use twilight_model::{
    id::{
        Id,
        marker::{MessageMarker, UserMarker},
    },
    util::Timestamp,
};

use crate::{Message, Unreadable};

/// What is recorded of a message that is not recorded as it is (Discord: resources/message#message-object).
const CORE: [&str; 12] = [
    "id",
    "channel_id",
    "guild_id",
    "type",
    "author",
    "webhook_id",
    "content",
    "timestamp",
    "edited_timestamp",
    "pinned",
    "message_reference",
    "attachments",
];

/// The fields that recovery itself reads.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    pub(crate) id: Id<MessageMarker>,
    #[serde(default)]
    edited_timestamp: Edited,
}

/// What a payload says about its last edit.
#[derive(Clone, Copy, Debug, Default)]
enum Edited {
    /// Nothing, or nothing that can be read.
    #[default]
    Unsaid,
    Never,
    /// In milliseconds since 1970.
    At(u64),
}

/// Which of two values of one field is newer.
///
/// Edits are compared in milliseconds: after an edit, Discord also sends updates with the edit's
/// time cut off to milliseconds (discord-api-docs #8281). Among equals, `order` decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) edited_ms: u64,
    pub(crate) order: u64,
}

/// A message as a set of fields, each at its newest version. Merging is commutative and idempotent
/// in the versions, so late, repeated and partial payloads do no harm.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    fields: BTreeMap<Box<str>, Field>,
}

#[derive(Clone, Debug)]
struct Field {
    version: Version,
    json: Box<RawValue>,
}

impl Head {
    /// When it was edited, in milliseconds since 1970, 0 for never; `None` when the payload does
    /// not say.
    pub(crate) fn edited_ms(&self) -> Option<u64> {
        match self.edited_timestamp {
            Edited::Unsaid => None,
            Edited::Never => Some(0),
            Edited::At(ms) => Some(ms),
        }
    }
}

impl Fields {
    /// Takes over every field that is newer than what is there. Returns whether any value changed.
    pub(crate) fn merge(&mut self, json: &RawValue, version: Version) -> Result<bool, Unreadable> {
        let incoming: BTreeMap<Box<str>, Box<RawValue>> = serde_json::from_str(json.get())?;
        let mut changed = false;
        for (name, json) in incoming {
            match self.fields.entry(name) {
                Entry::Vacant(vacant) => {
                    vacant.insert(Field { version, json });
                    changed = true;
                }
                Entry::Occupied(mut known) if known.get().version < version => {
                    changed |= known.get().json.get() != json.get();
                    known.insert(Field { version, json });
                }
                Entry::Occupied(_) => {}
            }
        }
        Ok(changed)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// The newest edit that any field is from.
    pub(crate) fn edited_ms(&self) -> u64 {
        self.fields
            .values()
            .map(|field| field.version.edited_ms)
            .max()
            .unwrap_or(0)
    }

    /// The message as it is known now.
    pub(crate) fn message(&self, id: Id<MessageMarker>) -> Message {
        let fields: BTreeMap<&str, &RawValue> = self
            .fields
            .iter()
            .map(|(name, field)| (&**name, &*field.json))
            .collect();
        let json = to_raw_value(&fields).expect("a map of strings to JSON is JSON");
        Message {
            id,
            edited_ms: self.edited_ms(),
            json,
        }
    }
}

// === impl Edited ===

impl<'de> Deserialize<'de> for Edited {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Self::Never,
            Value::String(text) => milliseconds(&text).map_or(Self::Unsaid, Self::At),
            _ => Self::Unsaid,
        })
    }
}

fn milliseconds(timestamp: &str) -> Option<u64> {
    let micros = Timestamp::parse(timestamp).ok()?.as_micros();
    u64::try_from(micros / 1_000).ok()
}

/// The parts of a message that decide whether it is whole.
#[derive(Deserialize)]
struct Wholeness<'a> {
    #[serde(borrow)]
    author: Option<&'a RawValue>,
}

/// Who wrote a message, if it says so.
pub(crate) fn author_id(json: &RawValue) -> Option<Id<UserMarker>> {
    #[derive(Deserialize)]
    struct Author {
        id: Id<UserMarker>,
    }
    let author = serde_json::from_str::<Wholeness<'_>>(json.get())
        .ok()?
        .author?;
    let author: Author = serde_json::from_str(author.get()).ok()?;
    Some(author.id)
}

/// Whether a message says who wrote it: partial updates do not.
pub(crate) fn has_author(json: &RawValue) -> bool {
    serde_json::from_str::<Wholeness<'_>>(json.get()).is_ok_and(|it| it.author.is_some())
}

/// Those fields of a message that are always recorded; `None` if it is no object.
pub(crate) fn core(json: &RawValue) -> Option<Box<RawValue>> {
    let mut fields: BTreeMap<Box<str>, &RawValue> = serde_json::from_str(json.get()).ok()?;
    fields.retain(|name, _| CORE.contains(&&**name));
    to_raw_value(&fields).ok()
}

/// `before` with the fields of `update` laid over it, and whether that changed a field that was there;
/// `None` if one of them is no object.
pub(crate) fn overlay(before: &RawValue, update: &RawValue) -> Option<(Box<RawValue>, bool)> {
    type Object = BTreeMap<String, Box<RawValue>>;
    let read = |json: &RawValue| serde_json::from_str::<Object>(json.get()).ok();
    let (mut fields, mut has_changed) = (read(before)?, false);
    for (name, value) in read(update)? {
        // A page lacks some of the fields that events have: that an event brings them is no change.
        let former = fields.insert(name, value.clone());
        has_changed |= former.is_some_and(|former| former.get() != value.get());
    }
    let json = to_raw_value(&fields).expect("a map of strings to JSON is JSON");
    Some((json, has_changed))
}
