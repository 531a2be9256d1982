//! What is to be written down.

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::{Book, is_refused};
use crate::{
    Batch, Channel, Gap, GapReason, SessionMark, forecast::Forecast, limits::SETTLE,
    sabotage::Sabotage, snowflake::milliseconds,
};

impl Book {
    /// What there is to write, and from now on counts as written.
    pub(crate) fn take_batch(&mut self) -> Batch {
        let changed = std::mem::take(&mut self.changed);
        for id in changed {
            let channel = self.channels.get(&id).or_else(|| self.forums.get(&id));
            self.batch.channels.extend(channel.cloned());
        }
        self.batch.closed.extend(std::mem::take(&mut self.closed));
        if let Some(mark) = self.mark() {
            let is_news = self.marked.as_ref() != Some(&mark);
            // A sequence alone is worth no write: an older one is as good.
            let is_other = self
                .marked
                .as_ref()
                .is_none_or(|marked| marked.id != mark.id);
            if is_other || (is_news && !self.batch.is_empty()) {
                self.marked = Some(mark.clone());
                self.batch.session = Some(mark);
            }
        }
        if self.lacks(Sabotage::VolatileDirty) {
            for channel in &mut self.batch.channels {
                channel.dirty = None;
            }
        }
        let empty = Batch {
            shard: self.settings.shard,
            ..Batch::default()
        };
        self.batch.latest_ms = self.time.latest(Instant::now());
        std::mem::replace(&mut self.batch, empty)
    }

    /// How far the session has come; `None` while not all is known that it began behind.
    pub(super) fn mark(&self) -> Option<SessionMark> {
        let (id, resume_url) = self.session.as_ref().filter(|_| self.is_covered)?;
        let before_outage = self.outage_at.map(|sequence| sequence.saturating_sub(1));
        let bounds = [self.waiting.before(), before_outage, self.owing.before()];
        let sequence = bounds.into_iter().flatten().fold(self.sequence, u64::min);
        Some(SessionMark {
            id: id.clone(),
            resume_url: resume_url.clone(),
            sequence,
        })
    }

    /// Writes a channel down as it is now.
    pub(super) fn put(&mut self, channel: Channel) {
        self.changed.insert(channel.id);
        self.closed.remove(&channel.id);
        self.count(&channel, usize::wrapping_add);
        if let Some(former) = self.channels.insert(channel.id, channel) {
            self.count(&former, usize::wrapping_sub);
        }
    }

    /// Counts a channel in or out.
    pub(super) fn count(&mut self, channel: &Channel, by: fn(usize, usize) -> usize) {
        self.dirty = by(self.dirty, usize::from(channel.dirty.is_some()));
        self.refused = by(self.refused, usize::from(is_refused(channel)));
        if self.dirty == self.refused {
            // However the last one ended: the time until the next one is none in which pages were read.
            self.forecast = Forecast::default();
        }
    }

    pub(super) fn miss(
        &mut self,
        channel_id: Id<ChannelMarker>,
        after: Option<Id<MessageMarker>>,
        to: Option<Id<MessageMarker>>,
        reason: GapReason,
    ) {
        tracing::warn!(channel.id = %channel_id, reason = reason.name(), "messages may be missing");
        self.batch.gaps.push(Gap {
            channel_id,
            after,
            to,
            reason,
            at_ms: self.time.at(Instant::now()).unwrap_or(self.watermark_ms),
        });
    }

    /// How far the session has come, before that is on record, if a test has said so.
    pub(crate) fn sabotage_acknowledge(&mut self) -> Option<Batch> {
        let is_lacking = self.lacks(Sabotage::AckBeforeDurable) && !self.batch.is_empty();
        let mark = self.mark().filter(|_| is_lacking);
        mark.map(|session| Batch {
            shard: self.settings.shard,
            session: Some(session),
            ..Batch::default()
        })
    }

    /// Everything from before this is on record.
    pub(super) fn seal(&mut self, ms: u64) {
        let sealed = ms.saturating_sub(milliseconds(SETTLE));
        if sealed > self.watermark_ms {
            self.watermark_ms = sealed;
            self.batch.watermark_ms = Some(sealed);
        }
    }
}
