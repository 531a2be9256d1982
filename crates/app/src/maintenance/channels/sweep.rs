//! Deleting what is ours and should be gone.

use std::collections::{HashMap, HashSet};

use cordboard_lifecycle::{Clock as _, Evidence, Row, Stage};
use serde::Serialize;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{
    comparison::Stray,
    debts::{Awaited, UNPROVEN},
    list::ChannelLine,
};
use crate::{
    limits::SWEEP_RETRY_PATIENCE,
    maintenance::{CommandError, Maintenance, Progress, Watcher, errand::Patience},
    orders::Instruction,
};

/// What a sweep would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepPlan {
    /// Channels on record that are deleted, or tried again. When no proxy runs, those that a dead one has
    /// used are among them.
    pub owed: Vec<ChannelLine>,
    /// Channels that carry a mark of ours and are not on record: the audit log is asked, and those that it
    /// proves ours are deleted.
    pub marked: Vec<(Id<ChannelMarker>, String)>,
    /// Attempts on record whose channel nothing proves ours, or nobody has found: the audit log is asked, and
    /// what it proves ours is deleted. Those without a channel may have made a thread, which carries no mark.
    pub looked_up: Vec<ChannelLine>,
    /// Channels that carry a mark of ours, are not on record, and stay all the same, because
    /// `channels.delete_after` is 0.
    pub staying: Vec<(Id<ChannelMarker>, String)>,
    /// Why nobody can say whose the marks are, if there is no key, or it cannot be read.
    pub note: Option<String>,
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
    /// Attempts that were to be looked up and of which still nobody knows what came of them, but for those that
    /// were given up before or since.
    pub unresolved: Vec<ChannelLine>,
}

// === impl Maintenance ===

