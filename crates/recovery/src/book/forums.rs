//! Forums: their posts are threads, and only that they could not be seen is on record of them.

use std::collections::HashMap;

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use super::{Book, survey::Survey};
use crate::{
    Channel, GapReason, Head,
    limits::UNSEEN_KEPT,
    snowflake::{just_before, milliseconds},
};

/// The forums that the lists name, and where they are.
pub(super) type Forums = HashMap<Id<ChannelMarker>, Forum>;

/// Where a forum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forum {
    guild_id: Id<GuildMarker>,
    /// Its category: the posts are watched with it.
    pub(super) parent_id: Option<Id<ChannelMarker>>,
}

// === impl Forum ===

impl Forum {
    pub(super) const fn of(head: &Head) -> Self {
        Self {
            guild_id: head.guild_id,
            parent_id: head.parent_id,
        }
    }

    fn from_record(channel: &Channel) -> Self {
        Self {
            guild_id: channel.guild_id,
            parent_id: channel.parent_id,
        }
    }

    /// What is to be on record of one that could not be seen since then.
    fn record(self, id: Id<ChannelMarker>, since_ms: u64) -> Channel {
        Channel {
            id,
            guild_id: self.guild_id,
            parent_id: self.parent_id,
            is_thread: false,
            is_forum: true,
            settled_id: None,
            scrubbed_ms: 0,
            unseen_ms: Some(since_ms),
            dirty: None,
        }
    }
}

// === impl Book ===

impl Book {
    /// Those that turn up in the lists, but for the first ones, and those that do not any more.
    pub(super) fn compare_forums(&mut self, survey: &Survey, before: &Forums) {
        let new = survey
            .heads
            .iter()
            .filter(|head| head.is_forum && self.wants(head) && !before.contains_key(&head.id));
        for head in new.filter(|_| self.looked_at.is_some()).collect::<Vec<_>>() {
            self.doubt_archives(head, survey.wish);
            // No post may be there that is read, and tells that it can be.
            self.regain_sight(head.id);
        }
        let gone = before
            .iter()
            .filter(|(id, _)| !self.forums.contains_key(id));
        for (id, forum) in gone.collect::<Vec<_>>() {
            self.lose_sight_of_forum(*id, *forum, self.listed_ms.min(self.watermark_ms));
        }
    }

    /// Takes over forums that a former run could not see. What could not be seen for too long is a gap.
    pub(super) fn remember_forums(&mut self, forums: Vec<Channel>) {
        let young_ms = self.watermark_ms.saturating_sub(milliseconds(UNSEEN_KEPT));
        for channel in forums {
            let since_ms = channel.unseen_ms.unwrap_or(self.watermark_ms);
            let is_here = self.settings.guild_ids.contains(&channel.guild_id);
            let is_wanted = is_here && self.settings.watch.has(&Head::of(&channel), None);
            if is_wanted && since_ms >= young_ms {
                self.lose_sight_of_forum(channel.id, Forum::from_record(&channel), since_ms);
                continue;
            }
            if is_wanted {
                let after = just_before(since_ms);
                self.miss(channel.id, after, None, GapReason::Unlisted);
            }
            self.closed.insert(channel.id);
        }
    }

    /// What is to be on record of a forum, if it could not be seen.
    pub(super) fn forum_on_record(&self, id: Id<ChannelMarker>) -> Option<Channel> {
        let unseen = self.unseen.get(&id)?;
        Some(unseen.forum?.record(id, unseen.since_ms))
    }
}

/// The forums among these.
pub(super) fn forums(heads: &[Head]) -> Forums {
    let forums = heads.iter().filter(|head| head.is_forum);
    forums.map(|head| (head.id, Forum::of(head))).collect()
}
