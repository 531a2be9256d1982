//! The roll of the guild's channels, read to see whether one is called that should be gone.

use std::{collections::HashSet, error::Error as _, time::Duration};

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::{Failure, GuildApi, Kind, limits::ROLL_TIMEOUT};

/// One reading serves all who need one that began after a moment; those who come meanwhile wait for
/// it rather than read for themselves, and share its failure too: what nobody answers must not hold
/// up one after the other.
#[derive(Debug)]
pub(crate) struct Roll {
    channels: Mutex<Option<Reading>>,
    threads: Mutex<Option<Reading>>,
}

/// One reading.
#[derive(Debug)]
struct Reading {
    guild_id: Id<GuildMarker>,
    at: Instant,
    came_to: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Listed(HashSet<Id<ChannelMarker>>),
    NotDone { wait: Option<Duration>, why: String },
    Never { why: String },
}

// === impl Roll ===

impl Roll {
    pub(crate) fn new() -> Self {
        Self {
            channels: Mutex::new(None),
            threads: Mutex::new(None),
        }
    }

    /// Whether a list that was asked for at `since` or later shows the channel. That it does not
    /// proves nothing; that it does is reason enough to doubt that it is gone.
    pub(crate) async fn shows(
        &self,
        api: &impl GuildApi,
        guild_id: Id<GuildMarker>,
        (kind, channel_id): (Kind, Id<ChannelMarker>),
        since: Instant,
    ) -> Result<bool, Failure> {
        let last = match kind {
            Kind::Text => &self.channels,
            Kind::Thread => &self.threads,
        };
        let mut last = last.lock().await;
        if let Some(reading) = &*last
            && reading.guild_id == guild_id
            && reading.at >= since
        {
            return reading.came_to.shows(channel_id);
        }
        let at = Instant::now();
        let read = async {
            match kind {
                Kind::Text => {
                    let listed = api.channels(guild_id).await?;
                    Ok(listed.iter().map(|of| of.channel_id).collect())
                }
                Kind::Thread => Ok(api.threads(guild_id).await?.into_iter().collect()),
            }
        };
        let read = timeout(ROLL_TIMEOUT, read).await.unwrap_or_else(|elapsed| {
            Err(Failure::NotDone {
                wait: None,
                source: elapsed.into(),
            })
        });
        let came_to = Outcome::from(read);
        let shows = came_to.shows(channel_id);
        *last = Some(Reading {
            guild_id,
            at,
            came_to,
        });
        shows
    }
}

// === impl Outcome ===

impl Outcome {
    fn shows(&self, channel_id: Id<ChannelMarker>) -> Result<bool, Failure> {
        match self {
            Self::Listed(channels) => Ok(channels.contains(&channel_id)),
            Self::NotDone { wait, why } => Err(Failure::NotDone {
                wait: *wait,
                source: why.clone().into(),
            }),
            Self::Never { why } => Err(Failure::Never {
                source: why.clone().into(),
            }),
        }
    }
}

impl From<Result<HashSet<Id<ChannelMarker>>, Failure>> for Outcome {
    fn from(read: Result<HashSet<Id<ChannelMarker>>, Failure>) -> Self {
        let failure = match read {
            Ok(listed) => return Self::Listed(listed),
            Err(failure) => failure,
        };
        let why = failure
            .source()
            .map_or_else(|| failure.to_string(), ToString::to_string);
        match failure {
            Failure::Never { .. } => Self::Never { why },
            Failure::NotDone { wait, .. } => Self::NotDone { wait, why },
            Failure::NoRoom { .. } | Failure::NameRefused { .. } | Failure::Unknown { .. } => {
                Self::NotDone { wait: None, why }
            }
        }
    }
}
