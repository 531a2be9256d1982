//! One view of a channel's messages, from events and pages.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use twilight_model::id::{Id, marker::MessageMarker};

use crate::{
    Change, Message, Reading, Unreadable,
    fields::{Fields, Head, Version},
    limits::VIEW_MESSAGES_MAX,
    snowflake::created_ms,
};

/// One view of a channel's messages, from live events and from pages. Pure.
///
/// Events may come late, twice, in another order and without some of their fields; pages may have
/// been read before events that came earlier. The view ends up the same.
///
/// | arrives | what is known | what counts |
/// |---|---|---|
/// | an older edit | a newer one | the newer one; only missing fields are filled in |
/// | the same edit time | a live event | the later arrival |
/// | `MESSAGE_CREATE` | anything of the same edit time | what is known: a create is the oldest version |
/// | a page, same edit time | an event from before it was asked for | the page |
/// | a page, same edit time | an event from after it was asked for | the event |
/// | anything | a deletion | the deletion |
#[derive(Clone, Debug, Default)]
pub struct Merge {
    entries: BTreeMap<Id<MessageMarker>, Entry>,
    /// Ids up to here have been forgotten to bound the memory, and stay so.
    forgotten: Option<Id<MessageMarker>>,
    /// Counts arrivals and tickets.
    clock: u64,
}

/// The moment a reading began. Take it *before* the request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

#[derive(Clone, Debug)]
enum Entry {
    Known(Known),
    Deleted,
}

#[derive(Clone, Debug)]
struct Known {
    fields: Fields,
    /// When it was first seen, on the merge's clock.
    seen: u64,
    /// Whether it was reported; not before its author is known.
    reported: bool,
    /// The reading in which it was missing.
    missing_in: Option<Ticket>,
}

/// Where a payload comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    Event,
    Page(Ticket),
}

/// A `MESSAGE_DELETE_BULK`.
#[derive(Deserialize)]
struct Bulk {
    ids: Vec<Id<MessageMarker>>,
}

impl Merge {
    /// A view in which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one event of the channel, by its name and payload. Names that are not about messages
    /// change nothing.
    ///
    /// # Errors
    ///
    /// When the payload is no message or deletion. Nothing has changed then, and something may be
    /// missing: read again.
    pub fn event(&mut self, name: &str, payload: &RawValue) -> Result<Vec<Change>, Unreadable> {
        let at = self.tick();
        let change = match name {
            // The oldest version there is, whenever it arrives.
            "MESSAGE_CREATE" => self.take(payload, Source::Event, 0, at)?,
            "MESSAGE_UPDATE" => self.take(payload, Source::Event, at, at)?,
            "MESSAGE_DELETE" => {
                let head: Head = serde_json::from_str(payload.get())?;
                self.delete(head.id)
            }
            "MESSAGE_DELETE_BULK" => {
                let bulk: Bulk = serde_json::from_str(payload.get())?;
                return Ok(bulk
                    .ids
                    .into_iter()
                    .filter_map(|id| self.delete(id))
                    .collect());
            }
            _ => None,
        };
        Ok(change.into_iter().collect())
    }

    /// The moment before a reading, to be given back with it.
    pub fn begin(&mut self) -> Ticket {
        Ticket(self.tick())
    }

    /// Takes a reading that was begun at `ticket`.
    ///
    /// Also finds what is [missing](Change::Missing) in it, as far as it reaches. It reaches to the
    /// channel's end only if it is complete and not empty: an empty reading may be a blind one.
    pub fn reading(&mut self, ticket: Ticket, reading: &Reading) -> Vec<Change> {
        let at = self.tick();
        let mut changes = Vec::new();
        for message in &reading.messages {
            // One odd message must not cost the others.
            if let Ok(change) = self.take(&message.json, Source::Page(ticket), ticket.0, at) {
                changes.extend(change);
            }
        }
        changes.extend(self.miss(ticket, reading));
        changes
    }

