//! Deleting what is ours and should be gone.

use cordboard_lifecycle::{Mark, Row, Stage};
use cordboard_store::Store;
use serde::Serialize;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::list::ChannelLine;
use crate::{
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
    /// is parked, or until for minutes nothing has gone. Channels that a running proxy uses stay.
    ///
    /// # Errors
    /// When whoever holds the store does not do it, or cannot go on.
    pub async fn sweep(&self, watcher: Watcher<'_>) -> Result<Swept, CommandError> {
        let before = match self.peek_if_any().await? {
            Some(peek) => self
                .rows(&peek)
                .await?
                .iter()
                .filter(|row| is_gone(row))
                .count(),
            None => 0,
        };
        let mut errand = self.instruct(&Instruction::Sweep).await?;
        let before = u64::try_from(before).unwrap_or(u64::MAX);
        let mut patience = Patience::new();
        let swept = loop {
            // Live channels are in use; what nobody holds was condemned when the store was taken over.
            let standing = self
                .standing(|row| !matches!(row.stage, Stage::Live(_)))
                .await?;
            let gone = standing.gone.saturating_sub(before);
            watcher(Progress {
                done: gone,
                total: Some(gone + standing.waiting),
                message: format!("channels gone; {} parked", standing.parked),
            });
            if standing.waiting == 0 || patience.is_over(gone) {
                let open = standing.open;
                break Swept { gone, open };
            }
            errand.wait().await?;
        };
        errand.end().await?;
        Ok(swept)
    }
}

fn is_gone(row: &Row) -> bool {
    matches!(row.stage, Stage::Gone(_))
}
