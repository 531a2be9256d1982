//! Channels that are not watched any more.

use std::collections::BTreeSet;

use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::Book;
use crate::{Channel, GapReason, Head, limits::STRANGERS_KEPT, snowflake::just_before};

/// What an event made of a channel while the lists were on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Archived,
    /// `was_watched`: what may be missing of it was told then.
    Deleted {
        was_watched: bool,
    },
}

impl Book {
    /// An event says that a channel is deleted. So are its threads: Discord says so of the channel alone.
    pub(super) fn hear_of_deletion(&mut self, id: Id<ChannelMarker>) {
        self.strangers.remove(&id);
        self.end_forum(id);
        self.unseen.remove(&id);
        self.last.remove(&id);
        let within = self.channels.values();
        let within = within.filter(|channel| channel.is_thread && channel.parent_id == Some(id));
        for thread in within.map(|thread| thread.id).collect::<BTreeSet<_>>() {
            self.end(thread);
        }
        self.end(id);
    }

    fn end(&mut self, id: Id<ChannelMarker>) {
        let was_watched = self.channels.contains_key(&id);
        if let Some(meanwhile) = &mut self.meanwhile {
            let over = meanwhile.entry(id).or_insert(Over::Archived);
            // It may be told twice.
            if *over == Over::Archived {
                *over = Over::Deleted { was_watched };
            }
        }
        let is_clean = |channel: &Channel| channel.dirty.is_none() && self.is_covered;
        let is_clean = self.channels.get(&id).is_some_and(is_clean);
        self.close(id);
        if is_clean && self.is_sight_in_doubt() {
            // What was said in it last may have been hidden.
            self.miss(
                id,
                just_before(self.watermark_ms),
                None,
                GapReason::ChannelGone,
            );
        }
    }

    /// Whether an event has deleted a channel, or the one it is in, or archived it, since the lists were
    /// asked for.
    pub(super) fn is_over(&self, head: &Head) -> bool {
        let Some(meanwhile) = &self.meanwhile else {
            return false;
        };
        let parent_id = head.parent_id.filter(|_| head.is_thread);
        meanwhile.contains_key(&head.id) || parent_id.is_some_and(|id| meanwhile.contains_key(&id))
    }

    /// A channel that the lists still show is over. If it was never watched, it turned up in the gap: what
    /// was said in it nobody has heard.
    pub(super) fn miss_unmet(&mut self, head: &Head) {
        let meanwhile = self.meanwhile.as_ref();
        let over = meanwhile.and_then(|ids| ids.get(&head.id)).copied();
        let was_watched = over == Some(Over::Deleted { was_watched: true });
        if head.last_message_id.is_some() && !was_watched {
            self.miss(head.id, None, None, GapReason::ChannelGone);
        }
    }

    /// Forgets channels that are not watched and were not heard of for long, where no lists tell which of
    /// them are still there.
    pub(crate) fn forget_strangers(&mut self, now: Instant) {
        let is_young = |since: &Instant| now.duration_since(*since) < STRANGERS_KEPT;
        self.strangers.retain(|_, since| is_young(since));
    }

    /// Writes down that a channel is not watched any more, if it was.
    fn take_out(&mut self, id: Id<ChannelMarker>) -> Option<Channel> {
        self.release(id);
        let channel = self.channels.remove(&id)?;
        self.count(&channel, usize::wrapping_sub);
        self.changed.remove(&id);
        self.closed.insert(id);
        self.agenda.forget(id);
        self.agenda.settle(id);
        self.archived.remove(&id);
        self.unseen.remove(&id);
        self.forget_overdue(id);
        Some(channel)
    }

    /// A channel that is not to be watched, or not any more: what the watermark says is not said of it.
    pub(super) fn unwatch(&mut self, id: Id<ChannelMarker>) {
        if self.take_out(id).is_some() {
            self.last.remove(&id);
        }
    }

    /// A channel that is not there any more. What was said in it last nobody may have heard of, so that
    /// what is missing has no other end than the channel's.
    pub(super) fn close(&mut self, id: Id<ChannelMarker>) {
        let Some(channel) = self.take_out(id) else {
            return;
        };
        self.last.remove(&id);
        let after = match channel.dirty {
            Some(dirty) => dirty.after,
            // All events since the watermark came.
            None if self.is_covered => return,
            // Some may not have, and the lists that would make it dirty come too late.
            None => just_before(self.watermark_ms),
        };
        self.miss(id, after, None, GapReason::ChannelGone);
    }
}
