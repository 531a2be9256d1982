//! A guild's channels for people who look at them: with names, and who made them.

use cordboard_lifecycle::LogPage;
use serde::Deserialize;
use twilight_model::{
    channel::permission_overwrite::PermissionOverwrite,
    guild::audit_log::AuditLogEventType,
    id::{
        Id,
        marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker, MessageMarker},
    },
};

use crate::{
    Discord, DiscordError,
    audit_log::AuditLog,
    call::Call,
    limiter::{Resource, Share},
    limits::PAGE,
    send::json,
    verdict::Failed,
};

/// A channel in the guild's list (resources/channel#channel-object).
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelOverview {
    /// The channel.
    pub id: Id<ChannelMarker>,
    /// Its type: 0 text, 2 voice, 4 category.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Its name; empty when Discord does not show it to the bot.
    #[serde(default)]
    pub name: String,
    /// The category it is under.
    #[serde(default)]
    pub parent_id: Option<Id<ChannelMarker>>,
    /// Its topic.
    #[serde(default)]
    pub topic: Option<String>,
    /// Its last message, which may have been deleted.
    #[serde(default)]
    pub last_message_id: Option<Id<MessageMarker>>,
    /// What it changes about the permissions of roles and members.
    #[serde(default)]
    pub permission_overwrites: Vec<PermissionOverwrite>,
}

impl Discord {
    /// A guild's channels, categories included and threads not, as far as the bot may see them
    /// (resources/guild#get-guild-channels).
    pub async fn overview(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<Vec<ChannelOverview>, DiscordError> {
        let call = Call::new(
            "GET /guilds/{guild_id}/channels",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.guild_channels(guild_id),
        );
        let call = call.map_err(Failed::from)?;
        Ok(self.sender.send(&call, json).await?)
    }

    /// Who created channels, whoever it was: the entries of the guild's audit log with ids above `after`,
    /// oldest first, at most one page (resources/audit-log#get-guild-audit-log). It goes back 45 days.
    pub async fn channel_creations(
        &self,
        guild_id: Id<GuildMarker>,
        after: Option<Id<AuditLogEntryMarker>>,
    ) -> Result<LogPage, DiscordError> {
        let request = self
            .builders
            .audit_log(guild_id)
            .action_type(AuditLogEventType::ChannelCreate)
            // Without `after` the newest page comes first.
            .after(after.map_or(0, Id::get))
            .limit(PAGE);
        let call = Call::new(
            "GET /guilds/{guild_id}/audit-logs",
            Share::Upkeep,
            Resource::Guild(guild_id),
            request,
        );
        let call = call.map_err(Failed::from)?;
        Ok(self.sender.send(&call, json::<AuditLog>).await?.page())
    }
}
