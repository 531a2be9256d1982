//! Where the next channel may be created, if anywhere: the count and the doors together. Pure.

use std::time::Duration;

use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{
    census::Census,
    door::{Door, Shut},
};
use crate::{
    AttemptId, Isolation, Kind, Listed, Place, Quota, Room, Row, Settings, Shown, Stage,
    limits::{CREATES_MAX, FULL_RETRY, FULL_RETRY_SPAN, LOOK_AFTER_ACCEPTED, NEARLY_FULL_PERCENT},
};

/// Where the next channel may be created.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) census: Census,
    isolation: Isolation,
    quota: Quota,
    guild: Door,
    /// The categories to create in; none: the top of the guild.
    categories: Vec<(Id<ChannelMarker>, Door)>,
    threads: Door,
}

// === impl Space ===

impl Space {
    pub(super) fn new(settings: &Settings) -> Self {
        let categories = settings.category_ids.iter();
        Self {
            census: Census::default(),
            isolation: settings.isolation,
            quota: settings.quota,
            guild: Door::default(),
            categories: categories.map(|id| (*id, Door::default())).collect(),
            threads: Door::default(),
        }
    }

    /// The place for one more, if it may be created now.
    pub(super) fn offer(&self, now: Instant) -> Option<Place> {
        if self.census.under_way(|_| true) >= CREATES_MAX {
            return None;
        }
        let channel = || self.offer_channel(now);
        let thread = |parent_id| {
            let under_way = self.census.under_way(is_thread);
            let may = self.threads.shut(now).is_none() && under_way < self.threads.width(now);
            may.then_some(Place::Thread(parent_id))
        };
        match self.isolation {
            Isolation::Channel => channel(),
            Isolation::Thread(parent_id) => thread(parent_id),
            Isolation::ChannelThenThread(parent_id) => match self.shut_channels(now) {
                None => channel(),
                Some(_) => thread(parent_id),
            },
        }
    }

    /// Why nobody can be served, if so: not for want of a turn, but of a place.
    pub(super) fn shut(&self, now: Instant) -> Option<Shut> {
        match self.isolation {
            Isolation::Channel => self.shut_channels(now),
            Isolation::Thread(_) => self.threads.shut(now),
            Isolation::ChannelThenThread(_) => {
                let (channels, threads) = (self.shut_channels(now)?, self.threads.shut(now)?);
                Some(channels.or_sooner(threads))
            }
        }
    }

    /// Whether room was scarce a moment ago, so that one at a time is served.
    pub(super) fn is_careful(&self, now: Instant) -> bool {
        self.doors().any(|door| door.is_careful(now))
    }

    /// How long it may take until somebody is served who has so many before them.
    pub(super) fn wait(&self, before: usize, now: Instant) -> Duration {
        let (shortest, longest) = FULL_RETRY_SPAN;
        let excess = self.census.count().saturating_sub(self.limit());
        let due = self.census.leaving().get(excess + before).copied();
        let wait = due.map_or(FULL_RETRY, |due| {
            due.saturating_duration_since(now) + 2 * LOOK_AFTER_ACCEPTED
        });
        wait.clamp(shortest, longest)
    }

