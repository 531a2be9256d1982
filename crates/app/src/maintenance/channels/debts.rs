//! What an operator may say about a single channel, and how far deletions have come.

use std::collections::{HashMap, HashSet};

use cordboard_lifecycle::{AttemptId, Clock as _, ForgetError, Row, Stage};
use serde::Serialize;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::list::ChannelLine;
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
    /// What whoever gave it should know, such as that the channel could not be looked up.
    pub note: Option<String>,
}

/// A debt that would be taken off the books.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForgetPlan {
    /// It, as it is on record.
    pub debt: ChannelLine,
    /// What follows from it, for people.
    pub consequence: &'static str,
}

/// What came of taking a debt off the books.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forgotten {
    /// What was shown before.
    pub plan: ForgetPlan,
    /// Where its row stands now.
    pub now: String,
}

/// Rows whose deletion is waited for: those, and none that others begin meanwhile.
#[derive(Debug)]
pub(super) struct Awaited {
    attempts: HashSet<AttemptId>,
    /// Those that were found settled: they are not read again.
    settled: HashMap<AttemptId, Row>,
    /// How often the deletion of those that were parked when it began had been tried.
    parked: HashMap<AttemptId, u32>,
}

/// How far their deletion has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    pub(super) gone: u64,
    pub(super) parked: u64,
    /// Parked ones that are to be tried again, and were not yet.
    pub(super) untried: u64,
    /// Whether one of those was tried again, in vain: the others are not, then.
    pub(super) is_refused_again: bool,
    /// Neither gone nor parked: to be waited for.
    pub(super) waiting: u64,
    /// The channels that are not gone, and why.
    pub(super) open: Vec<(Id<ChannelMarker>, String)>,
}

/// Why a channel stays that carries a mark of ours.
pub(super) const UNPROVEN: &str = "the audit log has not proved it ours";

// === impl Awaited ===

impl Awaited {
    pub(super) fn new<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        Self {
            attempts: rows.into_iter().map(|row| row.attempt).collect(),
            settled: HashMap::new(),
            parked: HashMap::new(),
        }
    }

    /// What was parked in these rows is about to be tried again.
    pub(super) fn trying_again<'a>(self, before: impl IntoIterator<Item = &'a Row>) -> Self {
        let parked = before.into_iter();
        let parked = parked.filter(|row| matches!(row.stage, Stage::Parked(_)));
        Self {
            parked: parked.map(|row| (row.attempt, row.tries)).collect(),
            ..self
        }
    }

    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.attempts.len()).unwrap_or(u64::MAX)
    }
}

// === impl Maintenance ===

impl Maintenance {
    /// Protects a channel from deletion, whatever its row says. When Discord cannot be asked whether there
    /// is such a channel, it is protected all the same, and the report says so.
    ///
    /// # Errors
    /// When it is no channel of the guild, or whoever holds the store does not do it.
    pub async fn protect(
        &self,
        channel_id: Id<ChannelMarker>,
        reason: String,
    ) -> Result<Settled, CommandError> {
        let note = self.look_up(channel_id).await.note(channel_id)?;
        let instruction = Instruction::Protect { channel_id, reason };
        self.instruct(&instruction).await?.end().await?;
        Ok(Settled {
            subject: channel_id.to_string(),
            now: "protected".to_owned(),
            note,
        })
    }

    /// Protects a channel no longer; what the configuration protects stays protected. It may be gone by now.
    ///
    /// # Errors
    /// When it is not protected, or whoever holds the store does not do it.
    pub async fn unprotect(&self, channel_id: Id<ChannelMarker>) -> Result<Settled, CommandError> {
        let instruction = Instruction::Unprotect { channel_id };
        self.instruct(&instruction).await?.end().await?;
        Ok(Settled {
            subject: channel_id.to_string(),
            now: "not protected".to_owned(),
            note: None,
        })
    }

    /// Says what it would mean to take a debt off the books that only an operator can settle. It is named by
    /// its channel or by its attempt. Changes nothing.
    ///
    /// # Errors
    /// When there is no such debt, or it is none that an operator can settle.
    pub async fn plan_forget(&self, subject: &str) -> Result<ForgetPlan, CommandError> {
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
        let consequence = match row.stage {
            Stage::Parked(_) => "the channel stays, and nobody tries to delete it any more",
            Stage::Quarantined(_) => {
                "the channel stays, and nobody cares any more, unless the audit log proves it ours after all"
            }
            Stage::Abandoned => "nobody looks for it any more, unless it turns up after all",
            stage => {
                let stage = stage.name();
                return Err(CommandError::Refused(
                    ForgetError::NoDebt { stage }.to_string(),
                ));
            }
        };
        Ok(ForgetPlan {
            debt: ChannelLine::new(row, self.clock.now_ms()),
            consequence,
        })
    }

    /// Takes a debt off the books, as it was shown.
    ///
    /// # Errors
    /// When it has become one that no operator can settle, or whoever holds the store does not do it.
    pub async fn forget(&self, plan: ForgetPlan) -> Result<Forgotten, CommandError> {
        let attempt = plan.debt.attempt.clone();
        let errand = self.instruct(&Instruction::Forget { attempt }).await?;
        let now = match &errand.told {
            Told::Forgotten { stage } => stage.clone(),
            _ => "forgotten".to_owned(),
        };
        errand.end().await?;
        Ok(Forgotten { plan, now })
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
            match awaited.parked.get(&row.attempt) {
                Some(tries) if !held && matches!(row.stage, Stage::Parked(_)) => {
                    standing.untried += u64::from(row.tries == *tries);
                    standing.is_refused_again |= row.tries > *tries;
                }
                _ => {}
            }
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
            None if matches!(row.stage, Stage::Quarantined(_)) => UNPROVEN.to_owned(),
            None if held => "an operator holds all deletions".to_owned(),
            None => row.stage.name().to_owned(),
        };
        let channel_id = row.stage.channel_id();
        self.open.extend(channel_id.map(|id| (id, why)));
    }
}