    /// The message with this id, unless it is deleted or missing.
    #[must_use]
    pub fn get(&self, id: Id<MessageMarker>) -> Option<Message> {
        self.entries.get(&id).and_then(|entry| entry.visible(id))
    }

    /// Every message that is neither deleted nor missing, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = Message> {
        self.entries
            .iter()
            .filter_map(|(id, entry)| entry.visible(*id))
    }

    /// `order` ranks it among versions with the same edit time, `at` is now.
    fn take(
        &mut self,
        json: &RawValue,
        source: Source,
        order: u64,
        at: u64,
    ) -> Result<Option<Change>, Unreadable> {
        let head: Head = serde_json::from_str(json.get())?;
        if Some(head.id) <= self.forgotten {
            return Ok(None);
        }
        let entry = self
            .entries
            .entry(head.id)
            .or_insert_with(|| Entry::first_seen(at));
        let Entry::Known(known) = entry else {
            return Ok(None);
        };
        // A payload that does not say when it was edited is as new as its arrival.
        let edited_ms = head.edited_ms().unwrap_or_else(|| known.fields.edited_ms());
        let changed = known.fields.merge(json, Version { edited_ms, order })?;
        let change = known.report(head.id, source, changed);
        self.bound();
        Ok(change)
    }

    fn delete(&mut self, id: Id<MessageMarker>) -> Option<Change> {
        if Some(id) <= self.forgotten {
            return None;
        }
        let before = self.entries.insert(id, Entry::Deleted);
        self.bound();
        match before {
            Some(Entry::Deleted) => None,
            Some(Entry::Known(_)) | None => Some(Change::Deleted(id)),
        }
    }

    fn miss(&mut self, ticket: Ticket, reading: &Reading) -> Vec<Change> {
        let found: BTreeSet<_> = reading.messages.iter().map(|message| message.id).collect();
        let Some(&newest) = found.last() else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        for (&id, entry) in &mut self.entries {
            // Within its last millisecond a full page may have ended anywhere.
            let is_older = created_ms(id) < created_ms(newest);
            let covered = Some(id) > reading.after && (reading.complete || is_older);
            let Entry::Known(known) = entry else { continue };
            if !covered || known.seen >= ticket.0 || found.contains(&id) {
                continue;
            }
            let before = known.missing_in;
            known.missing_in = before.max(Some(ticket));
            if known.reported && before.is_none() {
                changes.push(Change::Missing(id));
            }
        }
        changes
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn bound(&mut self) {
        while self.entries.len() > VIEW_MESSAGES_MAX {
            if let Some((id, _)) = self.entries.pop_first() {
                self.forgotten = self.forgotten.max(Some(id));
            }
        }
    }
}

// === impl Entry ===

impl Entry {
    fn first_seen(at: u64) -> Self {
        Self::Known(Known {
            fields: Fields::default(),
            seen: at,
            reported: false,
            missing_in: None,
        })
    }

    fn visible(&self, id: Id<MessageMarker>) -> Option<Message> {
        match self {
            Self::Known(known) if known.reported && known.missing_in.is_none() => {
                Some(known.fields.message(id))
            }
            Self::Known(_) | Self::Deleted => None,
        }
    }
}

impl Known {
    fn report(&mut self, id: Id<MessageMarker>, source: Source, changed: bool) -> Option<Change> {
        let returns = self.missing_in.is_some_and(|missing_in| match source {
            // A repeated event says nothing about now; one with news does.
            Source::Event => changed,
            Source::Page(ticket) => ticket > missing_in,
        });
        if returns {
            self.missing_in = None;
        }
        if self.reported {
            let visible = self.missing_in.is_none();
            return (visible && (changed || returns))
                .then(|| Change::Updated(self.fields.message(id)));
        }
        if !self.fields.has("author") {
            return None;
        }
        self.reported = true;
        Some(Change::Created(self.fields.message(id)))
    }
}

#[cfg(test)]
mod tests;
