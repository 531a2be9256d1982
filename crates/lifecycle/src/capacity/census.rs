//! How many channels the guild holds, as far as anybody can know.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    AttemptId, Hidden, Kind, Listed, Place, Row, Shown, Stage,
    limits::{GHOSTS_MAX, SWEEP_GRACE, WAIT_MAX},
};

/// The guild's channels, categories included and threads not: those are not counted by Discord.
///
/// Three sources say different things. Events and our own steps are early, and some are lost. The
/// list is exact and late, and leaves out what is hidden from us (discord-api-docs #8454). What comes
/// with the guild (`GUILD_CREATE`) includes what is hidden, and comes rarely. So the list counts,
/// together with what was learnt too shortly before it to be on it, and with what the gateway has
/// shown as hidden. What remains wrong is an event that was lost, or never sent, as perhaps when a role
/// hides channels: until the next list, or, of a hidden channel, until the guild comes again. That is
/// what the reserve is for.
#[derive(Debug, Default)]
pub(super) struct Census {
    known: HashMap<Id<ChannelMarker>, Known>,
    /// Whether anybody has told which channels are hidden, and how often the guild itself has.
    knows_hidden: bool,
    arrivals: u64,
    /// What went lately: a list that was read meanwhile may still show it.
    gone: HashMap<Id<ChannelMarker>, Instant>,
    /// Creations that are under way or whose answers were lost. Each may be, or become, a channel.
    pending: HashMap<AttemptId, Pending>,
    /// When the deletions of condemned channels are due.
    leaving: HashMap<AttemptId, Instant>,
}

/// A channel that is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) parent_id: Option<Id<ChannelMarker>>,
    /// Since when no list shows it to us, if none does.
    hidden: Option<Instant>,
    since: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    place: Place,
    is_lost: bool,
}

// === impl Census ===

impl Census {
    /// How many channels there are, or may come to be without another request of ours.
    pub(super) fn count(&self) -> usize {
        let pending = self.pending.values().filter(|one| !one.is_thread());
        self.known.len() + pending.count()
    }

    /// As [`Self::count`], of one category.
    pub(super) fn count_in(&self, category_id: Id<ChannelMarker>) -> usize {
        let known = self.known.values();
        let known = known.filter(|one| one.parent_id == Some(category_id));
        let place = Place::Category(category_id);
        let pending = self.pending.values().filter(|one| one.place == place);
        known.count() + pending.count()
    }

    /// How many creations at such a place are under way: not those whose answers were lost.
    pub(super) fn under_way(&self, is_there: impl Fn(Place) -> bool) -> usize {
        let pending = self.pending.values();
        pending
            .filter(|one| !one.is_lost && is_there(one.place))
            .count()
    }

    /// The channels that no list shows us; `None` while nobody has told.
    pub(super) fn hidden(&self) -> Option<Hidden> {
        let hidden = self.known.iter().filter(|(_, it)| it.hidden.is_some());
        let hidden = hidden.map(|(channel_id, known)| Shown {
            channel_id: *channel_id,
            parent_id: known.parent_id,
            topic: None,
            is_hidden: true,
        });
        let mut hidden: Vec<_> = hidden.collect();
        hidden.sort_unstable_by_key(|shown| shown.channel_id);
        self.knows_hidden.then(|| Hidden {
            channels: hidden.into(),
            arrivals: self.arrivals,
        })
    }

    /// When the deletions are due, the next one first.
    pub(super) fn leaving(&self) -> Vec<Instant> {
        let mut leaving: Vec<Instant> = self.leaving.values().copied().collect();
        leaving.sort_unstable();
        leaving
    }

    /// A creation is about to be sent.
    pub(super) fn begin(&mut self, attempt: AttemptId, place: Place) {
        let is_lost = false;
        self.pending.insert(attempt, Pending { place, is_lost });
    }

    /// A creation is not under way any more. What was lost stays until its row says what came of it.
    pub(super) fn end(&mut self, attempt: AttemptId) {
        if self.pending.get(&attempt).is_some_and(|one| !one.is_lost) {
            self.pending.remove(&attempt);
        }
    }

    /// The audit log shows nothing of a creation whose answer was lost a while ago.
    pub(super) fn found_nothing(&mut self, attempt: AttemptId) {
        if self.pending.get(&attempt).is_some_and(|one| one.is_lost) {
            self.pending.remove(&attempt);
        }
    }

    /// There is a channel, and this is how the gateway shows it.
    pub(super) fn shown(&mut self, shown: &Shown, now: Instant) {
        // Ids do not come back: what is told of one that is gone is old.
        if !self.gone.contains_key(&shown.channel_id) {
            let known = self.known(shown.channel_id, now);
            known.parent_id = shown.parent_id;
            known.hidden = shown.is_hidden.then_some(now);
        }
    }

