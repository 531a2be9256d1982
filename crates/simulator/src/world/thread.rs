//! Threads: started from a message or alone, joined, archived, revived (Discord: topics/threads).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    ApiError, Replica, World,
    channel::{self, Channel},
    event::{self, Audience},
    snowflake,
};

mod archive;
mod membership;
mod start;
#[cfg(test)]
mod tests;

pub(crate) use self::start::ThreadDraft;

/// What a thread has on top of being a channel.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    /// Whether it is archived.
    pub(crate) archived: bool,
    /// When `archived` last changed, in milliseconds since 1970.
    pub(crate) archive_ms: u64,
    /// Minutes of silence until it archives itself.
    pub(crate) auto_archive_minutes: u64,
    /// Whether only `MANAGE_THREADS` revives it.
    pub(crate) locked: bool,
    /// Whether members may invite others (private threads).
    pub(crate) invitable: bool,
    /// When anything was last said, in milliseconds since 1970.
    pub(crate) active_ms: u64,
    /// Who is in it, and since when.
    pub(crate) members: BTreeMap<u64, u64>,
    /// Messages in it; the starter does not count.
    pub(crate) message_count: u64,
    /// Messages ever sent in it.
    pub(crate) total_message_sent: u64,
}

impl Thread {
    /// The channel object of a thread, with `member` for a viewer who joined it.
    pub(crate) fn value(&self, channel: &Channel, viewer: Option<u64>) -> Value {
        let mut metadata = json!({
            "archived": self.archived,
            "archive_timestamp": snowflake::iso_ms(self.archive_ms),
            "auto_archive_duration": self.auto_archive_minutes,
            "locked": self.locked,
            "create_timestamp": snowflake::iso_ms(channel.created_ms),
        });
        if channel.kind == channel::PRIVATE_THREAD {
            metadata["invitable"] = json!(self.invitable);
        }
        let mut value = json!({
            "id": channel.id.to_string(),
            "type": channel.kind,
            "guild_id": channel.guild_id.to_string(),
            "parent_id": channel.parent_id.map(|id| id.to_string()),
            "owner_id": channel.creator_id.to_string(),
            "name": channel.name,
            "last_message_id": channel.last_message_id.map(|id| id.to_string()),
            "rate_limit_per_user": channel.rate_limit_per_user,
            "message_count": self.message_count,
            "total_message_sent": self.total_message_sent,
            "member_count": self.members.len().min(50),
            "flags": channel.flags,
            "thread_metadata": metadata,
        });
        if let Some(joined_ms) = viewer.and_then(|viewer| self.members.get(&viewer)) {
            value["member"] = json!({
                "id": channel.id.to_string(),
                "user_id": viewer.map(|id| id.to_string()),
                "join_timestamp": snowflake::iso_ms(*joined_ms),
                "flags": 0,
            });
        }
        value
    }

    fn member_value(&self, thread_id: u64, user_id: u64) -> Option<Value> {
        let joined_ms = self.members.get(&user_id)?;
        Some(json!({
            "id": thread_id.to_string(),
            "user_id": user_id.to_string(),
            "join_timestamp": snowflake::iso_ms(*joined_ms),
            "flags": 0,
        }))
    }

    /// When silence archives it.
    fn due_ms(&self) -> u64 {
        self.active_ms.max(self.archive_ms) + self.auto_archive_minutes * 60_000
    }
}

impl World {
    /// Whether a living thread is archived; `None`: no such thread.
    pub(crate) fn is_archived(&self, id: u64) -> Option<bool> {
        let thread = self.channels.get(&id)?.thread.as_ref()?;
        Some(thread.archived)
    }

    /// The living thread of this id.
    pub(crate) fn thread_mut(&mut self, id: u64) -> Option<&mut Thread> {
        self.channels.get_mut(&id)?.thread.as_mut()
    }

    /// `GET /guilds/{guild_id}/threads/active`: newest first, as far as the replica knows.
    pub(crate) fn active_threads(
        &mut self,
        actor: u64,
        guild_id: u64,
        replica: Replica,
    ) -> Result<Value, ApiError> {
        self.guild_for(actor, guild_id)?;
        let known_ms = self.known_ms(replica);
        let active = self.channels.values().rev();
        let active = active.filter(|one| one.guild_id == guild_id && one.is_active());
        let seen = active
            .filter(|one| one.created_ms <= known_ms)
            .filter(|one| self.can_view(actor, one.id));
        let mut list = thread_list(actor, &seen.collect::<Vec<_>>());
        if let Value::Array(threads) = &mut list["threads"] {
            self.omit(replica, threads);
        }
        Ok(list)
    }

    /// `GET /channels/{channel_id}/threads/archived/{public,private}`: latest archived first.
    pub(crate) fn archived_threads(
        &self,
        actor: u64,
        channel_id: u64,
        private: bool,
        (before_ms, limit): (Option<u64>, u64),
    ) -> Result<Value, ApiError> {
        let needed = super::permission::READ_MESSAGE_HISTORY;
        let needed = if private {
            needed | super::permission::MANAGE_THREADS
        } else {
            needed
        };
        self.need_in_channel(actor, channel_id, needed)?;
        let mut found: Vec<(&Channel, u64)> = self
            .channels
            .values()
            .filter(|one| one.parent_id == Some(channel_id))
            .filter(|one| (one.kind == channel::PRIVATE_THREAD) == private)
            .filter_map(|one| {
                let thread = one.thread.as_ref().filter(|thread| thread.archived)?;
                Some((one, thread.archive_ms))
            })
            .filter(|(_, at_ms)| before_ms.is_none_or(|before| *at_ms < before))
            .collect();
        found.sort_unstable_by_key(|(one, at_ms)| std::cmp::Reverse((*at_ms, one.id)));
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = found.len() > page;
        let threads: Vec<&Channel> = found.into_iter().take(page).map(|(one, _)| one).collect();
        let mut list = thread_list(actor, &threads);
        list["has_more"] = json!(has_more);
        Ok(list)
    }

    /// `THREAD_LIST_SYNC` for one user that came to see a channel.
    pub(crate) fn sync_threads(&mut self, user_id: u64, channel_id: u64) {
        let Some(guild_id) = self.channels.get(&channel_id).map(|one| one.guild_id) else {
            return;
        };
        let threads: Vec<&Channel> = self
            .channels
            .values()
            .filter(|one| one.parent_id == Some(channel_id) && one.is_active())
            .filter(|one| self.can_view(user_id, one.id))
            .collect();
        let mut data = thread_list(user_id, &threads);
        data["guild_id"] = json!(guild_id.to_string());
        data["channel_ids"] = json!([channel_id.to_string()]);
        let audience = (Audience::Only(user_id), event::GUILDS);
        self.emit("THREAD_LIST_SYNC", guild_id, audience, data);
    }
}

/// `{threads, members}` as lists of threads come.
fn thread_list(viewer: u64, threads: &[&Channel]) -> Value {
    let members = threads
        .iter()
        .filter_map(|channel| channel.thread.as_ref()?.member_value(channel.id, viewer));
    json!({
        "threads": threads.iter().map(|one| one.value(None)).collect::<Vec<_>>(),
        "members": members.collect::<Vec<_>>(),
    })
}
