//! The lifecycle's two ports in serenity's words: which request each verb is, and what its answer
//! means.
//!
//! Answers are read into types of their own. serenity's models want more than is needed here (an
//! audit-log entry without a user fails the whole page, though Discord documents it), and a created
//! channel must not be taken for lost because of a field that has nothing to do with it.

use std::collections::HashSet;

use cordboard_lifecycle::{
    ChannelApi, Creation, Deletable, Deletion, Failure, GuildApi, Kind, Listed, LogPage, Place,
    Plan, Presence,
};
use serde::Deserialize;
use serenity::{
    all::{
        ChannelId, ChannelType, CreateChannel, CreateThread, GuildId, PermissionOverwrite,
        PermissionOverwriteType, Permissions, UserId,
    },
    http::{LightMethod, Request, Route},
};
use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker, UserMarker},
};

use crate::wire::{CALL_TIMEOUT, Trouble, Wire, read, with_reason};

/// What the bot needs in a channel of its own, whatever the category denies. It can only grant what
/// it has itself.
const NEEDED: Permissions = Permissions::VIEW_CHANNEL
    .union(Permissions::SEND_MESSAGES)
    .union(Permissions::READ_MESSAGE_HISTORY)
    .union(Permissions::MANAGE_CHANNELS);

/// Entries of the audit log per page: the most Discord gives.
const PAGE: usize = 100;

/// Actions in the audit log (resources/audit-log#audit-log-entry-object-audit-log-events).
const CHANNEL_CREATE: u16 = 10;
const THREAD_CREATE: u16 = 110;

impl ChannelApi for Wire {
    async fn create(&self, plan: &Plan) -> Result<Id<ChannelMarker>, Failure> {
        let deadline = Instant::now() + plan.timeout;
        let (route, body) = payload(plan);
        let request = Request::new(route, LightMethod::Post).body(Some(body));
        let request = with_reason(request, &plan.mark);
        let created = async { read::<Named>(self.ask(request, deadline).await?, deadline).await };
        Ok(created.await.map_err(Trouble::naming)?.id)
    }

    async fn delete(&self, channel: &Deletable) -> Result<Deletion, Failure> {
        let channel_id = ChannelId::new(channel.channel_id().get());
        let request = Request::new(Route::Channel { channel_id }, LightMethod::Delete);
        let request = with_reason(request, &channel.mark());
        let deadline = Instant::now() + CALL_TIMEOUT;
        self.turn(LightMethod::Delete, deadline)
            .await
            .map_err(Trouble::acting)?;
        // What allowed the deletion may be over by now.
        if !channel.is_still_allowed() {
            let source = "withdrawn before its turn came".into();
            return Err(Failure::NotDone { wait: None, source });
        }
        // The status says it all: the body, which is the deleted channel, may get lost.
        match self.ask(request, deadline).await {
            Ok(_) => Ok(Deletion::Accepted),
            Err(trouble) if trouble.is_unknown_channel() => Ok(Deletion::Absent),
            Err(trouble) if trouble.is_out_of_sight() => Ok(Deletion::Hidden),
            Err(trouble) => Err(trouble.acting()),
        }
    }

    async fn look(&self, channel_id: Id<ChannelMarker>) -> Result<Presence, Failure> {
        let channel_id = ChannelId::new(channel_id.get());
        let request = Request::new(Route::Channel { channel_id }, LightMethod::Get);
        match self.ask(request, Instant::now() + CALL_TIMEOUT).await {
            Ok(_) => Ok(Presence::Here),
            Err(trouble) if trouble.is_unknown_channel() => Ok(Presence::Absent),
            Err(trouble) if trouble.is_hidden_channel() => Ok(Presence::Hidden),
            Err(trouble) => Err(trouble.reading()),
        }
    }
}

impl GuildApi for Wire {
    async fn log(
        &self,
        guild_id: Id<GuildMarker>,
        user_id: Id<UserMarker>,
        after: Option<Id<AuditLogEntryMarker>>,
    ) -> Result<LogPage, Failure> {
        let guild_id = GuildId::new(guild_id.get());
        let request = Request::new(Route::GuildAuditLogs { guild_id }, LightMethod::Get);
        let request = request.params(Some(vec![
            ("user_id", user_id.to_string()),
            // Without `after` the newest page comes first; `Http::get_audit_logs` cannot say it.
            ("after", after.map_or(0, Id::get).to_string()),
            ("limit", PAGE.to_string()),
        ]));
        Ok(self.get::<AuditLog>(request).await?.page())
    }

    async fn special_channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<HashSet<Id<ChannelMarker>>, Failure> {
        let route = Route::Guild {
            guild_id: GuildId::new(guild_id.get()),
        };
        let special: SpecialChannels = self.get(Request::new(route, LightMethod::Get)).await?;
        if special.id != guild_id {
            let source = "another guild than the one asked for".into();
            return Err(Failure::NotDone { wait: None, source });
        }
        Ok(special.ids())
    }

