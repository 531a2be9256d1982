//! Threads that were archived while nobody looked, or nobody could.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{
    Book, Wish,
    survey::{Survey, may_have_moved},
};
use crate::{Channel, GapReason, Head, Watch, limits::REFUSED_RETRY, snowflake::just_before};

/// How much earlier than that archived threads are listed: the clocks of archiving and of writing are not
/// one.
const CLOCKS_DIFFER_MS: u64 = 3_600_000;

/// Which archived threads have to be listed: a thread may have been opened, written to and archived
/// again while nobody looked, and no other list names it then.
#[derive(Debug)]
pub(crate) struct Archives {
    is_gap: bool,
    /// Channels with threads that are on record as open.
    with_threads: BTreeSet<Id<ChannelMarker>>,
    /// Channels that could not be seen, and since when.
    unseen: BTreeMap<Id<ChannelMarker>, u64>,
    watermark_ms: u64,
    watch: Watch,
}

/// A channel that could not be seen: its threads may have been opened and archived again meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unseen {
    pub(super) since_ms: u64,
    /// Whether the lists name it, as far as is known, and only its archived threads could not be had.
    is_listed: bool,
    /// When that was heard of last.
    heard: Instant,
    /// From when on its archived threads are asked for, if nothing says before that they may be had.
    ask_at: Instant,
}

// === impl Archives ===

impl Archives {
    /// Since when archived threads of a channel are listed.
    pub(crate) fn since_ms(&self, id: Id<ChannelMarker>) -> u64 {
        self.unseen_since(id).saturating_sub(CLOCKS_DIFFER_MS)
    }

    fn unseen_since(&self, id: Id<ChannelMarker>) -> u64 {
        let unseen = self.unseen.get(&id);
        unseen.map_or(self.watermark_ms, |since| self.watermark_ms.min(*since))
    }

    /// Channels whose archived threads are to be listed, and whether it is the private ones: of channels
    /// with threads that were open, both; of those in which something was written since, the public ones.
    /// Whoever opens a new one leaves a message behind, unless there was one already that it is about. Without a gap
    /// only of channels that could not be seen, and can now.
    pub(crate) fn of(&self, heads: &[Head]) -> Vec<(Id<ChannelMarker>, bool)> {
        if self.watermark_ms == 0 {
            return Vec::new();
        }
        let shown = heads.iter().filter(|head| !head.is_thread);
        let shown = shown.filter(|head| self.is_gap || self.unseen.contains_key(&head.id));
        let moved = shown.clone().filter(|head| {
            let since_ms = self.unseen_since(head.id);
            self.watch.has(head, None) && may_have_moved(head.last_message_id, since_ms)
        });
        let shown: BTreeSet<_> = shown.map(|head| head.id).collect();
        let with_threads = self.with_threads.iter().copied();
        let with_threads = with_threads.filter(|id| self.is_gap || shown.contains(id));
        let moved = moved.map(|head| head.id);
        let public: BTreeSet<_> = moved.chain(with_threads.clone()).collect();
        let public = public.into_iter().map(|id| (id, false));
        public.chain(with_threads.map(|id| (id, true))).collect()
    }
}

impl Book {
    /// Which archived threads have to be listed for a wish.
    pub(crate) fn archives(&self, wish: Wish) -> Archives {
        let threads = self.channels.values().filter(|channel| channel.is_thread);
        let (is_gap, now) = (wish == Wish::Gap, Instant::now());
        let unseen = self.unseen.iter();
        let unseen = unseen.filter(|(_, unseen)| is_gap || unseen.ask_at <= now);
        Archives {
            is_gap,
            with_threads: threads.filter_map(|thread| thread.parent_id).collect(),
            unseen: unseen.map(|(id, unseen)| (*id, unseen.since_ms)).collect(),
            watermark_ms: self.watermark_ms,
            watch: self.settings.watch.clone(),
        }
    }

    /// Nothing is seen of a channel, or forum, since then: of its threads neither. Before a first run has
    /// begun nobody wants what was in them. On record with it.
    pub(super) fn lose_sight(&mut self, id: Id<ChannelMarker>, since_ms: u64) {
        self.unsee(id, since_ms, false);
    }

    pub(super) fn unsee(&mut self, id: Id<ChannelMarker>, since_ms: u64, is_listed: bool) {
        if self.is_first_run() {
            return;
        }
        let before = self.unseen.get(&id);
        let since_ms = before.map_or(since_ms, |before| before.since_ms.min(since_ms));
        let unseen = Unseen {
            since_ms,
            is_listed,
            heard: Instant::now(),
            ask_at: Instant::now(),
        };
        self.unseen.insert(id, unseen);
        self.note_unseen(id, Some(since_ms));
    }

