//! The roll of the guild's channels, read to see whether one is called that should be gone.

use std::{collections::HashSet, sync::Arc};

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::{Failure, GuildApi, limits::CALL_TIMEOUT};

type Channels = Arc<HashSet<Id<ChannelMarker>>>;

/// One reading serves all who need one that began after a moment; those who come meanwhile wait for
/// it rather than read for themselves.
#[derive(Debug)]
pub(crate) struct Roll {
    read: Mutex<Option<(Instant, Channels)>>,
}

// === impl Roll ===

impl Roll {
    pub(crate) fn new() -> Self {
        Self {
            read: Mutex::new(None),
        }
    }

    /// Whether a list that was asked for at `since` or later shows the channel. That it does not
    /// proves nothing; that it does is reason enough to doubt that it is gone.
    pub(crate) async fn shows(
        &self,
        api: &impl GuildApi,
        guild_id: Id<GuildMarker>,
        channel_id: Id<ChannelMarker>,
        since: Instant,
    ) -> Result<bool, Failure> {
        let read = async {
            let mut read = self.read.lock().await;
            if let Some((at, channels)) = &*read
                && *at >= since
            {
                return Ok(channels.contains(&channel_id));
            }
            let now = Instant::now();
            let listed = api.channels(guild_id).await?;
            let channels: HashSet<_> = listed.iter().map(|of| of.channel_id).collect();
            let shows = channels.contains(&channel_id);
            *read = Some((now, Arc::new(channels)));
            Ok(shows)
        };
        timeout(CALL_TIMEOUT, read).await.unwrap_or_else(|elapsed| {
            Err(Failure::NotDone {
                wait: None,
                source: elapsed.into(),
            })
        })
    }
}
