//! The life of a channel over REST: `cordboard_lifecycle::ChannelApi`.

use std::collections::HashSet;

use cordboard_lifecycle::{
    ChannelApi, Deletable, Deletion, Failure, GuildApi, Listed, LogPage, Place, Plan, Presence, kp,
};
use serde::Deserialize;
use tokio::time::Instant;
use twilight_http::request::AuditLogReason;
use twilight_model::{
    channel::{
        ChannelType,
        permission_overwrite::{PermissionOverwrite, PermissionOverwriteType},
        thread::AutoArchiveDuration,
    },
    guild::Permissions,
    id::{
        Id,
        marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker, UserMarker},
    },
};

use crate::{
    Code, Discord, NewThread, Trouble,
    audit_log::AuditLog,
    call::Call,
    limiter::{Resource, Share},
    limits::PAGE,
    send::{json, nothing},
    verdict::Failed,
};

impl ChannelApi for Discord {
    async fn create(&self, plan: &Plan) -> Result<Id<ChannelMarker>, Failure> {
        kp!("discord.create.asked");
        let deadline = Instant::now() + plan.timeout;
        if let Place::Thread(parent_id) = plan.place {
            let mark = plan.mark.to_string();
            let thread = NewThread {
                parent_id,
                name: &plan.name,
                // The shortest there is: only threads that are not archived count against the
                // guild's maximum.
                auto_archive: AutoArchiveDuration::Hour,
                reason: &mark,
                timeout: plan.timeout,
            };
            return self.create_thread(&thread).await;
        }
        let outcome = self.create_wishing(plan, deadline).await;
        kp!("discord.create.settled");
        outcome.map_err(Failed::naming)
    }

    async fn delete(&self, channel: &Deletable) -> Result<Deletion, Failure> {
        let mark = channel.mark().to_string();
        let channel_id = channel.channel_id();
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that builds a deletion; a `Deletable` passed lifecycle's authorize"
        )]
        let request = self.builders.delete_channel(channel_id).reason(&mark);
        let call = Call::new(
            "DELETE /channels/{channel_id}",
            Share::Deletion,
            Resource::Channel(channel_id),
            request,
        );
        let call = call.map_err(acting)?;
        kp!("discord.delete.asked");
        let outcome = self
            .sender
            .send_while(|| channel.is_still_allowed(), &call, nothing)
            .await;
        kp!("discord.delete.settled");
        deletion(outcome)
    }

    async fn look(&self, channel_id: Id<ChannelMarker>) -> Result<Presence, Failure> {
        let call = Call::new(
            "GET /channels/{channel_id}",
            Share::Deletion,
            Resource::Channel(channel_id),
            self.builders.channel(channel_id),
        );
        kp!("discord.look.asked");
        let outcome = self.sender.send(&call.map_err(acting)?, nothing).await;
        kp!("discord.look.settled");
        presence(outcome)
    }
}

impl GuildApi for Discord {
    async fn log(
        &self,
        guild_id: Id<GuildMarker>,
        user_id: Id<UserMarker>,
        after: Option<Id<AuditLogEntryMarker>>,
    ) -> Result<LogPage, Failure> {
        let request = self
            .builders
            .audit_log(guild_id)
            .user_id(user_id)
            // Without `after` the newest page comes first; the caller wants the oldest.
            .after(after.map_or(0, Id::get))
            .limit(PAGE);
        let call = Call::new(
            "GET /guilds/{guild_id}/audit-logs",
            Share::Upkeep,
            Resource::Guild(guild_id),
            request,
        );
        let call = call.map_err(acting)?;
        kp!("discord.audit_log.asked");
        let log = self
            .sender
            .send(&call, json::<AuditLog>)
            .await
            .map_err(Failed::reading)?;
        kp!("discord.audit_log.read");
        Ok(log.page())
    }

