//! Reading the lists of channels.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout};
use twilight_model::id::{Id, marker::GuildMarker};

use crate::{
    ChannelDirectory, Failure,
    book::{Archives, Survey, Wish},
    limits::{
        ARCHIVES_TIMEOUT, LISTS_TIMEOUT, LOOKS_FOR_ARCHIVES, READ_AT_ONCE, RETRY_FIRST, RETRY_MAX,
    },
};

/// How the looks have gone so far.
#[derive(Debug)]
pub(super) struct Looks {
    /// When the next one may be.
    pub(super) at: Instant,
    /// The gap that the last one was for.
    pub(super) generation: u64,
    /// How many have failed in a row.
    failures: u32,
    /// How many in a row of this gap have failed at a list of archived threads, and how long such lists took.
    archive_failures: u32,
    archives_took: Duration,
}

/// How much longer lists of archived threads are waited for: everything else waits for them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Whether what fails once more is done without.
    has_ended: bool,
    left: Duration,
}

/// Which lists are to be read.
pub(super) struct Look<D> {
    pub(super) discord: Arc<D>,
    pub(super) wish: Wish,
    pub(super) generation: u64,
    /// Whether nothing was ever watched.
    pub(super) is_first: bool,
    pub(super) guild_ids: Vec<Id<GuildMarker>>,
    pub(super) archives: Archives,
    pub(super) patience: Patience,
}

/// The lists could not be read, and when they may be tried again.
pub(super) struct Overlooked {
    pub(super) wish: Wish,
    pub(super) generation: u64,
    pub(super) wait: Duration,
    /// How long the lists of archived threads took, if it was one of those.
    archives_took: Option<Duration>,
}

// === impl Looks ===

impl Looks {
    pub(super) fn new() -> Self {
        Self {
            at: Instant::now(),
            generation: 0,
            failures: 0,
            archive_failures: 0,
            archives_took: Duration::ZERO,
        }
    }

    /// One begins.
    pub(super) fn begin(&mut self, generation: u64) -> Patience {
        if self.generation != generation {
            // What is missing since then has not been looked for yet.
            *self = Self {
                generation,
                archive_failures: 0,
                archives_took: Duration::ZERO,
                ..*self
            };
        }
        Patience {
            has_ended: self.archive_failures >= LOOKS_FOR_ARCHIVES,
            left: ARCHIVES_TIMEOUT.saturating_sub(self.archives_took),
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.archive_failures = 0;
        self.archives_took = Duration::ZERO;
    }

    pub(super) fn failed(&mut self, failed: &Overlooked) {
        self.failures += 1;
        let pause = (RETRY_FIRST * 2_u32.pow(self.failures.min(16) - 1)).min(RETRY_MAX);
        self.at = Instant::now() + failed.wait.max(pause);
        if let Some(took) = failed.archives_took {
            self.archive_failures += 1;
            self.archives_took += took;
        }
    }
}

// === impl Look ===

impl<D: ChannelDirectory> Look<D> {
    /// Reads them all, or none; but for lists of archived threads that were waited for long enough.
    pub(super) async fn around(self) -> Result<Survey, Overlooked> {
        let overlooked = |wait, archives_took| Overlooked {
            wish: self.wish,
            generation: self.generation,
            wait,
            archives_took,
        };
        let mut survey = Survey {
            wish: self.wish,
            generation: self.generation,
            heads: Vec::new(),
            hidden: Vec::new(),
            unlisted: BTreeSet::new(),
            refused: BTreeSet::new(),
        };
        for guild_id in &self.guild_ids {
            match list(self.discord.channels(*guild_id)).await {
                Ok(Some(heads)) => survey.heads.extend(heads),
                Ok(None) => survey.hidden.push(*guild_id),
                Err(wait) => return Err(overlooked(wait, None)),
            }
        }
        if self.is_first && !survey.hidden.is_empty() && survey.hidden.len() == self.guild_ids.len()
        {
            // A bot that is not there yet. If its watch began now, all that was ever said would be new.
            let guilds = &survey.hidden;
            tracing::warn!(?guilds, "discord shows nothing of what is to be watched");
            return Err(overlooked(Duration::ZERO, None));
        }
        let began = Instant::now();
        let archived = self.archived(&mut survey).await;
        archived.map_err(|wait| overlooked(wait, Some(began.elapsed())))?;
        Ok(survey)
    }

    /// Several at once: after an outage it may be most channels of a guild.
    async fn archived(&self, survey: &mut Survey) -> Result<(), Duration> {
        let wanted = self.archives.of(&survey.heads);
        let mut unread: BTreeSet<_> = wanted.iter().copied().collect();
        let lists = stream::iter(wanted).map(async |(channel_id, is_private)| {
            let since_ms = self.archives.since_ms(channel_id);
            let archived = self.discord.archived(channel_id, since_ms, is_private);
            ((channel_id, is_private), list(archived).await)
        });
        let mut lists = std::pin::pin!(lists.buffer_unordered(READ_AT_ONCE));
        let reading = async {
            while let Some((which, listed)) = lists.next().await {
                match listed {
                    Ok(listed) => {
                        let (channel_id, is_private) = which;
                        if listed.is_none() && !is_private {
                            survey.refused.insert(channel_id);
                        }
                        // Of one that is not shown, what is on record of its threads is read one by one.
                        let listed = listed.unwrap_or_default();
                        if !listed.is_cut_off {
                            unread.remove(&which);
                        }
                        survey.heads.extend(listed.threads);
                    }
                    Err(_) if self.patience.has_ended => {}
                    Err(wait) => return Err(wait),
                }
            }
            Ok(())
        };
        if let Ok(read) = timeout(self.patience.left, reading).await {
            read?;
        }
        survey.unlisted = unread.into_iter().map(|(id, _)| id).collect();
        Ok(())
    }
}

/// A list, or how long Discord wants to be left alone. `None`: it does not show that one.
async fn list<T>(listing: impl Future<Output = Result<T, Failure>>) -> Result<Option<T>, Duration> {
    match timeout(LISTS_TIMEOUT, listing).await {
        Ok(Ok(listed)) => Ok(Some(listed)),
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
