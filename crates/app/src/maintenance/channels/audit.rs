//! What is wrong with the guild's channels.

use std::collections::{BTreeMap, HashMap, HashSet};

use cordboard_discord::ChannelOverview;
use cordboard_lifecycle::{Clock as _, Mark, Row, Stage};
use serde::Serialize;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::guild::{CATEGORY, TEXT};
use crate::{
    limits::{AUDIT_FULL_PERCENT, OVERDUE_AFTER},
    maintenance::{CommandError, Maintenance},
};

/// The guild's channels, counted and compared with the record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Channels in the guild, categories included, as far as the bot may see them.
    pub channels: usize,
    /// Channels that it can hold.
    pub channels_max: usize,
    /// Channels of ours that are there, by the stage of their rows.
    pub ours: BTreeMap<&'static str, usize>,
    /// Channels of others.
    pub foreign: usize,
    /// What somebody should look at.
    pub findings: Vec<AuditFinding>,
}

/// One thing that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditFinding {
    /// What it is, for programs: `full`, `category_full`, `overdue`, `parked`, `quarantined`,
    /// `unrecorded_mark`, `look_alike`, `ghost`.
    pub kind: &'static str,
    /// The channel, if it is about one.
    pub channel_id: Option<Id<ChannelMarker>>,
    /// What is wrong, for people.
    pub detail: String,
    /// What to do.
    pub fix: &'static str,
}

/// Discord's maximum of channels under one category (resources/channel, `parent_id`).
const CATEGORY_MAX: usize = 50;

// === impl Maintenance ===

impl Maintenance {
    /// Counts the guild's channels, compares them with the record, and says what is wrong. Changes
    /// nothing.
    ///
    /// # Errors
    /// When Discord or the store does not answer.
    pub async fn audit_channels(&self) -> Result<Audit, CommandError> {
        self.teller
            .tell("comparing the guild's channels with the record");
        let channels = self.overview().await?;
        let rows = match self.peek_if_any().await? {
            Some(peek) => self.rows(&peek).await?,
            None => Vec::new(),
        };
        let by_channel: HashMap<_, _> = rows
            .iter()
            .filter_map(|row| Some((row.stage.channel_id()?, row)))
            .collect();
        let mut ours = BTreeMap::new();
        for row in channels
            .iter()
            .filter_map(|channel| by_channel.get(&channel.id))
        {
            *ours.entry(row.stage.name()).or_default() += 1;
        }
        let known = ours.values().sum::<usize>();
        let channels_max = self.config.channels.quota.channels_max;
        let mut findings = crowding(&channels, channels_max);
        findings.extend(self.debts(&rows));
        findings.extend(strangers(
            &channels,
            &by_channel,
            &self.config.channels.name_prefix,
        ));
        findings.extend(ghosts(&channels, &rows));
        Ok(Audit {
            channels: channels.len(),
            channels_max,
            foreign: channels.len() - known,
            ours,
            findings,
        })
    }

    fn debts(&self, rows: &[Row]) -> Vec<AuditFinding> {
        let now_ms = self.clock.now_ms();
        let late_ms = u64::try_from(OVERDUE_AFTER.as_millis()).unwrap_or(u64::MAX);
        let finding = |row: &Row| {
            let due_ms = row.next_at_ms.max(row.since_ms);
            let is_late = due_ms.saturating_add(late_ms) < now_ms;
            let reason = row.reason.clone().unwrap_or_default();
            let (kind, detail, fix) = match row.stage {
                Stage::Condemned(_) | Stage::Verifying(_) if is_late => (
                    "overdue",
                    "it should have been deleted by now".to_owned(),
                    "see that the proxy runs, or: channels sweep --apply",
                ),
                Stage::Parked(_) => (
                    "parked",
                    format!("it cannot be deleted: {reason}"),
                    "remove the reason, or: channels forget",
                ),
                Stage::Quarantined(_) => (
                    "quarantined",
                    format!("it carries our mark without proof: {reason}"),
                    "look at it; delete it by hand, or: channels forget",
                ),
                _ => return None,
            };
            Some(AuditFinding {
                kind,
                channel_id: row.stage.channel_id(),
                detail,
                fix,
            })
        };
        rows.iter().filter_map(finding).collect()
    }
}

