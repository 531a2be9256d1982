//! What an operator may say about a single channel, and how far deletions have come.

use std::collections::{HashMap, HashSet};

use cordboard_lifecycle::{AttemptId, Row, Stage};
use serde::Serialize;
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    maintenance::{CommandError, Maintenance},
    orders::{Instruction, Told},
    settings,
};

/// What came of an operator's word about one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// The channel or attempt that was named.
    pub subject: String,
    /// What it is now.
    pub now: String,
}

/// Rows whose deletion is waited for: those, and none that others begin meanwhile.
#[derive(Debug)]
pub(super) struct Awaited {
    attempts: HashSet<AttemptId>,
    /// Those that were found settled: they are not read again.
    settled: HashMap<AttemptId, Row>,
}

/// How far their deletion has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    pub(super) gone: u64,
    pub(super) parked: u64,
    /// Neither gone nor parked: to be waited for.
    pub(super) waiting: u64,
    /// The channels that are not gone, and why.
    pub(super) open: Vec<(Id<ChannelMarker>, String)>,
}

// === impl Awaited ===

impl Awaited {
    pub(super) fn new<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        Self {
            attempts: rows.into_iter().map(|row| row.attempt).collect(),
            settled: HashMap::new(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.attempts.len()).unwrap_or(u64::MAX)
    }
}

// === impl Maintenance ===

impl Maintenance {
    /// Protects a channel from deletion, whatever its row says.
    ///
    /// # Errors
    /// When whoever holds the store does not do it.
    pub async fn protect(
        &self,
        channel_id: Id<ChannelMarker>,
        reason: String,
    ) -> Result<Settled, CommandError> {
        let instruction = Instruction::Protect { channel_id, reason };
        self.say(channel_id.to_string(), instruction, "protected")
            .await
    }

    /// Protects a channel no longer; what the configuration protects stays protected.
    ///
    /// # Errors
    /// When whoever holds the store does not do it.
    pub async fn unprotect(&self, channel_id: Id<ChannelMarker>) -> Result<Settled, CommandError> {
        let instruction = Instruction::Unprotect { channel_id };
        self.say(channel_id.to_string(), instruction, "not protected")
            .await
    }

    /// Takes a debt off the books that only an operator can settle. It is named by its channel or by its
    /// attempt.
    ///
    /// # Errors
    /// When there is no such debt, or it is none that an operator can settle.
    pub async fn forget(&self, subject: &str) -> Result<Settled, CommandError> {
        let peek = self.peek().await?;
        let rows = self.rows(&peek).await?;
        let is_it = |row: &&Row| {
            row.attempt.to_string() == subject
                || row
                    .stage
                    .channel_id()
                    .is_some_and(|id| id.to_string() == subject)
        };
        let row = rows.iter().find(is_it).ok_or_else(|| {
            let why = format!(
                "{subject} is neither a channel nor an attempt on record; see channels list"
            );
            CommandError::Usage(why)
        })?;
        let attempt = row.attempt.to_string();
        let instruction = Instruction::Forget { attempt };
        self.say(subject.to_owned(), instruction, "forgotten").await
    }

    async fn say(
        &self,
        subject: String,
        instruction: Instruction,
        now: &str,
    ) -> Result<Settled, CommandError> {
        let errand = self.instruct(&instruction).await?;
        let now = match &errand.told {
            Told::Forgotten { stage } => stage.clone(),
            _ => now.to_owned(),
        };
        errand.end().await?;
        Ok(Settled { subject, now })
    }

    /// The channels on record, and where they stand.
    pub(super) async fn on_record(
        &self,
    ) -> Result<HashMap<Id<ChannelMarker>, &'static str>, CommandError> {
        let Some(peek) = self.peek_if_any().await? else {
            return Ok(HashMap::new());
        };
        let rows = self.rows(&peek).await?;
        let rows = rows
            .iter()
            .filter_map(|row| Some((row.stage.channel_id()?, row.stage.name())));
        Ok(rows.collect())
    }

    /// How far the deletion of these rows has come. Of those that are settled each is read once: this is
    /// asked all the time, and a store may hold a week of them.
    pub(super) async fn standing(&self, awaited: &mut Awaited) -> Result<Standing, CommandError> {
        let peek = self.peek().await?;
        let held = peek
            .deletions_held()
            .await
            .map_err(settings::store_failed)?;
        let open = self.open_rows(&peek).await?.into_iter();
        let mut rows: Vec<Row> = open
            .filter(|row| awaited.attempts.contains(&row.attempt))
            .collect();
        let seen: HashSet<_> = rows.iter().map(|row| row.attempt).collect();
        // What was proved gone may have been found again, and is open once more.
        awaited.settled.retain(|attempt, _| !seen.contains(attempt));
        let is_unseen = |of: &&AttemptId| !seen.contains(of) && !awaited.settled.contains_key(of);
        let unseen: Vec<_> = awaited.attempts.iter().filter(is_unseen).copied().collect();
        for attempt in unseen {
            let row = peek.row(attempt).await.map_err(settings::store_failed)?;
            match row {
                Some(row) if row.stage.is_open() => rows.push(row),
                Some(row) => drop(awaited.settled.insert(attempt, row)),
                None => {}
            }
        }
        let mut standing = Standing::default();
        for row in rows.iter().chain(awaited.settled.values()) {
            standing.count(row, held);
        }
        // In the order of their creation.
        standing.open.sort_unstable_by_key(|(id, _)| *id);
        Ok(standing)
    }
}

// === impl Standing ===

impl Standing {
    fn count(&mut self, row: &Row, held: bool) {
        let waits = match row.stage {
            Stage::Gone(_) => {
                self.gone += 1;
                return;
            }
            Stage::Parked(_) => {
                self.parked += 1;
                false
            }
            Stage::Live(_) | Stage::Condemned(_) | Stage::Verifying(_) => !held,
            _ => false,
        };
        self.waiting += u64::from(waits);
        let why = match &row.reason {
            Some(reason) => reason.clone(),
            None if held => "an operator holds all deletions".to_owned(),
            None => row.stage.name().to_owned(),
        };
        let channel_id = row.stage.channel_id();
        self.open.extend(channel_id.map(|id| (id, why)));
    }
}
