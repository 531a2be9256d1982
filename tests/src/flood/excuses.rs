//! What consumers need not be told: changes that nobody could see.

use std::collections::{BTreeMap, BTreeSet};

use cordboard_recovery::Loaded;

use super::{fields::created_ms, scrawl::Unsaid};

/// Of a channel that is read again so many of the youngest messages are compared.
const RESCANNED: usize = 200;

/// So many messages of one millisecond fill a page: none says then which of them are missing.
const TIED: usize = 100;

/// How long Discord may take to show a message, and to answer where it should be.
const SETTLES_MS: u64 = 20_000;

/// What was written and changed when, and when nobody was told of it.
#[derive(Debug, Default)]
pub(super) struct Excuses {
    /// When what was written, by channel and message.
    written: BTreeMap<(u64, u64), u64>,
    /// When a message was edited or deleted last.
    changed: BTreeMap<u64, u64>,
    /// When it was pinned or taken down last.
    pinned: BTreeMap<u64, u64>,
    gaps: Vec<Gap>,
    /// Channels that the bot could not see or not read at times.
    veiled: BTreeSet<u64>,
    unsaid: Unsaid,
}

/// A time in which events were missed.
#[derive(Debug)]
pub(super) struct Gap {
    /// The watermark.
    from_ms: u64,
    /// When the session began that went on behind it.
    to_ms: u64,
    /// When it was on record, and the lists of channels had been read.
    looked_ms: u64,
    /// Channels that were being read when the session before it ended: what came of them may have waited
    /// for what is older, and was lost with the process if this session is another one.
    behind: BTreeMap<u64, u64>,
}

// === impl Excuses ===

impl Excuses {
    /// Those of a flood in which this may go unnoticed.
    pub(super) fn for_unsaid(unsaid: Unsaid) -> Self {
        Self {
            unsaid,
            ..Self::default()
        }
    }

    pub(super) fn wrote(&mut self, channel_id: u64, id: u64, at_ms: u64) {
        self.written.insert((channel_id, id), at_ms);
    }

    /// What was written in a channel, by id.
    pub(super) fn written_in(&self, channel_id: u64) -> impl Iterator<Item = u64> {
        let written = self.written.range((channel_id, 0)..=(channel_id, u64::MAX));
        written.map(|((_, id), _)| *id)
    }

    pub(super) fn changed(&mut self, id: u64, at_ms: u64) {
        self.changed.insert(id, at_ms);
    }

    pub(super) fn pinned(&mut self, id: u64, at_ms: u64) {
        self.pinned.insert(id, at_ms);
    }

    pub(super) fn missed(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    pub(super) fn veiled(&mut self, channel_id: u64) {
        self.veiled.insert(channel_id);
    }

    /// Whether what is older could not be read at times: nothing waits for it then.
    pub(super) fn has_for_order(&self, channel_id: u64) -> bool {
        self.veiled.contains(&channel_id)
    }

    /// Whether anything was hidden at all.
    pub(super) fn has_veils(&self) -> bool {
        !self.veiled.is_empty()
    }

    /// When a message was edited or deleted last.
    pub(super) fn changed_ms(&self, id: u64) -> Option<u64> {
        self.changed.get(&id).copied()
    }

    /// Whether an edit or deletion may go unnoticed: nobody told of it; and nothing was written in its
    /// channel while nobody did, so that the channel was not read again, or too much.
    pub(super) fn has_for_change(&self, channel_id: u64, id: u64) -> bool {
        self.gap_of(id).is_some_and(|gap| {
            let written = self.written.iter();
            let written =
                written.filter(|((of, _), at_ms)| *of == channel_id && **at_ms <= gap.looked_ms);
            let until: Vec<_> = written.map(|((_, id), at_ms)| (*at_ms, *id)).collect();
            let younger = until.iter().filter(|(_, other)| *other > id).count();
            // The last to be seen is what the list of channels names.
            let last = until.iter().max().map(|(_, id)| created_ms(*id));
            let is_unread = last.is_none_or(|last| last < gap.from_ms);
            // It may not have been readable yet.
            let is_young = created_ms(id) + SETTLES_MS >= gap.looked_ms;
            is_unread || is_young || younger >= RESCANNED
        })
    }

    /// Whether a deletion may: also if nobody told of it, and too much was written at the same time, or if its
    /// event says nothing of a message that may not have been readable yet.
    pub(super) fn has_for_deletion(&self, channel_id: u64, id: u64) -> bool {
        let written = self.written.keys().filter(|(of, _)| *of == channel_id);
        let at_once = written.filter(|(_, other)| created_ms(*other) == created_ms(id));
        let is_tied = || at_once.count() >= TIED && self.gap_of(id).is_some();
        let readable_ms = created_ms(id) + SETTLES_MS;
        let is_unsaid =
            self.unsaid.deletions && self.changed_ms(id).is_some_and(|ms| ms < readable_ms);
        self.has_for_change(channel_id, id) || is_unsaid || is_tied()
    }

    /// The gap in which a message was edited or deleted last.
    fn gap_of(&self, id: u64) -> Option<&Gap> {
        let changed_ms = self.changed_ms(id)?;
        let mut gaps = self.gaps.iter();
        gaps.find(|gap| (gap.from_ms..=gap.to_ms).contains(&changed_ms))
    }

    /// Whether it may go unnoticed that a message was pinned or taken down: nobody told of it. No page
    /// tells which of two looks of one edit is newer.
    pub(super) fn has_for_pin(&self, channel_id: u64, id: u64) -> bool {
        let pinned_ms = self.pinned.get(&id);
        let is_veiled = self.veiled.contains(&channel_id) || self.unsaid.pins;
        pinned_ms.is_some_and(|ms| {
            let mut gaps = self.gaps.iter();
            is_veiled || gaps.any(|gap| (gap.begin_ms(channel_id)..=gap.to_ms).contains(ms))
        })
    }

    /// All that could be one, for whoever looks into a failure.
    pub(super) fn of(&self, id: u64) -> String {
        let gaps = self.gaps.iter();
        let gaps: Vec<_> = gaps.map(|gap| (gap.from_ms, gap.to_ms)).collect();
        let (changed, pinned) = (self.changed.get(&id), self.pinned.get(&id));
        format!("changed {changed:?}, pinned {pinned:?}, gaps {gaps:?}")
    }
}

// === impl Gap ===

impl Gap {
    /// The gap between what was on record `before` and a session that began at `to_ms`.
    pub(super) fn new(before: &Loaded, to_ms: u64, looked_ms: u64) -> Self {
        let channels = before.channels.iter();
        let behind = channels.filter_map(|channel| {
            let after = channel.dirty?.after;
            Some((channel.id.get(), after.map_or(0, |id| created_ms(id.get()))))
        });
        Self {
            from_ms: before.watermark_ms,
            to_ms,
            looked_ms,
            behind: behind.collect(),
        }
    }

    /// A time in which a role hid channels. If it was too short for the lists to notice, only what was written in
    /// them tells.
    pub(super) fn dim(from_ms: u64, to_ms: u64) -> Self {
        Self {
            from_ms,
            to_ms,
            looked_ms: to_ms + SETTLES_MS,
            behind: BTreeMap::new(),
        }
    }

    fn begin_ms(&self, channel_id: u64) -> u64 {
        let behind = self.behind.get(&channel_id).copied();
        behind.map_or(self.from_ms, |from_ms| from_ms.min(self.from_ms))
    }
}
