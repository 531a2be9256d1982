//! How a channel comes to be.

use serde_json::{Value, json};

use super::{CATEGORY, Channel, ChannelDraft};
use crate::world::{
    ApiError, World,
    audit::{self, Act},
    bounds,
    event::{self, Audience},
    permission,
};

impl World {
    /// `POST /guilds/{guild_id}/channels`. There is no idempotency key: each call is a new channel.
    pub(crate) fn create_channel(
        &mut self,
        actor: u64,
        guild_id: u64,
        draft: ChannelDraft,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        self.guild_for(actor, guild_id)?;
        draft.check()?;
        self.check_words(&draft.name)?;
        // Known before permissions: who cannot see the category learns nothing else about it.
        self.check_parent(guild_id, draft.kind, draft.parent_id, None)?;
        let held = match draft.parent_id {
            Some(parent_id) => self.permissions_in(actor, parent_id),
            None => self.guild_permissions(guild_id, actor),
        };
        if held & permission::MANAGE_CHANNELS == 0 {
            return Err(ApiError::missing_permissions());
        }
        let overwrites = draft.overwrites.as_deref().unwrap_or(&[]);
        self.check_overwrites(actor, guild_id, None, overwrites)?;
        self.check_room(guild_id, draft.kind)?;
        let channel = self.conceive(actor, guild_id, draft);
        let value = channel.value(None);
        self.channels.insert(channel.id, channel);
        self.announce_birth(actor, guild_id, &value, reason);
        Ok(value)
    }

    /// 50035 for a parent that is no category of this guild or is full. `mover` is the channel
    /// that is already in it, if any.
    pub(crate) fn check_parent(
        &self,
        guild_id: u64,
        kind: u64,
        parent_id: Option<u64>,
        mover: Option<u64>,
    ) -> Result<(), ApiError> {
        let Some(parent_id) = parent_id else {
            return Ok(());
        };
        let parent = self
            .channels
            .get(&parent_id)
            .filter(|one| one.guild_id == guild_id);
        let refuse = |code, message: &str| Err(ApiError::form("parent_id", code, message));
        let Some(parent) = parent else {
            return refuse("CHANNEL_PARENT_INVALID", "Category does not exist");
        };
        if kind == CATEGORY {
            let message = "Categories cannot have subcategories";
            return refuse("CHANNEL_PARENT_INVALID_TYPE", message);
        }
        if parent.kind != CATEGORY {
            return refuse("CHANNEL_PARENT_INVALID_TYPE", "Not a category");
        }
        let max = self.category_channels_max;
        let others = self.channels.values().filter(|one| {
            one.parent_id == Some(parent_id) && one.thread.is_none() && Some(one.id) != mover
        });
        if others.count() >= max {
            let message = format!("Maximum number of channels in category reached ({max})");
            return refuse("CHANNEL_PARENT_MAX_CHANNELS", &message);
        }
        Ok(())
    }

    /// 20031 for a name with a word that is not allowed.
    pub(crate) fn check_words(&self, name: &str) -> Result<(), ApiError> {
        let name = name.to_lowercase();
        if self.refused_words.iter().any(|word| name.contains(word)) {
            return Err(ApiError::name_refused());
        }
        Ok(())
    }

    /// 30013 when the guild is full. Threads do not count, and where a race may overshoot, neither
    /// do the newest channels, up to the overshoot.
    fn check_room(&self, guild_id: u64, kind: u64) -> Result<(), ApiError> {
        let rooms = || {
            self.channels
                .values()
                .filter(|one| one.guild_id == guild_id && one.thread.is_none())
        };
        let horizon = self
            .clock
            .now_ms()
            .saturating_sub(bounds::OVERSHOOT_WINDOW_MS);
        let counted =
            rooms().filter(|one| self.channels_overshoot == 0 || one.created_ms <= horizon);
        let full = counted.count() >= self.channels_max;
        if full || rooms().count() >= self.channels_max + self.channels_overshoot {
            return Err(ApiError::too_many_channels(self.channels_max));
        }
        let categories = rooms().filter(|one| one.kind == CATEGORY).count();
        if kind == CATEGORY && categories >= bounds::CATEGORIES_MAX {
            return Err(ApiError::too_many_channels(bounds::CATEGORIES_MAX));
        }
        Ok(())
    }

    fn conceive(&mut self, actor: u64, guild_id: u64, draft: ChannelDraft) -> Channel {
        let name = draft.kept_name();
        let parent = draft.parent_id.and_then(|id| self.channels.get(&id));
        // Without overwrites of its own a channel starts in step with its category.
        let inherited = parent.map_or(Vec::new(), |parent| parent.overwrites.clone());
        let beside = self.channels.values().filter(|one| {
            one.guild_id == guild_id && one.thread.is_none() && one.kind == draft.kind
        });
        let end = beside.map(|one| one.position + 1).max().unwrap_or(0);
        Channel {
            id: self.snowflakes.next(&self.clock),
            guild_id,
            kind: draft.kind,
            name,
            topic: draft.topic.filter(|topic| !topic.is_empty()),
            parent_id: draft.parent_id,
            position: draft.position.unwrap_or(end),
            nsfw: draft.nsfw,
            rate_limit_per_user: draft.rate_limit_per_user,
            default_auto_archive_duration: draft.default_auto_archive_duration,
            default_thread_rate_limit_per_user: draft.default_thread_rate_limit_per_user,
            overwrites: draft.overwrites.unwrap_or(inherited),
            last_message_id: None,
            flags: 0,
            creator_id: actor,
            created_ms: self.clock.now_ms(),
            thread: None,
            death: None,
        }
    }

    fn announce_birth(&mut self, actor: u64, guild_id: u64, value: &Value, reason: Option<&str>) {
        let audience = (Audience::Guild, event::GUILDS);
        self.emit("CHANNEL_CREATE", guild_id, audience, value.clone());
        let id = value["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .unwrap_or(0);
        let mut act = Act::on(audit::CHANNEL_CREATE, id)
            .new_value("name", &value["name"])
            .new_value("type", &value["type"])
            .new_value("permission_overwrites", &value["permission_overwrites"]);
        for key in ["topic", "nsfw", "rate_limit_per_user"] {
            match value.get(key) {
                None | Some(Value::Null) => {}
                Some(set) => act = act.new_value(key, set),
            }
        }
        self.audit(guild_id, actor, act.new_value("flags", &json!(0)), reason);
    }
}
