//! What people do to channels and threads.

use super::{Simulator, id_of};
use crate::{
    HumanAct,
    shared::Shared,
    world::{
        ApiError, ChannelDraft, ChannelPatch, Overwrite, OverwriteKind, permission::VIEW_CHANNEL,
    },
};

/// `GUILD_CATEGORY`.
const CATEGORY: u64 = 4;

/// The acts of the human on channels. Each panics when Discord refuses it: the human owns the
/// guild, so it is the test that is wrong, unless the guild is in an outage.
#[expect(
    clippy::must_use_candidate,
    reason = "the id is a by-product of creating"
)]
impl Simulator {
    /// Creates a text channel; answers its id.
    ///
    /// # Panics
    ///
    /// When Discord refuses it.
    pub fn create_channel(&self, name: &str) -> u64 {
        self.create_channel_with(name, None, None)
    }

    /// Creates a text channel with a topic and in a category, such as a copy of one of ours;
    /// answers its id.
    ///
    /// # Panics
    ///
    /// When Discord refuses it.
    pub fn create_channel_with(
        &self,
        name: &str,
        topic: Option<&str>,
        parent_id: Option<u64>,
    ) -> u64 {
        self.create(name, 0, topic, parent_id)
    }

    /// Creates a category; answers its id.
    ///
    /// # Panics
    ///
    /// When Discord refuses it.
    pub fn create_category(&self, name: &str) -> u64 {
        self.create(name, CATEGORY, None, None)
    }

    /// Creates a text channel as a bot, such as one of [`Simulator::bot_ids`]: it is that bot's in
    /// the audit log. Answers its id.
    ///
    /// # Panics
    ///
    /// When Discord refuses it: the bot needs `MANAGE_CHANNELS`
    /// ([`BotConfig::permissions`](crate::BotConfig::permissions)).
    pub fn create_channel_as(&self, user_id: u64, name: &str) -> u64 {
        let made = self.act(HumanAct::CreateAsBot {
            user_id: Some(user_id),
            name: name.to_owned(),
            topic: None,
            reason: None,
        });
        made.expect("a channel that was made has an id")
    }

    /// Creates text channels as the proxy's bot, as an earlier program with its token left them
    /// behind: `prefix` and a number each, without topic or reason. Answers their ids.
    ///
    /// # Panics
    ///
    /// When the guild is full, or the bot may not create channels.
    pub fn create_leftovers(&self, prefix: &str, count: usize) -> Vec<u64> {
        let proxy = self.user_id();
        (0..count)
            .map(|index| self.create_channel_as(proxy, &format!("{prefix}{index}")))
            .collect()
    }

    fn create(&self, name: &str, kind: u64, topic: Option<&str>, parent_id: Option<u64>) -> u64 {
        let made = self.act(HumanAct::CreateChannel {
            name: name.to_owned(),
            kind,
            topic: topic.map(ToOwned::to_owned),
            parent_id,
        });
        made.expect("a channel that was made has an id")
    }

    /// Deletes a channel or a thread.
    ///
    /// # Panics
    ///
    /// When there is no such channel.
    pub fn delete_channel(&self, channel_id: u64) {
        self.act(HumanAct::DeleteChannel { channel_id });
    }

    /// Renames a channel or a thread.
    ///
    /// # Panics
    ///
    /// When Discord refuses the name, or there is no such channel.
    pub fn rename_channel(&self, channel_id: u64, name: &str) {
        let name = name.to_owned();
        self.act(HumanAct::RenameChannel { channel_id, name });
    }

    /// Moves a channel into a category, or out of any.
    ///
    /// # Panics
    ///
    /// When the category is full or none, or there is no such channel.
    pub fn move_channel(&self, channel_id: u64, parent_id: Option<u64>) {
        self.act(HumanAct::MoveChannel {
            channel_id,
            parent_id,
        });
    }

    /// Sets a channel's topic, or takes it away, with whatever mark is in it.
    ///
    /// # Panics
    ///
    /// When the topic is too long, or there is no such channel.
    pub fn set_topic(&self, channel_id: u64, topic: Option<&str>) {
        let topic = topic.map(ToOwned::to_owned);
        self.act(HumanAct::SetTopic { channel_id, topic });
    }

    /// Hides a channel from the proxy's bot: the bot's own overwrite denies `VIEW_CHANNEL`.
    ///
    /// # Panics
    ///
    /// When there is no such channel, or it is a thread.
    pub fn hide_channel(&self, channel_id: u64) {
        self.act(HumanAct::HideChannel { channel_id });
    }