    async fn channels(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Listed>, Failure> {
        let channels = self.guild_channels(guild_id).await?;
        kp!("discord.channels.read");
        Ok(channels)
    }

    async fn threads(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Id<ChannelMarker>>, Failure> {
        let call = Call::new(
            "GET /guilds/{guild_id}/threads/active",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.active_threads(guild_id),
        );
        let call = call.map_err(acting)?;
        let listed = self.sender.send(&call, json::<ActiveThreads>).await;
        let listed = listed.map_err(Failed::reading)?;
        Ok(listed.threads.into_iter().map(|of| of.id).collect())
    }

    async fn special_channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<HashSet<Id<ChannelMarker>>, Failure> {
        let call = Call::new(
            "GET /guilds/{guild_id}",
            Share::Upkeep,
            Resource::Guild(guild_id),
            self.builders.guild(guild_id),
        );
        let call = call.map_err(acting)?;
        kp!("discord.special.asked");
        let special = self.sender.send(&call, json::<SpecialChannels>).await;
        kp!("discord.special.settled");
        let special = special.map_err(Failed::reading)?;
        if special.id != guild_id {
            let trouble = Trouble::Unreadable("another guild than the one asked for".into());
            return Err(Failed::from(trouble).reading());
        }
        let mut ids = special.ids();
        match self.onboarding_channels(guild_id).await {
            Ok(onboarding) => ids.extend(onboarding),
            // Who may read it is not documented; that it is kept from us is no reason to delete
            // nothing any more.
            Err(Failure::Never { source }) => {
                tracing::debug!(error = %source, "onboarding is not shown to us");
            }
            Err(failure) => return Err(failure),
        }
        Ok(ids)
    }
}

impl Discord {
    pub(crate) async fn create_allowing(
        &self,
        plan: &Plan,
        deadline: Instant,
        allow: Permissions,
    ) -> Result<Id<ChannelMarker>, Failed> {
        let mark = plan.mark.to_string();
        // All in one request: overwrites set afterwards get lost (discord-api-docs #6573).
        let overwrites = [PermissionOverwrite {
            allow,
            deny: Permissions::empty(),
            id: plan.bot_id.cast(),
            kind: PermissionOverwriteType::Member,
        }];
        let mut request = self
            .builders
            .create_guild_channel(plan.guild_id, &plan.name)
            .kind(ChannelType::GuildText)
            .topic(&mark)
            .permission_overwrites(&overwrites)
            .reason(&mark);
        if let Place::Category(parent_id) = plan.place {
            request = request.parent_id(parent_id);
        }
        let guild = Resource::Guild(plan.guild_id);
        let call = Call::new(
            "POST /guilds/{guild_id}/channels",
            Share::Conversation,
            guild,
            request,
        )?
        .until(deadline);
        Ok(self.sender.send(&call, json::<Named>).await?.id)
    }
}

fn deletion(outcome: Result<(), Failed>) -> Result<Deletion, Failure> {
    match outcome {
        Ok(()) => Ok(Deletion::Accepted),
        Err(failed) => match &failed.trouble {
            // The status says it all; the deleted channel in the body is of no use.
            Trouble::BodyLost {
                status: 200..=299, ..
            } => Ok(Deletion::Accepted),
            trouble if is_unknown_channel(trouble) => Ok(Deletion::Absent),
            trouble if speaks_of_something_else(trouble) => Err(Failure::Unknown {
                source: failed.trouble.into(),
            }),
            Trouble::Refused(refusal) if refusal.code == Code::MissingAccess => {
                Ok(Deletion::Hidden)
            }
            _ => Err(failed.acting()),
        },
    }
}

fn presence(outcome: Result<(), Failed>) -> Result<Presence, Failure> {
    match outcome {
        Ok(()) => Ok(Presence::Here),
        Err(failed) => match &failed.trouble {
            trouble if is_unknown_channel(trouble) => Ok(Presence::Absent),
            trouble if speaks_of_something_else(trouble) => Err(Failure::NotDone {
                wait: None,
                source: failed.trouble.into(),
            }),
            Trouble::Refused(refusal)
                if matches!(refusal.code, Code::MissingAccess | Code::MissingPermission) =>
            {
                Ok(Presence::Hidden)
            }
            _ => Err(failed.reading()),
        },
    }
}

fn acting(trouble: Trouble) -> Failure {
    Failed::from(trouble).acting()
}

fn is_unknown_channel(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused(refusal)
        if refusal.status == 404 && refusal.code == Code::UnknownChannel)
}

/// A 404 that says nothing of the channel, nor of its guild: no more is known than after a 5xx, and
/// nothing that an operator could put right.
fn speaks_of_something_else(trouble: &Trouble) -> bool {
    let speaks_of_it = [Code::UnknownChannel, Code::UnknownGuild];
    matches!(trouble, Trouble::Refused(refusal)
        if refusal.status == 404 && !speaks_of_it.contains(&refusal.code))
}

#[derive(Deserialize)]
struct Named {
    id: Id<ChannelMarker>,
}

#[derive(Deserialize)]
struct ActiveThreads {
    threads: Vec<Named>,
}

/// The channels a guild object names (resources/guild#guild-object). Read from the raw object: a
/// field that twilight does not know must not cost a channel its protection, and a field of an
/// unexpected type fails the read rather than passing for "none".
#[derive(Deserialize)]
struct SpecialChannels {
    /// Required, so that no other object passes for a guild without special channels.
    id: Id<GuildMarker>,
    #[serde(default)]
    afk_channel_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    public_updates_channel_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    rules_channel_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    safety_alerts_channel_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    system_channel_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    widget_channel_id: Option<Id<ChannelMarker>>,
}

impl SpecialChannels {
    fn ids(self) -> HashSet<Id<ChannelMarker>> {
        [
            self.afk_channel_id,
            self.public_updates_channel_id,
            self.rules_channel_id,
            self.safety_alerts_channel_id,
            self.system_channel_id,
            self.widget_channel_id,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests;
