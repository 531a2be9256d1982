//! Who reads the record, and notices at once what is told wrongly.

use std::collections::BTreeMap;

use cordboard_recovery::{Entry, Gap, News};
use serde_json::{Value, value::RawValue};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::fields::{content, created_ms, is_pinned};

/// Reads all entries, in their order. It may die at any time, and then begins behind what it has
/// acknowledged; what it was told before that is on its own record.
#[derive(Debug, Default)]
pub(super) struct Consumer {
    /// The last entry that was read.
    pub(super) after: u64,
    /// What was told of each message last.
    told: BTreeMap<(u64, u64), Told>,
    /// The youngest message of each channel that was told as created.
    youngest: BTreeMap<Id<ChannelMarker>, Created>,
    gaps: Vec<Gap>,
}

/// A message that was told as created, and at which sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Created {
    pub(super) id: Id<MessageMarker>,
    pub(super) sequence: u64,
}

/// What was told of a message last; if it is not there, nothing else.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) content: String,
    pub(super) is_pinned: bool,
    pub(super) is_there: bool,
}

// === impl Consumer ===

impl Consumer {
    pub(super) fn told(&self) -> &BTreeMap<(u64, u64), Told> {
        &self.told
    }

    /// What it was told could not be had.
    pub(super) fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Whether it was told that this message could not be had.
    pub(super) fn is_in_gap(&self, channel_id: u64, id: u64) -> bool {
        self.gaps.iter().any(|gap| {
            gap.channel_id.get() == channel_id
                && gap.after.is_none_or(|after| id > after.get())
                && gap.to.is_none_or(|to| id <= to.get())
        })
    }

    /// Reads on, and says what is told twice, or behind a younger message. `is_wanted`: what was there
    /// before anybody watched may turn up at any time. `is_late_rightly`: a channel, a message, and the
    /// youngest one that was told before it.
    pub(super) fn read(
        &mut self,
        entries: Vec<Entry>,
        is_wanted: impl Fn(u64) -> bool,
        is_late_rightly: impl Fn(u64, Created, Created) -> bool,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        for entry in entries {
            let (sequence, channel_id) = (entry.sequence, entry.channel_id);
            self.after = sequence;
            let (id, now) = match entry.news {
                News::Created { message_id, json } => {
                    if self
                        .told
                        .contains_key(&(channel_id.get(), message_id.get()))
                    {
                        wrong.push(format!(
                            "C11: message {message_id} was created twice, at {sequence}"
                        ));
                    }
                    let id = message_id;
                    let created = Created { id, sequence };
                    let youngest = self.youngest.get(&channel_id).copied();
                    let younger = youngest.filter(|youngest| youngest.id > id);
                    if is_wanted(id.get()) {
                        let youngest = younger.unwrap_or(created);
                        self.youngest.insert(channel_id, youngest);
                    }
                    if let Some(younger) = younger
                        && is_wanted(id.get())
                        && !is_late_rightly(channel_id.get(), created, younger)
                    {
                        wrong.push(format!(
                            "C11: message {id} of {} is told behind {} of {}, {younger:?}, at {sequence}",
                            created_ms(id.get()), younger.id, created_ms(younger.id.get())
                        ));
                    }
                    (message_id, Told::there(&json))
                }
                News::Updated { message_id, json } => (message_id, Told::there(&json)),
                News::Deleted { message_id, .. } => (message_id, Told::default()),
                News::Gap(gap) => {
                    self.gaps.push(gap);
                    continue;
                }
            };
            self.told.insert((channel_id.get(), id.get()), now);
        }
        wrong
    }
}

// === impl Told ===

impl Told {
    fn there(json: &RawValue) -> Self {
        let message: Value = serde_json::from_str(json.get()).unwrap_or_default();
        Self {
            content: content(&message),
            is_pinned: is_pinned(&message),
            is_there: true,
        }
    }
}