    /// Shows a channel to the proxy's bot again: the bot's own overwrite allows `VIEW_CHANNEL`.
    ///
    /// # Panics
    ///
    /// When there is no such channel, or it is a thread.
    pub fn show_channel(&self, channel_id: u64) {
        self.act(HumanAct::ShowChannel { channel_id });
    }

    /// Archives a thread, or wakes it up.
    ///
    /// # Panics
    ///
    /// When there is no such thread.
    pub fn set_archived(&self, channel_id: u64, archived: bool) {
        self.act(HumanAct::SetArchived {
            channel_id,
            archived,
        });
    }
}

/// Creates a channel.
pub(crate) fn create(shared: &Shared, draft: ChannelDraft) -> Result<u64, ApiError> {
    let (actor, guild_id) = (shared.config.human.user_id, shared.config.guild.id);
    let made = shared.change(|world| world.create_channel(actor, guild_id, draft, None))?;
    Ok(id_of(&made))
}

/// Creates a channel as a bot: as the proxy's own, as another program with its token does, unless
/// another one is named.
pub(crate) fn create_as_bot(
    shared: &Shared,
    user_id: Option<u64>,
    draft: ChannelDraft,
    reason: Option<&str>,
) -> Result<u64, ApiError> {
    let actor = user_id.unwrap_or(shared.config.proxy.user_id);
    let guild_id = shared.config.guild.id;
    let made = shared.change(|world| world.create_channel(actor, guild_id, draft, reason))?;
    Ok(id_of(&made))
}

/// Deletes a channel.
pub(crate) fn delete(shared: &Shared, channel_id: u64) -> Result<(), ApiError> {
    let actor = shared.config.human.user_id;
    shared
        .change(|world| world.delete_channel(actor, channel_id, None))
        .map(drop)
}

/// Renames a channel or a thread.
pub(crate) fn rename(shared: &Shared, channel_id: u64, name: String) -> Result<(), ApiError> {
    let patch = ChannelPatch {
        name: Some(name),
        ..ChannelPatch::default()
    };
    modify(shared, channel_id, patch)
}

/// Moves a channel into a category, or out of any.
pub(crate) fn relocate(
    shared: &Shared,
    channel_id: u64,
    parent_id: Option<u64>,
) -> Result<(), ApiError> {
    let patch = ChannelPatch {
        parent_id: Some(parent_id),
        ..ChannelPatch::default()
    };
    modify(shared, channel_id, patch)
}

/// Sets a topic, or takes it away.
pub(crate) fn retopic(
    shared: &Shared,
    channel_id: u64,
    topic: Option<String>,
) -> Result<(), ApiError> {
    let patch = ChannelPatch {
        topic: Some(topic),
        ..ChannelPatch::default()
    };
    modify(shared, channel_id, patch)
}

fn modify(shared: &Shared, channel_id: u64, patch: ChannelPatch) -> Result<(), ApiError> {
    let actor = shared.config.human.user_id;
    shared
        .change(|world| world.modify_channel(actor, channel_id, patch, None))
        .map(drop)
}

/// Archives a thread or wakes it up. What it is already it stays.
pub(crate) fn archive(shared: &Shared, channel_id: u64, archived: bool) -> Result<(), ApiError> {
    let archived_now = shared.world.lock().is_archived(channel_id);
    let Some(archived_now) = archived_now else {
        return Err(ApiError::unknown_channel());
    };
    if archived_now == archived {
        return Ok(());
    }
    let patch = ChannelPatch {
        archived: Some(archived),
        ..ChannelPatch::default()
    };
    modify(shared, channel_id, patch)
}

/// Moves `VIEW_CHANNEL` between the two sides of the bot's own overwrite.
pub(crate) fn show(shared: &Shared, channel_id: u64, shown: bool) -> Result<(), ApiError> {
    let (actor, user_id) = (shared.config.human.user_id, shared.config.proxy.user_id);
    shared.change(|world| {
        let own = world.overwrite_of(channel_id, user_id);
        let (allow, deny) = own.map_or((0, 0), |own| (own.allow, own.deny));
        let (allow, deny) = (allow & !VIEW_CHANNEL, deny & !VIEW_CHANNEL);
        let overwrite = Overwrite {
            id: user_id,
            kind: OverwriteKind::Member,
            allow: allow | if shown { VIEW_CHANNEL } else { 0 },
            deny: deny | if shown { 0 } else { VIEW_CHANNEL },
        };
        world.set_overwrite(actor, channel_id, overwrite, None)
    })
}
