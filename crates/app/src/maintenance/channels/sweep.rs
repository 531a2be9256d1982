//! Deleting what is ours and should be gone.

use std::collections::HashMap;

use cordboard_lifecycle::{Evidence, Mark, Row, Stage};
use cordboard_store::Store;
use serde::Serialize;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{debts::Awaited, list::ChannelLine};
use crate::{
    limits::SWEEP_RETRY_PATIENCE,
    maintenance::{
        CommandError, Maintenance, Progress, Watcher, channels::ChannelList, errand::Patience,
    },
    orders::Instruction,
    settings,
};

/// What a sweep would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepPlan {
    /// Channels on record that are deleted, or tried again. When no proxy runs, those that a dead one has
    /// used are among them.
    pub owed: Vec<ChannelLine>,
    /// Channels that carry a mark and are not on record: the audit log is asked, and those that it proves
    /// ours are deleted.
    pub marked: Vec<(Id<ChannelMarker>, String)>,
    /// Whether an operator holds all deletions: nothing is deleted then.
    pub deletions_held: bool,
}

/// What came of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Swept {
    /// What was shown before.
    pub plan: SweepPlan,
    /// How many channels were deleted.
    pub gone: u64,
    /// What is left, and why.
    pub open: Vec<(Id<ChannelMarker>, String)>,
}

// === impl Maintenance ===

impl Maintenance {
    /// Says what a sweep would do. Changes nothing.
    ///
    /// # Errors
    /// When Discord or the store does not answer.
    pub async fn plan_sweep(&self) -> Result<SweepPlan, CommandError> {
        self.teller
            .tell("comparing the guild's channels with the record");
        let list = match self.peek_if_any().await? {
            Some(_) => self.channels(false).await?,
            None => ChannelList {
                channels: Vec::new(),
                deletions_held: false,
            },
        };
        let on_record = self.on_record().await?;
        let held = Store::is_held(&self.config.store).await;
        // What nobody holds any more was left by somebody who has died.
        let is_abandoned = !held.map_err(settings::store_failed)?;
        let is_owed = |line: &ChannelLine| match line.stage {
            "condemned" | "verifying" | "parked" => true,
            "live" => is_abandoned,
            _ => false,
        };
        let marked = self.overview().await?.into_iter().filter(|channel| {
            let topic = channel.topic.as_deref();
            topic.is_some_and(|topic| Mark::find(topic).is_some())
                && !on_record.contains_key(&channel.id)
        });
        Ok(SweepPlan {
            owed: list.channels.into_iter().filter(is_owed).collect(),
            marked: marked.map(|channel| (channel.id, channel.name)).collect(),
            deletions_held: list.deletions_held,
        })
    }

    /// Compares the guild with the record, deletes what is ours and should be gone, and waits until it is, or
    /// is parked, or until for minutes nothing has gone. What was parked before is tried again. Channels that a running proxy uses stay. What falls
    /// due between the plan and the sweep is swept as well.
    ///
    /// # Errors
    /// When whoever holds the store does not do it, or cannot go on.
    pub async fn sweep(
        &self,
        plan: SweepPlan,
        watcher: Watcher<'_>,
    ) -> Result<Swept, CommandError> {
        let before = match self.peek_if_any().await? {
            Some(peek) => self.rows(&peek).await?,
            None => Vec::new(),
        };
        let stages: HashMap<_, _> = before.iter().map(|row| (row.attempt, row.stage)).collect();
        let mut errand = self.instruct(&Instruction::Sweep).await?;
        // What a running proxy lets go of from now on is its own: beside a busy one there is always some.
        let mut awaited = {
            let rows = self.rows(&self.peek().await?).await?;
            let is_alone = errand.is_alone();
            let swept = |row: &&Row| is_swept(stages.get(&row.attempt), row, is_alone);
            Awaited::new(rows.iter().filter(swept)).trying_again(&before)
        };
        let (mut patience, mut retry) = (Patience::new(), Patience::of(SWEEP_RETRY_PATIENCE));
        let swept = loop {
            let standing = self.standing(&mut awaited).await?;
            let gone = standing.gone;
            watcher(Progress {
                done: gone,
                total: Some(awaited.len()),
                message: format!("channels gone; {} parked", standing.parked),
            });
            // A few of those that were parked are tried, and the others once one of them has gone.
            let is_through =
                standing.untried == 0 || standing.is_refused_again || retry.is_over(gone);
            if (standing.waiting == 0 && is_through) || patience.is_over(gone) {
                let open = standing.open;
                break Swept { plan, gone, open };
            }
            errand.wait().await?;
        };
        errand.end().await?;
        Ok(swept)
    }
}

/// Whether a row is the sweep's, by where it stood before and where it stands once the guild has been
/// compared with the record: deletions go on meanwhile.
fn is_swept(before: Option<&Stage>, row: &Row, is_alone: bool) -> bool {
    match (before, row.stage) {
        (
            _,
            Stage::Condemned(_) | Stage::Verifying(_) | Stage::Parked(_) | Stage::Quarantined(_),
        )
        | (
            Some(
                Stage::Condemned(_)
                | Stage::Verifying(_)
                | Stage::Parked(_)
                | Stage::Quarantined(_),
            ),
            Stage::Gone(_),
        ) => true,
        (Some(Stage::Gone(_)), Stage::Gone(_)) => false,
        // What nobody held was condemned when we took the store.
        (Some(Stage::Live(_)), Stage::Gone(_)) => is_alone,
        (_, Stage::Gone(owned)) => owned.evidence == Evidence::AuditLog,
        _ => false,
    }
}
