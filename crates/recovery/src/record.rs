//! What was seen of a message, and what that means for what is on record.

use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker, UserMarker},
};

use crate::{Message, News, fields, snowflake};

/// Something that was seen of a message.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where.
    pub channel_id: Id<ChannelMarker>,
    /// What.
    pub sight: Sight,
}

/// What was seen of a message.
#[derive(Clone, Debug)]
pub enum Sight {
    /// `MESSAGE_CREATE`.
    Created(Message),
    /// `MESSAGE_UPDATE`; some of its fields may be missing.
    Updated(Message),
    /// On a page of the channel's history.
    Read(Message),
    /// `MESSAGE_DELETE`.
    Deleted(Id<MessageMarker>),
    /// On record, and not on the page it would have been on. Discord's clock had passed this when the page was
    /// asked for, in milliseconds since 1970.
    Missed(Id<MessageMarker>, u64),
}

/// What is on record of a message.
#[derive(Clone, Debug)]
pub struct Known {
    /// As of when it is known, in milliseconds since 1970: when it was edited last, 0 for never; or when it was
    /// missing, if that was later.
    pub edited_ms: u64,
    /// Whether it is there.
    pub presence: Presence,
    /// The message as it was seen last; `None` of one that was only seen deleted.
    pub json: Option<Box<RawValue>>,
}

/// Whether a message is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    There,
    /// It was missing on a page. It may come back.
    Missing,
    /// Discord said that it was deleted. It does not come back, whatever arrives late.
    Deleted,
}

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What is known of the message now.
    pub known: Known,
    /// What consumers are told; `None`: it is news to nobody.
    pub news: Option<News>,
}

// === impl Sight ===

impl Sight {
    /// The message.
    #[must_use]
    pub const fn message_id(&self) -> Id<MessageMarker> {
        match self {
            Self::Created(message) | Self::Updated(message) | Self::Read(message) => message.id,
            Self::Deleted(id) | Self::Missed(id, _) => *id,
        }
    }

    /// What Discord's clock has passed by this, in milliseconds since 1970: it made the message's id then. 0 if
    /// that lies behind the [`latest_ms`](crate::Batch::latest_ms) of the batch it is in.
    #[must_use]
    pub fn tells_ms(&self, latest_ms: Option<u64>) -> u64 {
        let made_ms = snowflake::created_ms(self.message_id());
        if latest_ms.is_none_or(|latest_ms| made_ms <= latest_ms) {
            made_ms
        } else {
            0
        }
    }

    /// What follows from it for a message of which this is `known`; `None`: nothing. Each
    /// [`Inbox`](crate::Inbox) asks this, so that all of them hold the same.
    ///
    /// | seen | on record | news |
    /// |---|---|---|
    /// | created, read | nothing | created |
    /// | updated | nothing | created, if it is whole |
    /// | updated, read | an older edit | updated |
    /// | updated | the same edit, other values | updated |
    /// | read | missing | updated: it is back |
    /// | updated | missing before that edit | updated: it is back |
    /// | deleted | anything but deleted | deleted, unless it was told as missing |
    /// | missed | there | deleted, inferred |
    /// | anything else | | none |
    #[must_use]
    pub fn verdict(self, known: Option<&Known>) -> Option<Verdict> {
        match (self, known) {
            (Self::Deleted(message_id), known) => delete(message_id, known),
            (Self::Missed(message_id, at_ms), Some(known)) => miss(message_id, at_ms, known),
            (Self::Created(message) | Self::Read(message), None) => Some(first(message)),
            (Self::Updated(message), None) => is_whole(&message.json).then(|| first(message)),
            // A creation is the oldest version there is, whenever it arrives.
            (Self::Created(_), Some(_)) | (Self::Missed(..), None) => None,
            (Self::Updated(message), Some(known)) => update(message, known),
            (Self::Read(message), Some(known)) => reread(message, known),
        }
    }
}

// === impl Known ===

