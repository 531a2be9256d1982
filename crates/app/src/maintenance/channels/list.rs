//! What is on record of channels.

use cordboard_lifecycle::{Clock as _, Row};
use cordboard_store::{Peek, StoreError};
use serde::Serialize;
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    Failed,
    limits::PEEK_ROWS,
    maintenance::{CommandError, Maintenance},
    settings,
};

/// What is on record of channels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChannelList {
    /// The rows, in the order in which they were begun.
    pub channels: Vec<ChannelLine>,
    /// Whether an operator holds all deletions.
    pub deletions_held: bool,
}

/// One row of the registry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChannelLine {
    /// The channel, once it is known.
    pub channel_id: Option<Id<ChannelMarker>>,
    /// The attempt to create it.
    pub attempt: String,
    /// Where it stands.
    pub stage: &'static str,
    /// Whether something is still to be done about it.
    pub is_open: bool,
    /// Why it may be called ours: `E1`, `E2`, or `operator:` and the plan's hash.
    pub evidence: Option<String>,
    /// How long it has been at its stage.
    pub age_seconds: u64,
    /// How often its deletion was refused.
    pub tries: u32,
    /// Why it does not get any further.
    pub reason: Option<String>,
    /// The request it served.
    pub request_id: String,
}

// === impl Maintenance ===

impl Maintenance {
    /// What is on record of channels: what is open, or all of it. Works beside a running proxy.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn channels(&self, also_settled: bool) -> Result<ChannelList, CommandError> {
        let peek = self.peek().await?;
        let held = peek.deletions_held().await;
        let deletions_held = held.map_err(settings::store_failed)?;
        let now_ms = self.clock.now_ms();
        let rows = self.rows(&peek).await?;
        let rows = rows
            .iter()
            .filter(|row| also_settled || row.stage.is_open());
        let channels = rows.map(|row| ChannelLine::new(row, now_ms)).collect();
        Ok(ChannelList {
            channels,
            deletions_held,
        })
    }

    /// The store, for those who only look.
    pub(crate) async fn peek(&self) -> Result<Peek, CommandError> {
        let opened = Peek::open(&self.config.store, settings::store(&self.config)).await;
        opened.map_err(|error| settings::store_failed(error).into())
    }

    /// As [`Self::peek`]; `None` when there is no store yet.
    pub(crate) async fn peek_if_any(&self) -> Result<Option<Peek>, CommandError> {
        match Peek::open(&self.config.store, settings::store(&self.config)).await {
            Ok(peek) => Ok(Some(peek)),
            Err(StoreError::Older { found: 0, .. }) => Ok(None),
            Err(error) => Err(settings::store_failed(error).into()),
        }
    }

    /// All rows of our guild.
    pub(crate) async fn rows(&self, peek: &Peek) -> Result<Vec<Row>, Failed> {
        let (mut rows, mut last) = (Vec::new(), None);
        loop {
            let page = peek.rows(last, PEEK_ROWS).await;
            let page = page.map_err(settings::store_failed)?;
            let Some(end) = page.last() else {
                return Ok(rows);
            };
            last = Some(end.number);
            let ours = page.into_iter().map(|peeked| peeked.row);
            rows.extend(ours.filter(|row| row.guild_id == self.config.discord.guild_id));
        }
    }

    /// The open rows of our guild.
    pub(crate) async fn open_rows(&self, peek: &Peek) -> Result<Vec<Row>, Failed> {
        let (mut rows, mut last) = (Vec::new(), None);
        loop {
            let page = peek.open_rows(last, PEEK_ROWS).await;
            let page = page.map_err(settings::store_failed)?;
            let Some(end) = page.last() else {
                return Ok(rows);
            };
            last = Some(end.attempt);
            let ours = page.into_iter();
            rows.extend(ours.filter(|row| row.guild_id == self.config.discord.guild_id));
        }
    }
}

// === impl ChannelLine ===

impl ChannelLine {
    pub(super) fn new(row: &Row, now_ms: u64) -> Self {
        Self {
            channel_id: row.stage.channel_id(),
            attempt: row.attempt.to_string(),
            stage: row.stage.name(),
            is_open: row.stage.is_open(),
            evidence: row.stage.owned().map(|owned| owned.evidence.to_string()),
            age_seconds: now_ms.saturating_sub(row.since_ms) / 1_000,
            tries: row.tries,
            reason: row.reason.clone(),
            request_id: row.request_id.clone(),
        }
    }
}
