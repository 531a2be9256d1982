//! What pages of a channel's history mean.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::{Book, archives::root, is_refused};
use crate::{
    Channel, Dirty, DirtyReason, GapReason, Message, Progress, Record, Sight,
    limits::{GONE_AFTER, REFUSED_RETRY, RESCAN_AGE, RETRY_FIRST, RETRY_MAX, SETTLE},
    sabotage::Sabotage,
    snowflake::{created_ms, just_before, milliseconds},
    walk::{Order, Purpose},
};

/// A page that was read.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) messages: Vec<Message>,
    /// What is on record and should be found again, if that was asked for. Nothing was read yet then.
    pub(crate) expected: Option<BTreeSet<Id<MessageMarker>>>,
    /// What became of the channel's last message, if it was looked for.
    pub(crate) probed: Option<Probed>,
}

/// A message that is asked for by its id, because a page holds none. A single message that cannot be had
/// for want of a permission is refused; a page is empty then (Discord:
/// resources/message#get-channel-messages).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// It has to be there, or have been: the channel's last one, as far as is known.
    Last(Id<MessageMarker>),
    /// Whether there is one with this id does not matter, as long as it is not refused. None that is on the
    /// page asked for.
    Any(Id<MessageMarker>),
}

/// What a probe told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probed {
    /// The last message is on record, or was deleted: the page was right.
    Explained(Id<MessageMarker>),
    /// The channel may be read: the page was right.
    Allowed,
    /// It may not, or the last message is there: the page was blind.
    Blind,
}

/// Why a page could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadFailure {
    /// Not this time.
    NotDone { wait: Option<Duration> },
    /// There is no such channel, Discord says.
    Gone,
    /// It is not ours to read.
    Refused,
}

// === impl Probed ===

impl Probed {
    /// The last message, if that is dealt with.
    fn explained(self) -> Option<Id<MessageMarker>> {
        match self {
            Self::Explained(last) => Some(last),
            Self::Allowed | Self::Blind => None,
        }
    }
}

// === impl Book ===

impl Book {
    /// What tells whether a page without any message is right: the permission to read may be missing.
    pub(crate) fn probe_for(&self, order: &Order) -> Probe {
        let last = self.last.get(&order.channel_id).copied();
        let last = last.filter(|last| Some(*last) > order.after);
        last.map_or_else(|| Probe::Any(order.channel_id.cast()), Probe::Last)
    }

    /// Takes in a page.
    pub(crate) fn turn(&mut self, order: &Order, page: Page) {
        self.agenda.read();
        let id = order.channel_id;
        let now_ms = order.at_ms.unwrap_or(order.watermark_ms);
        let Some(walk) = self.agenda.get(id, order.number) else {
            return;
        };
        if let Some(mut expected) = page.expected {
            let oldest_ms = now_ms.saturating_sub(milliseconds(RESCAN_AGE));
            expected.retain(|id| created_ms(*id) >= oldest_ms);
            expected.extend(self.waiting.created(id));
            walk.expect(expected);
            return self.agenda.again(id, None);
        }
        if page.probed == Some(Probed::Blind) {
            return self.refuse(order);
        }
        // What is known by now of the moment when it was asked for may be more than was known then: a process that
        // has just begun knows no time.
        let asked_ms = order.at_ms.max(self.time.at(order.at));
        // How much later a message may have become readable that is older than some on this page.
        let told_ms = asked_ms.unwrap_or_default();
        // As long as no id has told the time, the watermark says something of it: the one when the page was
        // asked for, because a later one vouches for what came since.
        let settled_ms = told_ms
            .saturating_sub(milliseconds(SETTLE))
            .max(order.watermark_ms);
        walk.began_ms = walk.began_ms.or(Some(settled_ms));
        let asked_ms = asked_ms.unwrap_or(settled_ms);
        let turn = walk.turn(&page.messages, page.probed.is_some(), settled_ms);
        let (purpose, is_far_enough) = (walk.purpose, walk.is_far_enough());
        for message in &page.messages {
            self.last_is(id, message.id);
        }
        self.waiting.found(id, &page.messages);
        self.overdue_found(id, &page.messages);
        self.allowed(id);
        let read = page.messages.into_iter().map(|message| Record {
            channel_id: id,
            sight: Sight::Read(self.recorded(message)),
        });
        let records: Vec<_> = read.collect();
        self.batch.records.extend(records);
        for message_id in turn.missed {
            let record = self.waiting.hold_missed(id, message_id, asked_ms);
            self.batch.records.extend(record);
        }
        if turn.progress == Progress::MoreAfterTie {
            self.miss(id, order.after, turn.next, GapReason::Tie);
        }
        match turn.progress {
            Progress::Done => self.finish(order, page.probed),
            _ if is_far_enough => self.finish(order, page.probed),
            Progress::More | Progress::MoreAfterTie => {
                if purpose == Purpose::CatchUp {
                    self.advance(order, turn.next, settled_ms);
                }
                self.agenda.again(id, None);
            }
        }
        if purpose == Purpose::CatchUp {
            self.judge(order);
        }
    }

