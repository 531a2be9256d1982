//! A Discord whose list goes on showing what is gone.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use cordboard_discord::Discord;
use cordboard_lifecycle::{
    ChannelApi, Deletable, Deletion, Failure, GuildApi, Listed, LogPage, Plan, Presence,
};
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker, UserMarker},
};

/// The channels that the list shows whether they are there or not.
pub(crate) type Ghosts = Arc<Mutex<HashSet<u64>>>;

/// The real sender, and ghosts in what it reads.
#[derive(Debug)]
pub(crate) struct Haunted {
    pub(crate) discord: Discord,
    pub(crate) ghosts: Ghosts,
}

impl ChannelApi for Haunted {
    async fn create(&self, plan: &Plan) -> Result<Id<ChannelMarker>, Failure> {
        self.discord.create(plan).await
    }

    async fn delete(&self, channel: &Deletable) -> Result<Deletion, Failure> {
        self.discord.delete(channel).await
    }

    async fn look(&self, channel_id: Id<ChannelMarker>) -> Result<Presence, Failure> {
        self.discord.look(channel_id).await
    }
}

impl GuildApi for Haunted {
    async fn log(
        &self,
        guild_id: Id<GuildMarker>,
        user_id: Id<UserMarker>,
        after: Option<Id<AuditLogEntryMarker>>,
    ) -> Result<LogPage, Failure> {
        self.discord.log(guild_id, user_id, after).await
    }

    async fn special_channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<HashSet<Id<ChannelMarker>>, Failure> {
        self.discord.special_channels(guild_id).await
    }

    async fn channels(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Listed>, Failure> {
        let mut listed = self.discord.channels(guild_id).await?;
        let ghosts = self.ghosts.lock().expect("nobody panics with it").clone();
        listed.retain(|channel| !ghosts.contains(&channel.channel_id.get()));
        listed.extend(ghosts.into_iter().map(|id| Listed {
            channel_id: Id::new(id),
            name: None,
            parent_id: None,
            topic: None,
            is_text: true,
        }));
        Ok(listed)
    }

    async fn threads(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Id<ChannelMarker>>, Failure> {
        self.discord.threads(guild_id).await
    }
}
