//! What was told at once, because what is older could not be had for too long.

use std::collections::BTreeSet;

use cordboard_recovery::{Batch, Sight};

use super::fields::created_ms;

/// How long what is new waits for what is older: two minutes by a clock that may be a tenth fast.
pub(super) const WAITS_MS: u64 = 108_000;

/// Channels whose news have waited for too long, and are told at once until what is older was read.
#[derive(Debug, Default)]
pub(super) struct Haste {
    channels: BTreeSet<u64>,
    /// What is to be read.
    dirty: BTreeSet<u64>,
    /// Messages that were told so.
    messages: BTreeSet<u64>,
    /// When the process began.
    began_ms: u64,
}

// === impl Haste ===

impl Haste {
    /// A process begins, and waits anew.
    pub(super) fn begin(&mut self, now_ms: u64) {
        self.began_ms = now_ms;
        self.channels.clear();
    }

    /// This is written down.
    pub(super) fn write(&mut self, batch: &Batch, now_ms: u64) {
        for record in &batch.records {
            if let Sight::Created(message) = &record.sight {
                let (channel_id, id) = (record.channel_id.get(), message.id.get());
                // A session that is resumed replays what is older than the process.
                if now_ms >= created_ms(id).max(self.began_ms) + WAITS_MS {
                    self.channels.insert(channel_id);
                }
                if self.channels.contains(&channel_id) {
                    self.messages.insert(id);
                }
            }
        }
        for channel in &batch.channels {
            let id = channel.id.get();
            if channel.dirty.is_some() {
                self.dirty.insert(id);
            } else {
                self.dirty.remove(&id);
            }
        }
        for id in &batch.closed {
            self.channels.remove(&id.get());
            self.dirty.remove(&id.get());
        }
        // The session is on record with what it began behind only.
        if batch.session.is_some() {
            self.channels.retain(|id| self.dirty.contains(id));
        }
    }

    /// Whether a message did not have to wait.
    pub(super) fn has(&self, id: u64) -> bool {
        self.messages.contains(&id)
    }
}
