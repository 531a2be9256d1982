//! All the lifecycle asks of Discord, in the lifecycle's own words: three verbs about a channel, and
//! four questions about the guild.

use std::{collections::HashSet, time::Duration};

use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker, UserMarker},
};

use crate::{Failure, Kind, Mark, authorize::Deletable};

/// One channel to create, complete: nothing is added to it later, because overwrites set right
/// after creation were seen to get lost (discord-api-docs #6573).
#[derive(Clone, Debug)]
pub struct Plan {
    /// The guild to create it in.
    pub guild_id: Id<GuildMarker>,
    /// Where in the guild.
    pub place: Place,
    /// The channel's name, for people: `[a-z0-9-]`, at most 100 characters.
    pub name: String,
    /// The mark, to be sent in the topic (threads have none) and in the audit-log reason.
    pub mark: Mark,
    /// Our own bot user: the creation of a channel carries a member overwrite that lets it see and
    /// use the channel whatever the category denies.
    pub bot_id: Id<UserMarker>,
    /// How long the call may take in all, waiting for a rate limit included.
    pub timeout: Duration,
}

/// Where a channel is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// At the top of the guild.
    Guild,
    /// Under a category.
    Category(Id<ChannelMarker>),
    /// As a thread of a text channel.
    Thread(Id<ChannelMarker>),
}

/// Whether Discord holds a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// `GET /channels/{id}` named it.
    Here,
    /// `GET /channels/{id}` refused to show it (403): it exists.
    Hidden,
    /// `GET /channels/{id}` answered 404 with code 10003.
    Absent,
}

/// What a deletion request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// 2xx: Discord says it deleted the channel.
    Accepted,
    /// 404 with code 10003: it was gone already, or Discord lags. Look to be sure.
    Absent,
    /// 403 with code 50001: it is there, and out of our sight. The caller parks it.
    Hidden,
}

/// One creation of a channel or thread as the guild's audit log states it (evidence E2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// The log entry; later entries have larger ids.
    pub entry_id: Id<AuditLogEntryMarker>,
    /// Who created it.
    pub creator_id: Id<UserMarker>,
    /// The channel that was created.
    pub channel_id: Id<ChannelMarker>,
    /// What was created.
    pub kind: Kind,
    /// The audit-log reason, if one was given: where our mark is.
    pub reason: Option<String>,
}

/// A stretch of the guild's audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// The creations on it, oldest first.
    pub creations: Vec<Creation>,
    /// The last entry on it, whatever that was about; `None` when the page is empty.
    pub last: Option<Id<AuditLogEntryMarker>>,
    /// Whether more may follow: the page was full.
    pub is_full: bool,
}

/// A channel in the guild's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// Its name, if that is shown: what an operator knows it by.
    pub name: Option<String>,
    /// The category it is under.
    pub parent_id: Option<Id<ChannelMarker>>,
    /// Its topic: where a mark may be, of ours or copied.
    pub topic: Option<String>,
    /// Whether it is a text channel (type 0): nothing else is ever adopted.
    pub is_text: bool,
}

/// Discord, as far as the life of a channel needs it.
///
/// An implementation sends each call at most once where a repetition could act twice, and tells
/// "never left" from "answer lost": that difference is what keeps channels from leaking.
pub trait ChannelApi: Send + Sync + 'static {
    /// Creates a text channel that carries the plan's mark in topic and audit-log reason, or a
    /// thread that carries it in the reason. [`Failure::NoRoom`] when the guild, the category or
    /// the parent is full, [`Failure::NameRefused`] when it is the name (400 with code 20031, or 50035 for
    /// the field `name`); `Never` for refusals that only an operator can lift (permissions, bad
    /// category).
    fn create(
        &self,
        plan: &Plan,
    ) -> impl Future<Output = Result<Id<ChannelMarker>, Failure>> + Send;

    /// Asks for the deletion of a channel that passed all checks: a [`Deletable`]. The mark goes into the
    /// audit-log reason. What has to wait before it can be sent asks
    /// [`Deletable::is_still_allowed`] afterwards, and gives up as `NotDone` if it is not. `Never` for
    /// other 403s and 50074: the caller parks the channel.
    fn delete(&self, channel: &Deletable)
    -> impl Future<Output = Result<Deletion, Failure>> + Send;

    /// Looks whether the channel exists.
    fn look(
        &self,
        channel_id: Id<ChannelMarker>,
    ) -> impl Future<Output = Result<Presence, Failure>> + Send;
}

/// Discord, as far as the care for a guild's channels needs it. All of it only reads.
pub trait GuildApi: Send + Sync + 'static {
    /// What `user_id` did, from the guild's audit log: the entries with ids above `after`, oldest
    /// first, at most one page. Needs `VIEW_AUDIT_LOG`.
    fn log(
        &self,
        guild_id: Id<GuildMarker>,
        user_id: Id<UserMarker>,
        after: Option<Id<AuditLogEntryMarker>>,
    ) -> impl Future<Output = Result<LogPage, Failure>> + Send;

    /// The guild's special channels (rules, updates, system, AFK, safety alerts, widget,
    /// onboarding), read now: none of them may ever be deleted.
    fn special_channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> impl Future<Output = Result<HashSet<Id<ChannelMarker>>, Failure>> + Send;

    /// The guild's channels, categories included and threads not, as far as we may see them: one
    /// that is not in the list may well exist (discord-api-docs #8454).
    fn channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> impl Future<Output = Result<Vec<Listed>, Failure>> + Send;

    /// The guild's threads that are not archived, as far as we may see them.
    fn threads(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> impl Future<Output = Result<Vec<Id<ChannelMarker>>, Failure>> + Send;
}
