//! The guild as Discord shows it, and what must never be deleted there.

use std::collections::{BTreeSet, HashMap, HashSet};

use cordboard_discord::{ChannelOverview, DiscordError};
use cordboard_lifecycle::{Failure, GuildApi as _, Isolation, LogPage, limits::ID_CLOCK_SPREAD};
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker, UserMarker},
};

use crate::{
    Failed, Source,
    limits::AUDIT_PAGES_MAX,
    maintenance::{CommandError, Maintenance},
    settings,
};

/// A text channel (resources/channel#channel-object-channel-types).
pub(super) const TEXT: u8 = 0;

/// Discord counts from 2015 in the upper 42 bits of an id (reference#snowflakes).
const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

/// When whatever has this id was created, in milliseconds since 1970.
pub(super) fn created_ms<T>(id: Id<T>) -> u64 {
    (id.get() >> 22) + DISCORD_EPOCH_MS
}

/// How far the ids of a channel and of the entry about its creation may be apart.
const SPREAD: u64 = (ID_CLOCK_SPREAD.as_secs() * 1_000) << 22;

/// Who created channels.
#[derive(Debug)]
pub(super) struct Creators {
    pub(super) known: HashMap<Id<ChannelMarker>, Id<UserMarker>>,
    /// Those at whose creation the log was not read: so much was created beside them.
    pub(super) unread: BTreeSet<Id<ChannelMarker>>,
}

// === impl Maintenance ===

impl Maintenance {
    /// The guild's channels, as far as the bot may see them.
    pub(super) async fn overview(&self) -> Result<Vec<ChannelOverview>, CommandError> {
        let overview = self.discord.overview(self.config.discord.guild_id).await;
        overview.map_err(|error| unanswered("the guild's channels (discord.guild_id)", error))
    }

    /// The channels that must never be deleted, and why: by the configuration, by an operator's word, or
    /// because the guild uses them.
    pub(super) async fn untouchable(
        &self,
    ) -> Result<HashMap<Id<ChannelMarker>, &'static str>, CommandError> {
        let guild_id = self.config.discord.guild_id;
        let special = self.discord.special_channels(guild_id).await;
        let special = special.map_err(|failure| match failure {
            Failure::Never { .. } => refused("the guild (discord.guild_id)", failure),
            failure => Failed::Unreachable {
                source: failure.into(),
            }
            .into(),
        })?;
        let mut all: HashMap<_, _> = special
            .into_iter()
            .map(|id| (id, "the guild uses it for itself"))
            .collect();
        if let Some(peek) = self.peek_if_any().await? {
            let protected = peek.protected().await.map_err(settings::store_failed)?;
            let protected = protected.into_iter().map(|channel| channel.channel_id);
            all.extend(protected.map(|id| (id, "an operator has protected it")));
        }
        let configured = self.config.channels.protected.iter().copied();
        all.extend(configured.map(|id| (id, "the configuration protects it")));
        let categories = self.config.channels.category_ids.iter().copied();
        all.extend(categories.map(|id| (id, "channels are created under it")));
        if let Isolation::Thread(id) | Isolation::ChannelThenThread(id) =
            self.config.channels.isolation
        {
            all.insert(id, "threads hang on it");
        }
        Ok(all)
    }

    /// Who created these channels, as far back as the audit log goes (45 days). It is read where they were
    /// created, and not from one end: beside a busy proxy it holds a hundred thousand creations. When it may
    /// not be read, that is an error: a creator who is not told of is one whom the log has forgotten.
    pub(super) async fn creators(
        &self,
        channels: BTreeSet<Id<ChannelMarker>>,
    ) -> Result<Creators, CommandError> {
        let (mut known, mut read_to) = (HashMap::new(), 0);
        let mut unread = channels.clone();
        for _ in 0..AUDIT_PAGES_MAX {
            let oldest = unread.first().map_or(0, |id| id.get());
            let after = read_to.max(oldest.saturating_sub(SPREAD));
            let page = self.log_page(Id::new_checked(after)).await?;
            // An entry may come later than it should; what it says holds all the same.
            let told = page.creations.into_iter();
            let told = told.filter(|made| channels.contains(&made.channel_id));
            for made in told {
                unread.remove(&made.channel_id);
                known.insert(made.channel_id, made.creator_id);
            }
            let Some(last) = page.last.filter(|_| page.is_full) else {
                unread.clear();
                break;
            };
            read_to = last.get();
            // Of what is older, the log would have told by now.
            unread.retain(|id| id.get().saturating_add(SPREAD) >= read_to);
            if unread.is_empty() {
                break;
            }
        }
        unread.retain(|id| !known.contains_key(id));
        Ok(Creators { known, unread })
    }

    async fn log_page(
        &self,
        after: Option<Id<AuditLogEntryMarker>>,
    ) -> Result<LogPage, CommandError> {
        let guild_id = self.config.discord.guild_id;
        let page = self.discord.channel_creations(guild_id, after).await;
        page.map_err(|error| match error {
            error @ DiscordError::Never { .. } => refused(
                "that the bot has the permission View Audit Log: without it nobody can tell the channels \
                 of people from leftovers",
                error,
            ),
            error => unanswered("the audit log", error),
        })
    }

    /// Our own bot, and the bots that answer.
    pub(super) async fn bots(&self) -> Result<HashSet<Id<UserMarker>>, CommandError> {
        let us = self.discord.identity().await;
        let us = us.map_err(|error| unanswered("the token (discord.token)", error))?;
        let bots = self.config.bots.iter().map(|bot| bot.user_id);
        Ok(bots.chain([us.user_id]).collect())
    }
}

/// A question that Discord did not answer, or refused to.
pub(super) fn unanswered(what: &str, error: DiscordError) -> CommandError {
    match error {
        DiscordError::NotDone { .. } => Failed::Unreachable {
            source: error.into(),
        }
        .into(),
        _ => refused(what, error),
    }
}

/// What Discord refuses, and what somebody should check.
fn refused(what: &str, error: impl Into<Source>) -> CommandError {
    Failed::Refused {
        hint: format!("check {what}"),
        source: error.into(),
    }
    .into()
}
