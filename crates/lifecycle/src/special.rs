//! The guild's special channels, read from Discord and believed for a moment.

use std::{collections::HashSet, sync::Arc};

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::{
    Failure, GuildApi,
    limits::{CALL_TIMEOUT, SPECIAL_AGE_MAX},
};

/// The guild's special channels, as they were at a moment.
#[derive(Debug)]
pub(crate) struct Channels {
    /// When Discord was asked: what they are now is not known any better.
    pub(crate) read_at: Instant,
    pub(crate) ids: HashSet<Id<ChannelMarker>>,
}

/// One read serves all deletions of the next [`SPECIAL_AGE_MAX`], or until the guild changes; those
/// that come meanwhile wait for it rather than read for themselves.
#[derive(Debug)]
pub(crate) struct Special {
    read: Mutex<Option<Arc<Channels>>>,
    /// Nothing that was read before this is believed.
    changed: parking_lot::Mutex<Option<Instant>>,
}

// === impl Special ===

impl Special {
    pub(crate) fn new() -> Self {
        Self {
            read: Mutex::new(None),
            changed: parking_lot::Mutex::new(None),
        }
    }

    /// The guild has changed: what was read before may be wrong.
    pub(crate) fn forget(&self) {
        *self.changed.lock() = Some(Instant::now());
    }

    /// The special channels as they were less than [`SPECIAL_AGE_MAX`] ago. An answer that takes longer
    /// is too old when it comes: no deletion could go by it.
    pub(crate) async fn channels(
        &self,
        api: &impl GuildApi,
        guild_id: Id<GuildMarker>,
    ) -> Result<Arc<Channels>, Failure> {
        let read = async {
            let mut read = self.read.lock().await;
            // Asked before Discord answers, so that the answer is never older than it says.
            let now = Instant::now();
            let changed = *self.changed.lock();
            if let Some(channels) = &*read
                && now < channels.read_at + SPECIAL_AGE_MAX
                && changed.is_none_or(|changed| changed < channels.read_at)
            {
                return Ok(Arc::clone(channels));
            }
            let ids = api.special_channels(guild_id).await?;
            if now.elapsed() >= SPECIAL_AGE_MAX {
                let source = "the guild's special channels came too late to be believed".into();
                return Err(Failure::NotDone { wait: None, source });
            }
            let channels = Arc::new(Channels { read_at: now, ids });
            *read = Some(Arc::clone(&channels));
            Ok(channels)
        };
        timeout(CALL_TIMEOUT, read).await.unwrap_or_else(|elapsed| {
            Err(Failure::NotDone {
                wait: None,
                source: elapsed.into(),
            })
        })
    }
}