    /// There is a channel that we could see then.
    fn seen(
        &mut self,
        channel_id: Id<ChannelMarker>,
        parent_id: Option<Id<ChannelMarker>>,
        now: Instant,
    ) {
        let known = self.known(channel_id, now);
        known.parent_id = parent_id.or(known.parent_id);
        known.hidden = known.hidden.filter(|since| *since > now);
    }

    fn known(&mut self, channel_id: Id<ChannelMarker>, now: Instant) -> &mut Known {
        self.known.entry(channel_id).or_insert(Known {
            parent_id: None,
            hidden: None,
            since: now,
        })
    }

    /// A channel is not there any more. Says what was known of it, if anything.
    pub(super) fn deleted(&mut self, channel_id: Id<ChannelMarker>, now: Instant) -> Option<Known> {
        if self.gone.len() >= GHOSTS_MAX {
            self.gone.retain(|_, at| now < *at + SWEEP_GRACE);
        }
        // A burst beyond that is forgotten: a list may then count some of it for a while.
        if self.gone.len() < GHOSTS_MAX {
            self.gone.insert(channel_id, now);
        }
        self.known.remove(&channel_id)
    }

    /// The guild came with these channels.
    pub(super) fn arrived(&mut self, channels: &[Shown], now: Instant) {
        self.known
            .retain(|_, known| now < known.since + SWEEP_GRACE);
        for known in self.known.values_mut() {
            // If it is not here although it is young, the next list tells.
            known.hidden = None;
        }
        for channel in channels {
            self.shown(channel, now);
        }
        self.knows_hidden = true;
        self.arrivals += 1;
    }

    /// A former process knew these to be hidden.
    pub(super) fn resumed(&mut self, hidden: &[Shown], now: Instant) {
        for channel in hidden {
            self.shown(channel, now);
        }
        self.knows_hidden = true;
    }

    /// The list of the guild's channels, as it was asked for at `began`.
    pub(super) fn listed(&mut self, listed: &[Listed], began: Instant) {
        let recent = |at: &Instant| began < *at + SWEEP_GRACE;
        self.known
            .retain(|_, known| known.hidden.is_some() || recent(&known.since));
        self.gone.retain(|_, at| recent(at));
        for channel in listed {
            if !self.gone.contains_key(&channel.channel_id) {
                self.seen(channel.channel_id, channel.parent_id, began);
            }
        }
    }

    /// What became of one of our own.
    pub(super) fn moved(&mut self, before: Option<Stage>, row: &Row, now: Instant) {
        let pending = self.pending.remove(&row.attempt);
        let of_a_former_life = Pending {
            place: Place::Guild,
            is_lost: false,
        };
        match (row.stage, row.kind) {
            // A thread's loss counts for nothing: threads are not counted.
            (Stage::Planned | Stage::Unknown, Kind::Text) => {
                let is_lost = row.stage == Stage::Unknown;
                let pending = pending.unwrap_or(of_a_former_life);
                self.pending
                    .insert(row.attempt, Pending { is_lost, ..pending });
            }
            (Stage::Planned, Kind::Thread) => {
                pending.map(|pending| self.pending.insert(row.attempt, pending));
            }
            _ => {}
        }
        if row.kind == Kind::Thread {
            return;
        }
        match row.stage {
            Stage::Condemned(_) => {
                let wait_ms = row.next_at_ms.saturating_sub(row.since_ms);
                let due = now + Duration::from_millis(wait_ms).min(WAIT_MAX);
                self.leaving.insert(row.attempt, due);
            }
            Stage::Verifying(_) => {}
            _ => drop(self.leaving.remove(&row.attempt)),
        }
        // What is gone has been told to `deleted`.
        let former_id = before.and_then(|stage| stage.channel_id());
        match (former_id, row.stage.channel_id()) {
            (None, Some(channel_id)) if !matches!(row.stage, Stage::Gone(_)) => {
                let parent_id = pending.and_then(Pending::category_id);
                self.seen(channel_id, parent_id, now);
            }
            (Some(channel_id), None) => drop(self.deleted(channel_id, now)),
            _ => {}
        }
    }
}

// === impl Pending ===

impl Pending {
    const fn is_thread(self) -> bool {
        matches!(self.place, Place::Thread(_))
    }

    const fn category_id(self) -> Option<Id<ChannelMarker>> {
        match self.place {
            Place::Category(category_id) => Some(category_id),
            Place::Guild | Place::Thread(_) => None,
        }
    }
}
