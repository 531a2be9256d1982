//! How a channel goes, and what goes with it.

use serde_json::{Value, json};

use super::{CATEGORY, Channel};
use crate::world::{
    ApiError, ChannelTruth, World,
    audit::{self, Act},
    bounds,
    event::{self, Audience},
    permission,
};

impl World {
    /// `DELETE /channels/{channel_id}`: answers what is no more. No `MESSAGE_DELETE` for its
    /// messages, no `THREAD_DELETE` for its threads (discord-facts 4.6).
    pub(crate) fn delete_channel(
        &mut self,
        actor: u64,
        channel_id: u64,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        let (channel, held) = self.channel_for(actor, channel_id)?;
        let is_thread = channel.thread.is_some();
        let needed = if is_thread {
            permission::MANAGE_THREADS
        } else {
            permission::MANAGE_CHANNELS
        };
        if held & needed == 0 {
            return Err(ApiError::missing_permissions());
        }
        let guild_id = channel.guild_id;
        if self
            .guilds
            .get(&guild_id)
            .is_some_and(|guild| guild.requires(channel_id))
        {
            return Err(ApiError::community_channel());
        }
        let (kind, value) = (channel.kind, channel.value(None));
        let orphans = self.children(channel_id);
        self.bury(channel_id, actor);
        if let Some(guild) = self.guilds.get_mut(&guild_id) {
            guild.special.retain(|_, special| *special != channel_id);
            guild.onboarding.forget(channel_id);
        }
        self.note_protection();
        self.announce_death(guild_id, is_thread, &value);
        let action = if is_thread {
            audit::THREAD_DELETE
        } else {
            audit::CHANNEL_DELETE
        };
        let act = Act::on(action, channel_id)
            .old_value("name", &value["name"])
            .old_value("type", &value["type"]);
        self.audit(guild_id, actor, act, reason);
        for orphan in orphans {
            if kind == CATEGORY {
                self.change_channel(orphan, |channel| channel.parent_id = None)?;
            } else {
                self.bury(orphan, actor);
            }
        }
        Ok(value)
    }

    /// Everything that ever was a channel or a thread, oldest first.
    pub(crate) fn channels_for_truth(&self) -> Vec<ChannelTruth> {
        let mut truths: Vec<ChannelTruth> = self
            .channels
            .values()
            .chain(self.dead.values())
            .map(truth)
            .collect();
        truths.sort_unstable_by_key(|truth| (truth.created_at, truth.id));
        truths
    }

    /// Id and name of every living channel and thread that a user created.
    pub(crate) fn living_of(&self, creator_id: u64) -> impl Iterator<Item = (u64, &str)> {
        let living = self.channels.values();
        living
            .filter(move |one| one.creator_id == creator_id)
            .map(|one| (one.id, one.name.as_str()))
    }

    /// Who created a channel or thread, also one that is gone.
    pub(crate) fn creator_of(&self, channel_id: u64) -> Option<u64> {
        self.any_channel(channel_id).map(|one| one.creator_id)
    }

    fn children(&self, channel_id: u64) -> Vec<u64> {
        let children = self
            .channels
            .values()
            .filter(|one| one.parent_id == Some(channel_id));
        children.map(|one| one.id).collect()
    }

    /// Takes a channel out of the living world and keeps it for the ground truth.
    fn bury(&mut self, channel_id: u64, actor: u64) {
        let Some(mut channel) = self.channels.remove(&channel_id) else {
            return;
        };
        channel.death = Some((self.clock.now_ms(), actor));
        self.webhooks
            .retain(|_, webhook| webhook.channel_id != channel_id);
        self.dead.insert(channel_id, channel);
        self.graves.push_back(channel_id);
        while self.graves.len() > bounds::DEAD_HISTORIES_MAX {
            if let Some(oldest) = self.graves.pop_front() {
                self.forget_messages(oldest);
            }
        }
    }

    fn announce_death(&mut self, guild_id: u64, is_thread: bool, value: &Value) {
        if !is_thread {
            let audience = (Audience::Guild, event::GUILDS);
            self.emit("CHANNEL_DELETE", guild_id, audience, value.clone());
            return;
        }
        let data = json!({
            "id": value["id"],
            "guild_id": value["guild_id"],
            "parent_id": value["parent_id"],
            "type": value["type"],
        });
        let id = value["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .unwrap_or(0);
        let audience = (Audience::Channel(id), event::GUILDS);
        self.emit("THREAD_DELETE", guild_id, audience, data);
    }
}

fn truth(channel: &Channel) -> ChannelTruth {
    ChannelTruth {
        id: channel.id,
        guild_id: channel.guild_id,
        parent_id: channel.parent_id,
        name: channel.name.clone(),
        topic: channel.topic.clone(),
        kind: channel.kind,
        creator_id: channel.creator_id,
        alive: channel.death.is_none(),
        created_at: channel.created_ms,
        deleted_at: channel.death.map(|(at_ms, _)| at_ms),
        deleted_by: channel.death.map(|(_, actor)| actor),
    }
}