/// How full the guild and its categories are.
fn crowding(channels: &[ChannelOverview], channels_max: usize) -> Vec<AuditFinding> {
    let is_full = |count: usize, max: usize| count * 100 >= max * AUDIT_FULL_PERCENT;
    let mut findings = Vec::new();
    if is_full(channels.len(), channels_max) {
        findings.push(AuditFinding {
            kind: "full",
            channel_id: None,
            detail: format!("{} of {channels_max} channels are used", channels.len()),
            fix: "delete what nobody needs; leftovers of another proxy: channels adopt",
        });
    }
    let mut under: BTreeMap<Id<ChannelMarker>, usize> = BTreeMap::new();
    for parent_id in channels.iter().filter_map(|channel| channel.parent_id) {
        *under.entry(parent_id).or_default() += 1;
    }
    let full = under
        .into_iter()
        .filter(|(_, count)| is_full(*count, CATEGORY_MAX));
    findings.extend(full.map(|(parent_id, count)| AuditFinding {
        kind: "category_full",
        channel_id: Some(parent_id),
        detail: format!("{count} of {CATEGORY_MAX} channels of this category are used"),
        fix: "add another category to channels.category_ids",
    }));
    findings
}

/// Channels that look like ours and are not on record.
fn strangers(
    channels: &[ChannelOverview],
    by_channel: &HashMap<Id<ChannelMarker>, &Row>,
    prefix: &str,
) -> Vec<AuditFinding> {
    let prefix = format!("{prefix}-");
    let finding = |channel: &ChannelOverview| {
        if by_channel.contains_key(&channel.id) || channel.kind == CATEGORY {
            return None;
        }
        let topic = channel.topic.as_deref();
        let is_marked = topic.is_some_and(|topic| Mark::find(topic).is_some());
        let (kind, detail, fix) = if is_marked {
            (
                "unrecorded_mark",
                "it carries a mark and is not on record",
                "channels sweep --apply: what the audit log proves ours is deleted",
            )
        } else if channel.kind == TEXT && channel.name.starts_with(&prefix) {
            (
                "look_alike",
                "it is called as ours are, and carries no mark",
                "it is nobody's to delete but a person's; rename it, or: channels adopt",
            )
        } else {
            return None;
        };
        Some(AuditFinding {
            kind,
            channel_id: Some(channel.id),
            detail: format!("{} ({})", detail, channel.name),
            fix,
        })
    };
    channels.iter().filter_map(finding).collect()
}

/// Rows that are in use, of channels that the guild does not show.
fn ghosts(channels: &[ChannelOverview], rows: &[Row]) -> Vec<AuditFinding> {
    let listed: HashSet<_> = channels.iter().map(|channel| channel.id).collect();
    let is_thread = |row: &Row| row.kind == cordboard_lifecycle::Kind::Thread;
    let ghost = |row: &&Row| {
        let is_used = matches!(row.stage, Stage::Live(_) | Stage::Parked(_));
        is_used && !is_thread(row)
    };
    let ghosts = rows.iter().filter(ghost).filter_map(|row| {
        let channel_id = row.stage.channel_id()?;
        (!listed.contains(&channel_id)).then_some(channel_id)
    });
    let finding = |channel_id| AuditFinding {
        kind: "ghost",
        channel_id: Some(channel_id),
        detail:
            "it is on record, and the guild does not show it: it is gone, or hidden from the bot"
                .to_owned(),
        fix: "let the bot see it, or leave it: it is looked for again by itself",
    };
    ghosts.map(finding).collect()
}