    /// All of a channel or forum was seen.
    fn have_seen(&mut self, id: Id<ChannelMarker>) {
        self.unseen.remove(&id);
        self.note_unseen(id, None);
    }

    fn note_unseen(&mut self, id: Id<ChannelMarker>, unseen_ms: Option<u64>) {
        let is_news = |channel: &Channel| channel.unseen_ms != unseen_ms;
        if let Some(channel) = self.channels.get(&id).cloned().filter(is_news) {
            self.put(Channel {
                unseen_ms,
                ..channel
            });
        } else if let Some(forum) = self.forums.get(&id).cloned().filter(is_news) {
            self.put_forum(Channel { unseen_ms, ..forum });
        }
    }

    /// What a former run could not see. Whether the lists name it is not known.
    pub(super) fn remember_unseen(&mut self) {
        let heard = Instant::now();
        let channels = self.channels.values().chain(self.forums.values());
        let unseen = channels.filter_map(|channel| {
            let unseen = Unseen {
                since_ms: channel.unseen_ms?,
                is_listed: true,
                heard,
                ask_at: heard,
            };
            Some((channel.id, unseen))
        });
        self.unseen = unseen.collect();
        if !self.unseen.is_empty() {
            self.wish(Wish::Look);
        }
    }

    /// A channel can be seen: what was archived in it is looked for, if it could not be before.
    pub(super) fn regain_sight(&mut self, id: Id<ChannelMarker>) {
        if let Some(unseen) = self.unseen.get_mut(&id) {
            unseen.ask_at = Instant::now();
            self.wish(Wish::Look);
        }
    }

    /// A channel was read to its end. If the lists name it, and only its archived threads were refused, they may
    /// be had as well; if they do not, they have not changed since.
    pub(super) fn has_been_read(&mut self, id: Id<ChannelMarker>) {
        if self.unseen.get(&id).is_some_and(|unseen| unseen.is_listed) {
            self.regain_sight(id);
        }
    }

    /// A channel or forum that turns up: if it is older than what its archived threads were listed from, or they
    /// were not, it could not be seen before.
    pub(super) fn doubt_archives(&mut self, head: &Head, wish: Wish) {
        let born_ms = self.made_ms(head.id);
        let listed_ms = self.watermark_ms.saturating_sub(CLOCKS_DIFFER_MS);
        let is_listed = wish == Wish::Gap && born_ms >= listed_ms;
        if !head.is_thread && !is_listed && !self.unseen.contains_key(&head.id) {
            self.unsee(head.id, born_ms, true);
        }
    }

    /// Since when archived threads of a channel may be unknown.
    pub(super) fn unseen_since(&self, parent_id: Option<Id<ChannelMarker>>) -> u64 {
        let unseen = parent_id.and_then(|id| self.unseen.get(&id));
        unseen.map_or(self.watermark_ms, |it| it.since_ms.min(self.watermark_ms))
    }

    /// Whether it is known of a channel that the lists do not name it.
    pub(super) fn is_out_of_sight(&self, id: Id<ChannelMarker>) -> bool {
        self.unseen.get(&id).is_some_and(|unseen| !unseen.is_listed)
    }

    /// Takes in which archived threads the lists told of, and which they did not.
    pub(super) fn have_seen_archives(&mut self, survey: &Survey) {
        for id in &survey.unlisted {
            let after = just_before(self.unseen_since(Some(*id)));
            self.miss(*id, after, None, GapReason::Unlisted);
        }
        for id in &survey.refused {
            self.unsee(*id, self.watermark_ms, true);
            if let Some(unseen) = self.unseen.get_mut(id) {
                unseen.ask_at = Instant::now() + REFUSED_RETRY;
            }
        }
        let (began, is_gap) = (self.looks_since, survey.wish == Wish::Gap);
        for head in survey.heads.iter().filter(|head| !head.is_thread) {
            // What was hidden again since then is not seen.
            let unseen = self.unseen.get(&head.id);
            let was_asked = |unseen: &Unseen| is_gap || Some(unseen.ask_at) <= began;
            let is_over = unseen.is_some_and(|it| Some(it.heard) < began && was_asked(it));
            if is_over && !survey.refused.contains(&head.id) {
                self.have_seen(head.id);
            }
        }
        // Before the first ones there was no watermark.
        let from_ms = Some(self.looks_from_ms).filter(|ms| *ms > 0);
        self.listed_ms = from_ms.unwrap_or(self.watermark_ms);
    }
}

/// What is hidden and shown with a channel: of a thread, what it is in.
pub(super) fn root(channel: &Channel) -> Id<ChannelMarker> {
    let parent_id = channel.parent_id.filter(|_| channel.is_thread);
    parent_id.unwrap_or(channel.id)
}