impl Maintenance {
    /// Says what a sweep would do. Changes nothing.
    ///
    /// # Errors
    /// When Discord or the store does not answer.
    pub async fn plan_sweep(&self) -> Result<SweepPlan, CommandError> {
        let compared = self.compare().await?;
        // What nobody holds any more was left by somebody who has died.
        let is_abandoned = !compared.is_held;
        let keeps = self.keeps();
        let is_owed = |row: &&Row| match row.stage {
            Stage::Condemned(_) | Stage::Verifying(_) | Stage::Parked(_) => true,
            Stage::Live(_) => is_abandoned && !keeps,
            _ => false,
        };
        let strays: HashSet<_> = compared.strays().filter_map(|it| it.attempt()).collect();
        // Without a channel it is told by its mark, if it has one.
        let is_new =
            |row: &Row| !keeps && !strays.contains(&row.attempt) && !compared.is_being_made(row);
        let is_looked_up = |row: &&Row| match row.stage {
            Stage::Planned => is_abandoned && is_new(row),
            Stage::Unknown | Stage::Abandoned => is_new(row),
            Stage::Quarantined(_) => !keeps,
            Stage::Disowned(_) => true,
            // What proved that it was gone was wrong.
            Stage::Gone(_) => compared.shows(row) && row.since_ms < compared.began_ms,
            _ => false,
        };
        let (marked, staying): (Vec<_>, Vec<_>) = compared
            .strays()
            .partition(|stray| stray.goes_if_proved(keeps));
        let named = |strays: Vec<Stray<'_>>| {
            let strays = strays.into_iter();
            strays
                .map(|Stray { channel, .. }| (channel.id, channel.name.clone()))
                .collect()
        };
        let now_ms = self.clock.now_ms();
        let line = |row: &Row| ChannelLine::new(row, now_ms);
        let rows = compared.rows.iter();
        Ok(SweepPlan {
            owed: rows.clone().filter(is_owed).map(line).collect(),
            marked: named(marked),
            looked_up: rows.filter(is_looked_up).map(line).collect(),
            staying: named(staying),
            note: compared.note.clone(),
            deletions_held: compared.deletions_held,
        })
    }

    /// Compares the guild with the record, deletes what is ours and should be gone, and waits until it is, or
    /// is parked, or until for minutes nothing has gone. What was parked before is tried again. Channels that a
    /// running proxy uses stay. What falls due between the plan and the sweep is swept as well.
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
            let may_go = is_alone && !self.keeps();
            let swept = |row: &&Row| {
                let before = stages.get(&row.attempt);
                is_swept(before, row, is_alone) || may_go && is_found(before, row)
            };
            Awaited::new(rows.iter().filter(swept)).trying_again(&before)
        };
        let (mut patience, mut retry) = (Patience::new(), Patience::of(SWEEP_RETRY_PATIENCE));
        let mut swept = loop {
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
                break Swept {
                    plan,
                    gone,
                    open: standing.open,
                    unresolved: Vec::new(),
                };
            }
            errand.wait().await?;
        };
        errand.end().await?;
        // What was done is to be told, whatever cannot be read any more.
        let rows = match self.peek().await {
            Ok(peek) => self.rows(&peek).await.ok(),
            Err(_) => None,
        };
        swept.unresolved = self.unresolved(&swept.plan, rows.as_deref());
        self.add_unproven(&mut swept, rows.as_deref()).await;
        Ok(swept)
    }

    /// What was to be looked up, and has come to nothing: the audit log does not tell, or not yet.
    fn unresolved(&self, plan: &SweepPlan, rows: Option<&[Row]>) -> Vec<ChannelLine> {
        let promised = plan.looked_up.iter();
        let promised = promised.filter(|line| line.channel_id.is_none());
        let Some(rows) = rows else {
            return promised.cloned().collect();
        };
        let promised: HashSet<_> = promised.map(|line| line.attempt.as_str()).collect();
        let now_ms = self.clock.now_ms();
        rows.iter()
            .filter(|row| matches!(row.stage, Stage::Planned | Stage::Unknown))
            .map(|row| ChannelLine::new(row, now_ms))
            .filter(|line| promised.contains(line.attempt.as_str()))
            .collect()
    }

    /// Adds what was to be looked up, is still there, and was not proved ours.
    async fn add_unproven(&self, swept: &mut Swept, rows: Option<&[Row]>) {
        if swept.plan.marked.is_empty() {
            return;
        }
        let there = self.overview().await.ok();
        let there = there.map(|channels| channels.iter().map(|of| of.id).collect::<HashSet<_>>());
        let why = match (&there, rows) {
            (None, _) => "Discord does not say whether it is still there",
            (_, None) => "the store does not say whether it is proved ours",
            _ => UNPROVEN,
        };
        let rows = rows.unwrap_or_default().iter();
        let proved = rows.filter(|row| !matches!(row.stage, Stage::Quarantined(_)));
        let proved: HashSet<_> = proved.filter_map(|row| row.stage.channel_id()).collect();
        let told: HashSet<_> = swept.open.iter().map(|(id, _)| *id).collect();
        let is_left = |id: &Id<ChannelMarker>| {
            let is_there = there.as_ref().is_none_or(|there| there.contains(id));
            is_there && !proved.contains(id) && !told.contains(id)
        };
        let marked = swept.plan.marked.iter().map(|(id, _)| *id);
        let left = marked.filter(is_left).map(|id| (id, why.to_owned()));
        swept.open.extend(left.collect::<Vec<_>>());
        // In the order of their creation.
        swept.open.sort_unstable_by_key(|(id, _)| *id);
    }

    /// Whether channels stay when nobody uses them any more.
    fn keeps(&self) -> bool {
        self.config.channels.delete_after.is_none()
    }
}

/// Whether it was found just now: nobody waits for it, and it is about to be let go of.
fn is_found(before: Option<&Stage>, row: &Row) -> bool {
    matches!(
        (before, row.stage),
        (Some(Stage::Planned | Stage::Unknown), Stage::Live(_))
    )
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