    /// When time alone changes something next.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.doors().filter_map(|door| door.due(now)).min()
    }

    /// Whether deletions should go before everything else.
    pub(super) fn is_nearly_full(&self) -> bool {
        self.census.count() * 100 >= self.quota.channels_max * NEARLY_FULL_PERCENT
    }

    /// The state of things, for people.
    pub(super) fn account(&self) -> String {
        format!(
            "{} channels are there or on their way, of {} with {} left to people; openings wait for \
             one to go",
            self.census.count(),
            self.quota.channels_max,
            self.quota.reserve
        )
    }

    /// Discord said that there is no room.
    pub(super) fn full(&mut self, place: Place, room: Room, now: Instant) {
        let place = match (place, room) {
            (Place::Category(_), Room::Guild | Room::Threads) => Place::Guild,
            (place, _) => place,
        };
        self.door(place).full(now);
    }

    /// Discord wants no creations for so long.
    pub(super) fn closed(&mut self, place: Place, now: Instant, wait: Duration) {
        if is_thread(place) {
            self.threads.closed(now, wait);
        } else {
            self.guild.closed(now, wait);
        }
    }

    /// Discord refuses creations there, and no wait of its own choice helps.
    pub(super) fn refused(&mut self, place: Place, now: Instant, why: &str) {
        self.door(place).refused(now, why);
    }

    /// Discord has created something there.
    pub(super) fn passed(&mut self, place: Place) {
        self.door(place).passed();
    }

    /// What was refused may be allowed now.
    pub(super) fn changed(&mut self, now: Instant) {
        let categories = self.categories.iter_mut().map(|(_, door)| door);
        for door in categories.chain([&mut self.guild, &mut self.threads]) {
            door.changed(now);
        }
    }

    /// A channel is gone, whoever's it was.
    pub(super) fn deleted(&mut self, channel_id: Id<ChannelMarker>, now: Instant) {
        if let Some(known) = self.census.deleted(channel_id, now) {
            self.relieved(known.parent_id);
        }
    }

    /// The list of the guild's channels.
    pub(super) fn listed(&mut self, listed: &[Listed], began: Instant) {
        self.counted(|census| census.listed(listed, began));
    }

    /// The guild, with its channels.
    pub(super) fn arrived(&mut self, channels: &[Shown], now: Instant) {
        self.counted(|census| census.arrived(channels, now));
    }

    fn counted(&mut self, count: impl FnOnce(&mut Census)) {
        let before = self.census.count();
        count(&mut self.census);
        // Deletions that nobody told of.
        if self.census.count() < before {
            self.guild.relieved();
        }
    }

    /// What became of one of our own.
    pub(super) fn moved(&mut self, before: Option<Stage>, row: &Row, now: Instant) {
        if let Stage::Gone(owned) = row.stage {
            match row.kind {
                Kind::Text => self.deleted(owned.channel_id, now),
                Kind::Thread => self.threads.relieved(),
            }
        }
        self.census.moved(before, row, now);
    }

    /// A creation is about to be sent.
    pub(super) fn begin(&mut self, attempt: AttemptId, place: Place) {
        self.census.begin(attempt, place);
    }

    /// The channels that we may make of the guild's, the reserve left out.
    const fn limit(&self) -> usize {
        self.quota.channels_max.saturating_sub(self.quota.reserve)
    }

    fn offer_channel(&self, now: Instant) -> Option<Place> {
        let under_way = self.census.under_way(|place| !is_thread(place));
        if self.shut_channels(now).is_some() || under_way >= self.guild.width(now) {
            return None;
        }
        if self.categories.is_empty() {
            return Some(Place::Guild);
        }
        let open = self.categories.iter().filter(|(id, door)| {
            let place = Place::Category(*id);
            door.shut(now).is_none()
                && self.census.under_way(|other| other == place) < door.width(now)
        });
        // The least full first: a late channel or one that is hidden from us tips none over then.
        let counted = open.map(|(id, _)| (self.census.count_in(*id), *id));
        let (count, id) = counted.min_by_key(|(count, _)| *count)?;
        (count < self.quota.category_channels_max).then_some(Place::Category(id))
    }

    fn shut_channels(&self, now: Instant) -> Option<Shut> {
        if let Some(shut) = self.guild.shut(now) {
            return Some(shut);
        }
        if self.census.count() >= self.limit() {
            return Some(Shut::Full);
        }
        let shut = |(id, door): &(Id<ChannelMarker>, Door)| {
            let is_full = self.census.count_in(*id) >= self.quota.category_channels_max;
            door.shut(now).or(is_full.then_some(Shut::Full))
        };
        // One that is open is enough.
        let shut: Option<Vec<Shut>> = self.categories.iter().map(shut).collect();
        shut?.into_iter().reduce(Shut::or_sooner)
    }

    fn doors(&self) -> impl Iterator<Item = &Door> {
        let categories = self.categories.iter().map(|(_, door)| door);
        categories.chain([&self.guild, &self.threads])
    }

    fn relieved(&mut self, parent_id: Option<Id<ChannelMarker>>) {
        self.guild.relieved();
        if let Some(door) = parent_id.and_then(|id| self.category(id)) {
            door.relieved();
        }
    }

    /// The door to a place that was offered.
    fn door(&mut self, place: Place) -> &mut Door {
        match place {
            Place::Guild => &mut self.guild,
            Place::Thread(_) => &mut self.threads,
            Place::Category(category_id) => self.category(category_id).expect("it was offered"),
        }
    }

    fn category(&mut self, category_id: Id<ChannelMarker>) -> Option<&mut Door> {
        let known = self.categories.iter_mut();
        let mut known = known.filter(|(id, _)| *id == category_id);
        known.next().map(|(_, door)| door)
    }
}

const fn is_thread(place: Place) -> bool {
    matches!(place, Place::Thread(_))
}

#[cfg(test)]
mod tests;
