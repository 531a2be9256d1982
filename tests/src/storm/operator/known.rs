//! What Discord has and had of channels. What commands say is held against it, and not against what other
//! commands have said.

use std::collections::BTreeMap;

use cordboard_app::maintenance::channels::{Audit, ChannelLine, ChannelList, SweepPlan};
use cordboard_simulator::{ChannelTruth, Simulator};

/// What the evidence of an adopted channel begins with.
const BY_PLAN: &str = "operator:";

/// Of what is in the guild when all is at rest, what may be on record: what stays.
const AT_REST: [&str; 3] = ["kept", "disowned", "quarantined"];

/// Types of threads, which no list of the guild's channels has.
const THREADS: std::ops::RangeInclusive<u64> = 10..=12;

/// What Discord has and had of channels.
#[derive(Debug)]
pub(super) struct Known {
    me: u64,
    channels: BTreeMap<u64, ChannelTruth>,
}

// === impl Known ===

impl Known {
    pub(super) fn of(discord: &Simulator) -> Self {
        Self::new(discord.user_id(), discord.truth().channels)
    }

    fn new(me: u64, channels: Vec<ChannelTruth>) -> Self {
        let channels = channels.into_iter().map(|channel| (channel.id, channel));
        Self {
            me,
            channels: channels.collect(),
        }
    }

    /// No command names a channel that never was.
    pub(super) fn strangers(&self, what: &str, ids: impl IntoIterator<Item = u64>) -> Vec<String> {
        let ids = ids.into_iter().filter(|id| !self.channels.contains_key(id));
        ids.map(|id| format!("C32: {what}: channel {id} never was"))
            .collect()
    }

    /// So many channels are counted as Discord has shown at `listed_ms`. Of those that are hidden from the bot
    /// it shows none; at rest none is.
    pub(super) fn counted(
        &self,
        what: &str,
        count: usize,
        listed_ms: Option<u64>,
        is_at_rest: bool,
    ) -> Option<String> {
        let at_ms = listed_ms?;
        let channels = self.channels.values();
        let listed = channels.filter(|of| !THREADS.contains(&of.kind));
        // What came or went in that very millisecond may be shown or not.
        let most = listed.clone().filter(|of| {
            of.created_at <= at_ms && of.deleted_at.is_none_or(|gone_ms| gone_ms >= at_ms)
        });
        let least = listed.filter(|of| {
            let is_there = of.created_at < at_ms && of.deleted_at.is_none_or(|ms| ms > at_ms);
            is_at_rest && is_there
        });
        let there = least.count()..=most.count();
        let wrong =
            || format!("C32: {what}: {count} channels at {at_ms}, and there were {there:?}");
        (!there.contains(&count)).then(wrong)
    }

    /// What is counted, and what is named.
    pub(super) fn audited(
        &self,
        audit: &Audit,
        listed_ms: Option<u64>,
        is_at_rest: bool,
    ) -> Vec<String> {
        let named = audit.findings.iter();
        let named = named.filter_map(|finding| Some(finding.channel_id?.get()));
        let mut wrong = self.strangers("audit", named);
        wrong.extend(self.counted("audit", audit.channels, listed_ms, is_at_rest));
        let mut stages = audit.ours.keys();
        if is_at_rest && let Some(stage) = stages.find(|of| !AT_REST.contains(*of)) {
            wrong.push(format!("C32: audit, at rest: {stage}: {:?}", audit.ours));
        }
        wrong
    }

    /// What is on record with evidence is our bot's, what was adopted is a leftover, and what is on record as
    /// gone is, once Discord is well.
    pub(super) fn listed(
        &self,
        list: &ChannelList,
        leftovers: &[u64],
        is_at_rest: bool,
    ) -> Vec<String> {
        let named = |line: &ChannelLine| Some(line.channel_id?.get());
        let mut wrong = self.strangers("list", list.channels.iter().filter_map(named));
        for line in &list.channels {
            let truth = named(line).and_then(|id| self.channels.get(&id));
            let (Some(channel), Some(evidence)) = (truth, &line.evidence) else {
                continue;
            };
            if evidence.starts_with(BY_PLAN) && !leftovers.contains(&channel.id) {
                wrong.push(format!("C27: {} was adopted: {line:?}", channel.id));
            }
            if channel.creator_id != self.me {
                wrong.push(format!("C32: list has proof of another's: {line:?}"));
            }
            if is_at_rest && line.stage == "gone" && channel.alive {
                wrong.push(format!("C32: list, at rest: it is there: {line:?}"));
            }
        }
        wrong
    }

    /// What is owed is our bot's.
    pub(super) fn swept(
        &self,
        plan: &SweepPlan,
        left: impl IntoIterator<Item = u64>,
    ) -> Vec<String> {
        let marked = plan.marked.iter().chain(&plan.staying);
        let marked = marked.map(|(id, _)| id.get());
        let looked_up = plan.looked_up.iter();
        let looked_up = looked_up.filter_map(|line| Some(line.channel_id?.get()));
        let named = marked.chain(looked_up).chain(left);
        let mut wrong = self.strangers("sweep", named);
        for line in &plan.owed {
            let truth = line.channel_id.map(|id| self.channels.get(&id.get()));
            if truth.is_some_and(|of| of.is_none_or(|of| of.creator_id != self.me)) {
                wrong.push(format!("C32: sweep is to delete another's: {line:?}"));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests;