    /// Judges by a page how long the rest will take.
    fn judge(&mut self, order: &Order) {
        if self.dirty == self.refused {
            return;
        }
        let shown = self.channels.iter();
        let shown = shown.filter(|(_, channel)| !is_refused(channel));
        let shown = shown.map(|(id, _)| {
            let last = self.last.get(id).copied();
            let last = last.filter(|last| self.time.may_have_made(*last, order.at));
            (*id, last)
        });
        let left = self.agenda.pages_left(shown);
        self.forecast.read(order.at, left);
    }

    /// Moves a channel's durable cursor behind a page, but not past what was old when the page was
    /// asked for: a message with a smaller id may have become readable after it. Once it was held back
    /// it stays where it is: what it would be moved to begins above what was held back.
    fn advance(&mut self, order: &Order, next: Option<Id<MessageMarker>>, settled_ms: u64) {
        let id = order.channel_id;
        let lacks_clamp = self.lacks(Sabotage::NoClamp);
        let bound = if lacks_clamp {
            next
        } else {
            just_before(settled_ms)
        };
        let Some(walk) = self.agenda.get(id, order.number) else {
            return;
        };
        let after = next.min(bound);
        let was_frozen = walk.is_frozen;
        walk.is_frozen |= after < next;
        let Some(channel) = self.channels.get(&id) else {
            return;
        };
        if let Some(dirty) = channel.dirty
            && !was_frozen
            && after > dirty.after
        {
            // What it was verified up to goes along, if nothing lies between.
            let is_next = dirty.after.map_or(0, created_ms) <= channel.scrubbed_ms;
            let read_ms = after.filter(|_| is_next).map_or(0, created_ms);
            let channel = Channel {
                dirty: Some(Dirty { after, ..dirty }),
                scrubbed_ms: channel.scrubbed_ms.max(read_ms),
                ..channel.clone()
            };
            self.put(channel);
        }
    }