    async fn channels(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Listed>, Failure> {
        let route = Route::GuildChannels {
            guild_id: GuildId::new(guild_id.get()),
        };
        let channels: Vec<Channel> = self.get(Request::new(route, LightMethod::Get)).await?;
        Ok(channels.into_iter().map(Channel::listed).collect())
    }

    async fn threads(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Id<ChannelMarker>>, Failure> {
        let route = Route::GuildThreadsActive {
            guild_id: GuildId::new(guild_id.get()),
        };
        let active: ActiveThreads = self.get(Request::new(route, LightMethod::Get)).await?;
        Ok(active.threads.into_iter().map(|of| of.id).collect())
    }
}

/// Where a channel is created, and with what. All of it goes into the one request: what is set
/// afterwards gets lost (discord-api-docs #6573).
fn payload(plan: &Plan) -> (Route<'static>, Vec<u8>) {
    let guild_id = GuildId::new(plan.guild_id.get());
    let overwrite = PermissionOverwrite {
        allow: NEEDED,
        deny: Permissions::empty(),
        kind: PermissionOverwriteType::Member(UserId::new(plan.bot_id.get())),
    };
    let mut channel = CreateChannel::new(&plan.name)
        .kind(ChannelType::Text)
        .topic(plan.mark.to_string())
        .permissions([overwrite]);
    let body = match plan.place {
        Place::Thread(parent_id) => {
            let channel_id = ChannelId::new(parent_id.get());
            let thread = CreateThread::new(&plan.name).kind(ChannelType::PublicThread);
            let body = serde_json::to_vec(&thread).expect("strings and numbers");
            return (Route::ChannelThreads { channel_id }, body);
        }
        Place::Category(parent_id) => {
            channel = channel.category(parent_id.get());
            serde_json::to_vec(&channel)
        }
        Place::Guild => serde_json::to_vec(&channel),
    };
    let body = body.expect("strings and numbers");
    (Route::GuildChannels { guild_id }, body)
}

#[derive(Deserialize)]
struct Named {
    id: Id<ChannelMarker>,
}

#[derive(Deserialize)]
struct ActiveThreads {
    threads: Vec<Named>,
}

#[derive(Deserialize)]
struct AuditLog {
    audit_log_entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: Id<AuditLogEntryMarker>,
    action_type: u16,
    user_id: Option<Id<UserMarker>>,
    target_id: Option<String>,
    reason: Option<String>,
}

impl AuditLog {
    fn page(self) -> LogPage {
        let entries = self.audit_log_entries;
        let mut page = LogPage {
            last: entries.iter().map(|entry| entry.id).max(),
            is_full: entries.len() >= PAGE,
            creations: entries.into_iter().filter_map(Entry::creation).collect(),
        };
        page.creations
            .sort_unstable_by_key(|creation| creation.entry_id);
        page
    }
}

impl Entry {
    /// `None` for what is not the creation of a channel or thread by somebody.
    fn creation(self) -> Option<Creation> {
        Some(Creation {
            entry_id: self.id,
            creator_id: self.user_id?,
            channel_id: self.target_id?.parse().ok()?,
            kind: match self.action_type {
                CHANNEL_CREATE => Kind::Text,
                THREAD_CREATE => Kind::Thread,
                _ => return None,
            },
            reason: self.reason,
        })
    }
}

/// The channels a guild names (resources/guild#guild-object). A field of an unexpected type fails
/// the read; it must not pass for "none".
#[derive(Deserialize)]
struct SpecialChannels {
    /// Required, so that no other object passes for a guild without special channels.
    id: Id<GuildMarker>,
    afk_channel_id: Option<Id<ChannelMarker>>,
    public_updates_channel_id: Option<Id<ChannelMarker>>,
    rules_channel_id: Option<Id<ChannelMarker>>,
    safety_alerts_channel_id: Option<Id<ChannelMarker>>,
    system_channel_id: Option<Id<ChannelMarker>>,
    widget_channel_id: Option<Id<ChannelMarker>>,
}

impl SpecialChannels {
    fn ids(self) -> HashSet<Id<ChannelMarker>> {
        let ids = [
            self.afk_channel_id,
            self.public_updates_channel_id,
            self.rules_channel_id,
            self.safety_alerts_channel_id,
            self.system_channel_id,
            self.widget_channel_id,
        ];
        ids.into_iter().flatten().collect()
    }
}

#[derive(Deserialize)]
struct Channel {
    id: Id<ChannelMarker>,
    name: Option<String>,
    parent_id: Option<Id<ChannelMarker>>,
    topic: Option<String>,
    #[serde(rename = "type")]
    kind: u8,
}

impl Channel {
    fn listed(self) -> Listed {
        Listed {
            channel_id: self.id,
            name: self.name,
            parent_id: self.parent_id,
            topic: self.topic,
            is_text: self.kind == 0,
        }
    }
}
