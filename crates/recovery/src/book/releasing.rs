//! What waits for older messages, and until when.

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::{Book, is_refused};
use crate::{Record, Sight, sabotage::Sabotage, snowflake::just_before};

impl Book {
    /// Takes in what an event tells of a message: to be told now, or behind what is older and going to be
    /// read.
    pub(super) fn take_in(
        &mut self,
        channel_id: Id<ChannelMarker>,
        sequence: u64,
        sight: Sight,
        now: Instant,
    ) {
        if self.has_to_wait(channel_id, &sight) {
            let told = self.waiting.hold(channel_id, sequence, sight, now);
            self.batch.records.extend(told);
        } else {
            self.batch.records.push(Record { channel_id, sight });
        }
    }

    /// Nothing that is on record is said of waits: it could be lost. What is not will be read, should this
    /// process end. What is told of a message that something waits of comes behind that: of changes that
    /// are no edits, nothing but their order says which one is newer.
    fn has_to_wait(&self, channel_id: Id<ChannelMarker>, sight: &Sight) -> bool {
        if !self.is_behind(channel_id) || self.lacks(Sabotage::TellAtOnce) {
            return false;
        }
        let id = sight.message_id();
        // A deletion outranks what comes late.
        let is_unheard = !matches!(sight, Sight::Deleted(_));
        (is_unheard && Some(id) > self.recorded_to(channel_id))
            || self.waiting.is_about(channel_id, id)
    }

    /// Up to which message all of a channel are on record.
    fn recorded_to(&self, id: Id<ChannelMarker>) -> Option<Id<MessageMarker>> {
        let dirty = self.channels.get(&id).and_then(|channel| channel.dirty);
        dirty.map_or_else(|| just_before(self.watermark_ms), |dirty| dirty.after)
    }

    /// Whether messages of a channel may be missing that are older than what comes of it now, and are
    /// going to be read.
    fn is_behind(&self, id: Id<ChannelMarker>) -> bool {
        let is_refused = self.channels.get(&id).is_some_and(is_refused);
        !self.is_covered || (self.agenda.is_catching_up(id) && !is_refused)
    }

    /// Nothing older is going to be read of a channel: what has waited for that is told.
    pub(super) fn release(&mut self, id: Id<ChannelMarker>) {
        self.batch.records.extend(self.waiting.release(id));
    }

    /// What waits for older messages, of channels of which none are going to be read.
    pub(super) fn release_complete(&mut self) {
        for id in self.waiting.channels() {
            if !self.is_behind(id) {
                self.release(id);
            }
        }
    }

    /// What has waited for older messages for too long is told before them.
    pub(crate) fn release_overdue(&mut self, now: Instant) {
        self.batch.records.extend(self.waiting.give_up(now));
    }
}
