//! Every version of every message that there ever was, and what consumers were told of it.

use std::collections::BTreeMap;

use cordboard_recovery::{Entry, News};
use serde_json::{Value, value::RawValue};

use super::fields::{id_of, is_pinned};

/// Every version of every message that there ever was, and which of them consumers were told last.
/// Whatever they are told has to have been so at some time, and later than what they were told before.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    /// By channel and message.
    lives: BTreeMap<(u64, u64), Life>,
    /// Whether events of one message may come in another order: what has no edit time has no order then.
    mixes_up: bool,
}

/// What became of one message.
#[derive(Debug, Default)]
struct Life {
    /// In the order of time.
    versions: Vec<Version>,
    is_gone: bool,
    /// Which version was told last.
    told: Option<usize>,
    told_deleted: Option<Deletion>,
}

/// A deletion that consumers were told of.
#[derive(Clone, Copy, Debug)]
struct Deletion {
    /// Whether the message was gone indeed: then it does not come back.
    is_true: bool,
}

/// What a message says, and what else of it is the same wherever it is read. Another message's fields
/// (`referenced_message`) are not.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    content: String,
    author_id: String,
    kind: u64,
    is_pinned: bool,
    /// Earlier ones are smaller, and none is the smallest.
    edited: Option<String>,
}

// === impl Chronicle ===

impl Chronicle {
    pub(super) fn new(mixes_up: bool) -> Self {
        Self {
            mixes_up,
            ..Self::default()
        }
    }

    /// A message is as Discord has it now. Says whether there was none before.
    pub(super) fn is(&mut self, channel_id: u64, message: &Value) -> bool {
        let life = self.lives.entry((channel_id, id_of(message)));
        let life = life.or_default();
        let (version, is_new) = (Version::of(message), life.versions.is_empty());
        if life.versions.last() != Some(&version) {
            life.versions.push(version);
        }
        is_new
    }

    /// A message is not there any more.
    pub(super) fn ended(&mut self, channel_id: u64, id: u64) {
        if let Some(life) = self.lives.get_mut(&(channel_id, id)) {
            life.is_gone = true;
        }
    }

    /// A channel is gone, with all that was in it.
    pub(super) fn closed(&mut self, channel_id: u64) {
        let of_channel = self
            .lives
            .range_mut((channel_id, 0)..=(channel_id, u64::MAX));
        of_channel.for_each(|(_, life)| life.is_gone = true);
    }

    /// C12, as far as it can be seen on the way: what an entry tells was so, and nothing newer was told.
    pub(super) fn hear(&mut self, entry: &Entry) -> Option<String> {
        let id = entry.message_id()?;
        let mixes_up = self.mixes_up;
        let problem = match self.lives.get_mut(&(entry.channel_id.get(), id.get())) {
            None => Some("never was there".to_owned()),
            Some(life) => match &entry.news {
                News::Created { json, .. } | News::Updated { json, .. } => {
                    life.hear(json, mixes_up).err()
                }
                News::Deleted { .. } => life.hear_deleted().err(),
                News::Gap(_) => None,
            },
        };
        let problem = problem?;
        Some(format!(
            "C12: message {id} of channel {}, at {}: {problem}",
            entry.channel_id, entry.sequence
        ))
    }
}

// === impl Life ===

impl Life {
    fn hear(&mut self, json: &RawValue, mixes_up: bool) -> Result<(), String> {
        let version = Version::of(&serde_json::from_str(json.get()).unwrap_or_default());
        if let Some(deletion) = self.told_deleted.take()
            && deletion.is_true
        {
            return Err("was told as deleted, and is back".to_owned());
        }
        let Some(first) = self.position(&version, 0) else {
            return Err(format!("never was {version:?}, but {:?}", self.versions));
        };
        let Some(told) = self.told else {
            self.told = Some(first);
            return Ok(());
        };
        // The earliest that it may be: what is pinned and unpinned again is as it was before.
        let next = self.position(&version, told);
        // Where events are mixed up only an edit's time tells which one is newer. Pins have no time at
        // all: an event of one may come behind a page that is younger, on a session that is resumed.
        let before = &self.versions[told];
        let is_as_new = mixes_up && version.edited >= before.edited;
        let is_as_new = is_as_new || version.is_but_for_pin(before);
        if next.is_none() && !is_as_new {
            let told = &self.versions[told];
            return Err(format!("goes back to {version:?} from {told:?}"));
        }
        self.told = Some(next.unwrap_or(first));
        Ok(())
    }

    fn hear_deleted(&mut self) -> Result<(), String> {
        let is_true = self.is_gone;
        if self.told_deleted.replace(Deletion { is_true }).is_some() {
            return Err("is told as deleted twice".to_owned());
        }
        if !is_true {
            return Err("is told as deleted, and is there".to_owned());
        }
        Ok(())
    }

    /// Where it was like that, from there on.
    fn position(&self, version: &Version, from: usize) -> Option<usize> {
        let mut versions = self.versions.iter().enumerate().skip(from);
        versions.find_map(|(place, other)| (other == version).then_some(place))
    }
}

// === impl Version ===

impl Version {
    fn of(message: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            content: text(&message["content"]).unwrap_or_default(),
            author_id: text(&message["author"]["id"]).unwrap_or_default(),
            kind: message["type"].as_u64().unwrap_or_default(),
            is_pinned: is_pinned(message),
            edited: text(&message["edited_timestamp"]),
        }
    }

    /// Whether it is the same, pinned or not.
    fn is_but_for_pin(&self, other: &Self) -> bool {
        let is_pinned = other.is_pinned;
        let alike = Self {
            is_pinned,
            ..self.clone()
        };
        alike == *other
    }
}

#[cfg(test)]
mod tests;