impl Known {
    /// Who wrote it, if that is known.
    #[must_use]
    pub fn author_id(&self) -> Option<Id<UserMarker>> {
        self.json.as_deref().and_then(fields::author_id)
    }

    /// When it was edited last, in milliseconds since 1970, as it says itself; 0 for never.
    #[must_use]
    pub fn last_edit_ms(&self) -> u64 {
        if self.presence == Presence::There {
            return self.edited_ms;
        }
        self.json.as_deref().map_or(0, edit_ms)
    }
}

// === impl Presence ===

impl Presence {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::There, Self::Missing, Self::Deleted];

    /// Its name in stores.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Missing => "missing",
            Self::Deleted => "deleted",
        }
    }

    /// The presence with this name, as a store wrote it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|presence| presence.name() == name)
    }
}

fn first(message: Message) -> Verdict {
    let news = News::Created {
        message_id: message.id,
        json: message.json.clone(),
    };
    Verdict {
        known: Known {
            edited_ms: message.edited_ms,
            presence: Presence::There,
            json: Some(message.json),
        },
        news: Some(news),
    }
}

fn update(message: Message, known: &Known) -> Option<Verdict> {
    let is_back = known.presence == Presence::Missing;
    // One that says that there was no edit is from before the first; one that says nothing is of any time, and
    // proves nothing of a message that was missing: a session that is resumed replays what was before.
    let head = serde_json::from_str::<fields::Head>(message.json.get()).ok()?;
    let is_older = head.edited_ms().map_or(is_back, |ms| ms < known.edited_ms);
    if known.presence == Presence::Deleted || is_older {
        return None;
    }
    let (json, is_news) = match &known.json {
        Some(before) => fields::overlay(before, &message.json)?,
        None => (message.json, true),
    };
    Some(Verdict {
        news: (is_news || is_back).then(|| News::Updated {
            message_id: message.id,
            json: json.clone(),
        }),
        known: Known {
            edited_ms: message.edited_ms.max(known.edited_ms),
            presence: Presence::There,
            json: Some(json),
        },
    })
}

/// A page has fields of its own, and of the same edit an event knows as much.
fn reread(message: Message, known: &Known) -> Option<Verdict> {
    let is_news = match known.presence {
        Presence::There => message.edited_ms > known.edited_ms,
        Presence::Missing => true,
        Presence::Deleted => false,
    };
    is_news.then(|| Verdict {
        news: Some(News::Updated {
            message_id: message.id,
            json: message.json.clone(),
        }),
        known: Known {
            edited_ms: message.edited_ms.max(known.last_edit_ms()),
            presence: Presence::There,
            json: Some(message.json),
        },
    })
}

fn delete(message_id: Id<MessageMarker>, known: Option<&Known>) -> Option<Verdict> {
    let before = known.map(|known| known.presence);
    if before == Some(Presence::Deleted) {
        return None;
    }
    let told = News::Deleted {
        message_id,
        is_inferred: false,
    };
    Some(Verdict {
        known: Known {
            presence: Presence::Deleted,
            edited_ms: known.map_or(0, Known::last_edit_ms),
            json: known.and_then(|known| known.json.clone()),
        },
        news: (before != Some(Presence::Missing)).then_some(told),
    })
}

fn miss(message_id: Id<MessageMarker>, at_ms: u64, known: &Known) -> Option<Verdict> {
    (known.presence == Presence::There).then(|| Verdict {
        known: Known {
            edited_ms: known.edited_ms.max(at_ms),
            presence: Presence::Missing,
            json: known.json.clone(),
        },
        news: Some(News::Deleted {
            message_id,
            is_inferred: true,
        }),
    })
}

/// When a message was edited last, as it says itself; 0 for never.
fn edit_ms(json: &RawValue) -> u64 {
    let head = serde_json::from_str::<fields::Head>(json.get());
    head.ok().and_then(|it| it.edited_ms()).unwrap_or_default()
}

/// Whether it is a message, and not only some changed fields of one.
fn is_whole(json: &RawValue) -> bool {
    fields::has_author(json)
}

#[cfg(test)]
mod tests;
