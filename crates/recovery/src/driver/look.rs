//! Reading the lists of channels.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use tokio::time::timeout;
use twilight_model::id::{Id, marker::GuildMarker};

use crate::{
    ChannelDirectory, Failure, Head,
    book::{Archives, Survey, Wish},
    limits::{LISTS_TIMEOUT, READ_AT_ONCE},
};

/// Which lists are to be read.
pub(super) struct Look<D> {
    pub(super) discord: Arc<D>,
    pub(super) wish: Wish,
    pub(super) generation: u64,
    pub(super) guild_ids: Vec<Id<GuildMarker>>,
    pub(super) archives: Archives,
    /// Whether lists of archived threads that cannot be read are done without.
    pub(super) is_content: bool,
}

/// The lists could not be read, and when they may be tried again.
pub(super) struct Overlooked {
    pub(super) wish: Wish,
    pub(super) generation: u64,
    pub(super) wait: Duration,
}

// === impl Look ===

impl<D: ChannelDirectory> Look<D> {
    /// Reads them all, or none; unless it is content with less.
    pub(super) async fn around(self) -> Result<Survey, Overlooked> {
        let (wish, generation) = (self.wish, self.generation);
        let mut survey = Survey {
            wish,
            generation,
            heads: Vec::new(),
            hidden: Vec::new(),
        };
        let read = async {
            for guild_id in &self.guild_ids {
                match list(self.discord.channels(*guild_id)).await? {
                    Some(heads) => survey.heads.extend(heads),
                    None => survey.hidden.push(*guild_id),
                }
            }
            survey.heads.extend(self.archived(&survey.heads).await?);
            Ok(())
        };
        match read.await {
            Ok(()) => Ok(survey),
            Err(wait) => Err(Overlooked {
                wish,
                generation,
                wait,
            }),
        }
    }

    /// Several at once: after an outage it may be most channels of a guild.
    async fn archived(&self, heads: &[Head]) -> Result<Vec<Head>, Duration> {
        let since_ms = self.archives.since_ms();
        let lists = stream::iter(self.archives.of(heads)).map(|(channel_id, is_private)| {
            list(self.discord.archived(channel_id, since_ms, is_private))
        });
        let mut lists = lists.buffer_unordered(READ_AT_ONCE);
        let mut archived = Vec::new();
        while let Some(listed) = lists.next().await {
            let listed = match listed {
                // Everything else waits for this look.
                Err(_) if self.is_content => None,
                listed => listed?,
            };
            // Of one that is not shown, what is on record of its threads is read one by one.
            archived.extend(listed.unwrap_or_default());
        }
        Ok(archived)
    }
}

/// A list, or how long Discord wants to be left alone. `None`: it does not show that one.
async fn list(
    listing: impl Future<Output = Result<Vec<Head>, Failure>>,
) -> Result<Option<Vec<Head>>, Duration> {
    match timeout(LISTS_TIMEOUT, listing).await {
        Ok(Ok(heads)) => Ok(Some(heads)),
        Ok(Err(Failure::NotDone { wait, source })) => {
            tracing::warn!(error = %source, "discord does not list its channels");
            Err(wait.unwrap_or_default())
        }
        Ok(Err(_)) => Ok(None),
        Err(_) => {
            tracing::warn!("discord does not list its channels in time");
            Err(Duration::ZERO)
        }
    }
}
