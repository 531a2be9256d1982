//! What the record in memory drops, and whom it tells.

use std::collections::BTreeMap;

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::state::State;
use crate::{Entry, Gap, GapReason, News, Retention};

/// What some consumer loses of a channel.
struct Lost {
    /// The last entry.
    sequence: u64,
    oldest: Id<MessageMarker>,
    youngest: Id<MessageMarker>,
}

impl State {
    pub(super) fn prune(&mut self, retention: Retention) -> u64 {
        let behind = self.consumers.values().map(|reader| reader.acknowledged);
        let behind = behind.min().unwrap_or(u64::MAX);
        let mut lost = BTreeMap::new();
        let mut dropped = self.drop_gaps(behind, retention.before_ms);
        for sequence in self.dropped(retention) {
            let entry = self.entries.remove(&sequence).map(|told| told.entry);
            let Some((entry, message_id)) =
                entry.and_then(|entry| entry.message_id().map(|message_id| (entry, message_id)))
            else {
                continue;
            };
            dropped += 1;
            self.forget(&entry, message_id);
            if sequence > behind {
                let of_channel = lost.entry(entry.channel_id).or_insert(Lost {
                    sequence,
                    oldest: message_id,
                    youngest: message_id,
                });
                of_channel.sequence = sequence;
                of_channel.oldest = of_channel.oldest.min(message_id);
                of_channel.youngest = of_channel.youngest.max(message_id);
            }
        }
        // A gap may come in the place of what they were.
        for reader in self.consumers.values_mut() {
            let entries = &self.entries;
            reader
                .dead
                .retain(|sequence, _| entries.contains_key(sequence));
        }
        for (channel_id, lost) in lost {
            self.tell_lost(channel_id, &lost, behind);
        }
        dropped
    }

    /// The entries about messages that go.
    fn dropped(&self, retention: Retention) -> Vec<u64> {
        let mut bytes: u64 = self.entries.values().map(|told| size(&told.entry)).sum();
        let messages = self.entries.iter();
        let messages = messages.filter(|(_, told)| told.entry.message_id().is_some());
        let goes = messages.take_while(|(_, told)| {
            let goes = told.at_ms < retention.before_ms || bytes > retention.bytes_max;
            bytes -= size(&told.entry);
            goes
        });
        goes.map(|(sequence, _)| *sequence).collect()
    }

    fn drop_gaps(&mut self, behind: u64, before_ms: u64) -> u64 {
        let before = self.entries.len();
        self.entries
            .retain(|sequence, told| match &told.entry.news {
                News::Gap(_) => *sequence > behind || told.at_ms >= before_ms,
                _ => true,
            });
        u64::try_from(before - self.entries.len()).unwrap_or(u64::MAX)
    }

    /// Drops the message, if this was the last entry about it.
    fn forget(&mut self, entry: &Entry, message_id: Id<MessageMarker>) {
        let key = (entry.channel_id, message_id);
        let held = self.messages.get(&key);
        if held.is_none_or(|held| held.told_in != entry.sequence) {
            return;
        }
        self.messages.remove(&key);
        self.ids.remove(&message_id);
        if let Some(watched) = self.watched.get_mut(&entry.channel_id) {
            watched.dropped_id = watched.dropped_id.max(Some(message_id));
        }
    }

    /// Puts a gap where the last of it was. What a consumer has not passed of a former one is in it.
    fn tell_lost(&mut self, channel_id: Id<ChannelMarker>, lost: &Lost, behind: u64) {
        let mut gap = Gap {
            channel_id,
            after: Id::new_checked(lost.oldest.get() - 1),
            to: Some(lost.youngest),
            reason: GapReason::Expired,
            at_ms: self.at_ms,
        };
        let begins_at = gap.after;
        self.entries
            .retain(|sequence, told| match &told.entry.news {
                News::Gap(former)
                    if (former.channel_id, former.reason) == (channel_id, GapReason::Expired)
                        && (*sequence > behind || former.after == begins_at) =>
                {
                    gap.after = gap.after.min(former.after);
                    gap.to = gap.to.max(former.to);
                    false
                }
                _ => true,
            });
        self.put(lost.sequence, channel_id, News::Gap(gap));
    }
}

/// The bytes of an entry's message object.
fn size(entry: &Entry) -> u64 {
    let length = match &entry.news {
        News::Created { json, .. } | News::Updated { json, .. } => json.get().len(),
        News::Deleted { .. } | News::Gap(_) => 0,
    };
    u64::try_from(length).unwrap_or(u64::MAX)
}
