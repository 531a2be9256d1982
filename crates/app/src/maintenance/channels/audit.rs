//! What is wrong with the guild's channels.

use std::collections::{BTreeMap, HashSet};

use cordboard_discord::ChannelOverview;
use cordboard_lifecycle::{Clock as _, Mark, Row, Stage};
use serde::Serialize;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{
    comparison::{Comparison, Stray},
    guild::TEXT,
};
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
    /// Those of them that carry a mark of another key than ours, such as another installation's.
    pub foreign_marks: usize,
    /// Why nobody can say whose the marks are, if there is no key, or it cannot be read.
    pub note: Option<String>,
    /// What somebody should look at.
    pub findings: Vec<AuditFinding>,
}

/// One thing that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditFinding {
    /// What it is, for programs: `full`, `category_full`, `overdue`, `parked`, `quarantined`,
    /// `unrecorded_mark`, `copied_mark`, `look_alike`, `ghost`.
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
        let compared = self.compare().await?;
        let (channels, by_channel) = (&compared.channels, compared.by_channel());
        let mut ours = BTreeMap::new();
        for row in channels
            .iter()
            .filter_map(|channel| by_channel.get(&channel.id))
        {
            *ours.entry(row.stage.name()).or_default() += 1;
        }
        let known = ours.values().sum::<usize>();
        let channels_max = self.config.channels.quota.channels_max;
        let mut findings = crowding(channels, channels_max);
        findings.extend(self.debts(&compared.rows));
        let keeps = self.config.channels.delete_after.is_none();
        findings.extend(compared.strays().map(|stray| marked(&stray, keeps)));
        findings.extend(look_alikes(&compared, &self.config.channels.name_prefix));
        findings.extend(ghosts(channels, &compared.rows));
        Ok(Audit {
            channels: channels.len(),
            channels_max,
            foreign: channels.len() - known,
            foreign_marks: compared.foreign_marks(),
            note: compared.note,
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

/// A channel with a mark of ours that is not on record.
fn marked(stray: &Stray<'_>, keeps: bool) -> AuditFinding {
    let (kind, detail) = if stray.is_second() {
        (
            "copied_mark",
            "it carries the mark of another channel on record",
        )
    } else {
        ("unrecorded_mark", "it carries a mark and is not on record")
    };
    let fix = match (stray.goes_if_proved(keeps), stray.is_second()) {
        (true, false) => "channels sweep --apply: what the audit log proves ours is deleted",
        (true, true) => {
            "channels sweep --apply; if that leaves it, it is a copy: clear its topic, or: channels protect"
        }
        (false, _) => {
            "it stays, as channels.delete_after says: delete it by hand, or: channels protect"
        }
    };
    AuditFinding {
        kind,
        channel_id: Some(stray.channel.id),
        detail: format!("{detail} ({})", stray.channel.name),
        fix,
    }
}

/// Channels without a mark that are called as ours are, and that nobody has protected.
fn look_alikes(compared: &Comparison, prefix: &str) -> Vec<AuditFinding> {
    let (by_channel, prefix) = (compared.by_channel(), format!("{prefix}-"));
    let is_alike = |channel: &&ChannelOverview| {
        let is_known = by_channel.contains_key(&channel.id) || compared.protects(channel.id);
        let topic = channel.topic.as_deref();
        let is_marked = topic.is_some_and(|topic| Mark::find(topic).is_some());
        !is_known && !is_marked && channel.kind == TEXT && channel.name.starts_with(&prefix)
    };
    let finding = |channel: &ChannelOverview| AuditFinding {
        kind: "look_alike",
        channel_id: Some(channel.id),
        detail: format!(
            "it is called as ours are, and carries no mark ({})",
            channel.name
        ),
        fix: "it is nobody's to delete but a person's; rename it, or: channels protect, channels adopt",
    };
    let alike = compared.channels.iter().filter(is_alike);
    alike.map(finding).collect()
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