    /// The last page of a channel was read, or all that it was to be read again for, on a session that has
    /// missed nothing since: from here on the watermark holds for it.
    fn finish(&mut self, order: &Order, probed: Option<Probed>) {
        let id = order.channel_id;
        let Some(walk) = self.agenda.forget(id) else {
            return;
        };
        let Some(channel) = self.channels.get(&id) else {
            return;
        };
        if walk.purpose == Purpose::CatchUp && !self.is_covered {
            // It is read once more when that is so.
            return;
        }
        let mut channel = channel.clone();
        // What lies behind an end that was set was not looked at.
        let is_whole = !walk.is_far_enough();
        // What had settled when the first page was asked for, and is on none, was deleted.
        let began_ms = walk.began_ms.unwrap_or_default();
        let overdue = self.forget_overdue(id);
        let last = self.last.get(&id).copied();
        let is_settled = |id: &_| is_whole && walk.has_passed(*id) && created_ms(*id) < began_ms;
        let explained = probed.and_then(Probed::explained);
        let settled = overdue.filter(is_settled).or(explained);
        let settled = settled.or(last.filter(is_settled));
        channel.settled_id = settled.or(channel.settled_id);
        let from_ms = channel
            .dirty
            .map_or(0, |dirty| dirty.after.map_or(0, created_ms));
        if walk.purpose == Purpose::Scrub || (is_whole && from_ms <= channel.scrubbed_ms) {
            channel.scrubbed_ms = channel.scrubbed_ms.max(began_ms);
        }
        if walk.purpose == Purpose::CatchUp {
            channel.dirty = None;
            self.agenda.settle(id);
        }
        let root = root(&channel);
        self.put(channel);
        if walk.purpose == Purpose::CatchUp {
            self.has_been_read(root);
        }
        self.release_complete();
        if self.archived.contains(&id) && walk.purpose == Purpose::CatchUp {
            self.close(id);
        }
    }

    /// A page could not be read.
    pub(crate) fn fail(&mut self, order: &Order, failure: ReadFailure, now: Instant) {
        self.agenda.read();
        let id = order.channel_id;
        let Some(walk) = self.agenda.get(id, order.number) else {
            return;
        };
        match failure {
            ReadFailure::NotDone { wait } => self.put_off(order, wait, now),
            ReadFailure::Gone => {
                // For a moment a replica may not know a channel that is there.
                let since = *walk.gone_since.get_or_insert(now);
                if now.duration_since(since) >= GONE_AFTER {
                    self.close(id);
                } else {
                    self.put_off(order, None, now);
                }
            }
            ReadFailure::Refused => self.refuse(order),
        }
    }

    /// A page is asked for again later, each time after a longer pause.
    fn put_off(&mut self, order: &Order, wait: Option<Duration>, now: Instant) {
        let id = order.channel_id;
        if let Some(walk) = self.agenda.get(id, order.number) {
            walk.failures = walk.failures.saturating_add(1);
            let pause = RETRY_FIRST * 2_u32.saturating_pow(walk.failures.min(16) - 1);
            let wait = wait.unwrap_or_default().max(pause.min(RETRY_MAX));
            self.agenda.again(id, Some(now + wait));
        }
    }

    /// Discord shows a channel, after all: what it did not show is being read.
    fn allowed(&mut self, id: Id<ChannelMarker>) {
        let channel = self.channels.get(&id).filter(|channel| is_refused(channel));
        let Some((channel, dirty)) = channel.and_then(|it| Some((it.clone(), it.dirty?))) else {
            return;
        };
        let reason = DirtyReason::Lapse;
        let dirty = Some(Dirty { reason, ..dirty });
        let root = root(&channel);
        self.put(Channel { dirty, ..channel });
        self.regain_sight(root);
    }

    /// Discord does not show a channel: what is missing of it is on record as such, and it is asked
    /// for again when permissions change, and now and then.
    fn refuse(&mut self, order: &Order) {
        let id = order.channel_id;
        let Some(channel) = self.channels.get(&id).cloned() else {
            return;
        };
        let after = match channel.dirty {
            Some(dirty) => dirty.after,
            None => just_before(channel.scrubbed_ms.min(self.watermark_ms)),
        };
        let was_refused = channel
            .dirty
            .is_some_and(|dirty| dirty.reason == DirtyReason::Refused);
        if !was_refused {
            self.miss(id, after, None, GapReason::Refused);
            let dirty = Some(Dirty {
                after,
                reason: DirtyReason::Refused,
            });
            self.put(Channel { dirty, ..channel });
        }
        self.forget_overdue(id);
        let reason = DirtyReason::Refused;
        // Whoever waits for it may wait for ever.
        self.agenda.settle(id);
        self.agenda
            .begin(id, self.catch_up(Dirty { after, reason }));
        self.agenda.delay(id, order.at + REFUSED_RETRY);
        self.release(id);
    }
}
