//! Forums: they hold no messages, and their posts are threads.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{Book, Wish, survey::Survey};
use crate::{
    Channel, GapReason, Head,
    limits::UNSEEN_KEPT,
    snowflake::{just_before, milliseconds},
};

/// Forums, also those that the lists do not name any more. Those whose posts are watched are on record.
pub(super) type Forums = BTreeMap<Id<ChannelMarker>, Channel>;

impl Book {
    /// A forum is there: where it is decides whether its posts are watched.
    pub(super) fn meet_forum(&mut self, head: &Head) {
        let known = self.forums.get(&head.id).cloned();
        if known.as_ref().map(|it| it.parent_id) == Some(head.parent_id) {
            return;
        }
        let unseen_ms = known.and_then(|known| known.unseen_ms);
        self.put_forum(Channel {
            id: head.id,
            guild_id: head.guild_id,
            parent_id: head.parent_id,
            is_thread: false,
            is_forum: true,
            settled_id: None,
            scrubbed_ms: 0,
            unseen_ms,
            dirty: None,
        });
    }

    /// An event tells of a forum.
    pub(super) fn hear_of_forum(&mut self, name: &str, head: &Head, is_hidden: bool, now: Instant) {
        let before = self.forums.get(&head.id).map(|forum| forum.parent_id);
        self.meet_forum(head);
        let is_new = before.is_none() && self.looked_at.is_some();
        if is_new && name != "CHANNEL_CREATE" && self.wants(head) {
            self.doubt_archives(head, Wish::Look);
        }
        if before != Some(head.parent_id) {
            // Its posts may be watched now, or not any more.
            self.wish(Wish::Look);
        }
        if is_hidden {
            self.hide(head.id);
        } else {
            self.regain_sight(head.id);
            self.ask_refused_again(now, Some(head.id));
        }
    }

    /// Takes over a forum as it is now.
    pub(super) fn put_forum(&mut self, forum: Channel) {
        let id = forum.id;
        self.forget_forum(id);
        if self.wants(&Head::of(&forum)) {
            self.changed.insert(id);
            self.closed.remove(&id);
        }
        self.forums.insert(id, forum);
    }

    /// A forum is not there any more, or not as it was.
    fn forget_forum(&mut self, id: Id<ChannelMarker>) {
        let before = self.forums.remove(&id);
        if before.is_some_and(|before| self.wants(&Head::of(&before))) {
            self.changed.remove(&id);
            self.closed.insert(id);
        }
    }

    /// An event says that a channel is deleted. If it is a forum that could not be seen, what was said in its posts
    /// nobody has heard.
    pub(super) fn end_forum(&mut self, id: Id<ChannelMarker>) {
        let forum = self.forums.get(&id);
        let is_wanted = forum.is_some_and(|forum| self.wants(&Head::of(forum)));
        let unseen = self.unseen.get(&id).filter(|_| is_wanted);
        if let Some(since_ms) = unseen.map(|unseen| unseen.since_ms) {
            let after = just_before(since_ms);
            self.miss(id, after, None, GapReason::ChannelGone);
        }
        self.forget_forum(id);
    }

    /// Takes in which forums the lists name, but for those that were deleted meanwhile; answers which were
    /// known before.
    pub(super) fn meet_forums(&mut self, survey: &Survey) -> BTreeSet<Id<ChannelMarker>> {
        let before = self.forums.keys().copied().collect();
        let forums = survey.heads.iter().filter(|head| head.is_forum);
        for head in forums
            .filter(|head| !self.is_over(head))
            .collect::<Vec<_>>()
        {
            self.meet_forum(head);
        }
        before
    }

    /// Forums that turn up in the lists, but for the first ones, and those that do not any more.
    pub(super) fn compare_forums(&mut self, survey: &Survey, before: &BTreeSet<Id<ChannelMarker>>) {
        let are_first = self.looked_at.is_none() && before.is_empty();
        let new = survey.heads.iter().filter(|head| {
            head.is_forum && !are_first && self.wants(head) && !before.contains(&head.id)
        });
        for head in new.collect::<Vec<_>>() {
            self.doubt_archives(head, survey.wish);
            // No post may be there that is read, and tells that it can be.
            self.regain_sight(head.id);
        }
        let listed = survey.listed();
        let gone = self.forums.values().filter(|forum| {
            let is_news = before.contains(&forum.id) && !self.is_out_of_sight(forum.id);
            is_news && !listed.contains(&forum.id) && self.wants(&Head::of(forum))
        });
        for id in gone.map(|forum| forum.id).collect::<Vec<_>>() {
            self.lose_sight(id, self.listed_ms.min(self.watermark_ms));
        }
    }

    /// Takes over what a former run knew. A forum that could not be seen for too long is a gap: it may as well be
    /// deleted, which nobody would tell.
    pub(super) fn remember_forums(&mut self, forums: Vec<Channel>) {
        let young_ms = self.watermark_ms.saturating_sub(milliseconds(UNSEEN_KEPT));
        for forum in forums {
            let is_here = self.settings.guild_ids.contains(&forum.guild_id);
            let is_wanted = is_here && self.wants(&Head::of(&forum));
            let lost_ms = forum.unseen_ms.filter(|ms| *ms < young_ms);
            if is_wanted && lost_ms.is_none() {
                self.forums.insert(forum.id, forum);
                continue;
            }
            if let Some(since_ms) = lost_ms.filter(|_| is_wanted) {
                let after = just_before(since_ms);
                self.miss(forum.id, after, None, GapReason::Unlisted);
            }
            self.closed.insert(forum.id);
        }
    }
}
