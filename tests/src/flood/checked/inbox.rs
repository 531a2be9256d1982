//! The record as the driver sees it: each commit is checked.

use cordboard_recovery::{Batch, Committed, Inbox, InboxError, Loaded};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::{Checked, Gap, messages};

impl Inbox for Checked {
    async fn load(&self, shard: u32) -> Result<Loaded, InboxError> {
        self.state.lock().haste.begin(self.now_ms());
        self.inner.load(shard).await
    }

    async fn commit(&self, batch: Batch) -> Result<Committed, InboxError> {
        self.inner.seek().await;
        let claims = batch.watermark_ms.is_some() || !batch.channels.is_empty();
        {
            let mut state = self.state.lock();
            state.watches(&batch);
            state.haste.write(&batch, self.now_ms());
        }
        if let Some(upto_ms) = batch.watermark_ms {
            let ids = messages(&self.discord).into_keys().map(|(_, id)| id);
            self.state.lock().before.end(ids, upto_ms);
        }
        let shard = batch.shard;
        if let Some(session) = &batch.session {
            let before = self.inner.load(shard).await?;
            let (is_lossy, now_ms) = (self.state.lock().is_lossy, self.discord.now_ms());
            let mut state = self.state.lock();
            if state.session.as_ref() != Some(&session.id) || is_lossy {
                let began_ms = self.discord.session_began_ms(&session.id);
                let to_ms = began_ms.filter(|_| !is_lossy).unwrap_or(now_ms);
                state.excuses.missed(Gap::new(&before, to_ms, now_ms));
                state.session = Some(session.id.clone());
            }
        }
        let committed = self.inner.write(batch).await?;
        self.told_up_to(committed.newest);
        self.hear().await?;
        if claims {
            self.check_sound(&self.inner.load(shard).await?);
        }
        self.inner.seek().await;
        Ok(committed)
    }

    async fn holds(&self, messages: Vec<Id<MessageMarker>>) -> Result<Vec<bool>, InboxError> {
        self.inner.holds(messages).await
    }

    async fn recent(
        &self,
        channel_id: Id<ChannelMarker>,
        limit: usize,
    ) -> Result<Vec<Id<MessageMarker>>, InboxError> {
        self.inner.recent(channel_id, limit).await
    }
}
