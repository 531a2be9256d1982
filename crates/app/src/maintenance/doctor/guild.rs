//! The guild, its channels and the bots in it, as Discord shows them.

use std::collections::HashSet;

use cordboard_discord::{DiscordError, Identity, MemberStanding};
use cordboard_upkeep::checkup::{
    Finding, GuildFacts, Membership, Place, Purpose, Sight, UpstreamFacts,
};
use twilight_model::id::{Id, marker::UserMarker};

use super::{Diagnosis, places};
use crate::{error::chain, maintenance::Maintenance};

/// Who is online, as far as Discord tells.
pub(super) type Online = HashSet<Id<UserMarker>>;

/// What was seen of a guild.
pub(super) struct GuildSeen {
    pub(super) guild: GuildFacts,
    pub(super) places: Vec<(Place, Sight)>,
    /// In the order of the configuration.
    pub(super) bots: Vec<UpstreamFacts>,
    /// How many channels the bot can see.
    pub(super) channels: u64,
    /// And how many of them in each configured category that there is.
    pub(super) categories: Vec<u64>,
}

impl Maintenance {
    /// Looks at the guild; `None` when it cannot be seen, and then a finding says why.
    pub(super) async fn guild_seen(
        &self,
        identity: &Identity,
        online: Option<&Online>,
        diagnosis: &mut Diagnosis,
    ) -> Option<GuildSeen> {
        let guild_id = self.config.discord.guild_id;
        let subject = format!("the guild {guild_id} (discord.guild_id)");
        let absent = || {
            let matter = "does not exist, or the bot is not in it";
            let fix = "invite the bot to the guild, or correct discord.guild_id";
            Finding::wrong("guild.member", &subject, matter, fix)
        };
        let standing = match self.discord.guild_standing(guild_id).await {
            Ok(standing) => standing,
            Err(DiscordError::Never { source }) if source.refusal().is_some() => {
                diagnosis.findings.push(absent());
                return None;
            }
            Err(error) => {
                diagnosis.miss(&error, "guild.member", &subject);
                return None;
            }
        };
        let me = self.discord.member_standing(guild_id, identity.user_id);
        let Some(me) = diagnosis.take(me.await, "guild.member", &subject)? else {
            diagnosis.findings.push(absent());
            return None;
        };
        let listed = self.discord.overview(guild_id).await;
        let listed = diagnosis.take(listed, "channel.exists", "the guild's channels")?;
        let mut places = Vec::new();
        for place in places::named(&self.config) {
            let id = place.channel_id;
            let sight = places::find(&self.discord, guild_id, &listed, id).await;
            places.push((place, sight));
        }
        let categories = places.iter().filter_map(|(place, sight)| {
            let counts = place.purpose == Purpose::Category
                && matches!(sight, Sight::Listed(facts) if facts.kind == 4);
            let inside = listed
                .iter()
                .filter(|channel| channel.parent_id == Some(place.channel_id));
            counts.then(|| inside.count() as u64)
        });
        Some(GuildSeen {
            categories: categories.collect(),
            guild: GuildFacts {
                name: standing.name,
                roles: standing.roles,
                me: me.member,
                special: standing.special,
                uses_threads: self.config.channels.uses_threads(),
                is_degraded: self.config.channels.degraded_ownership,
            },
            channels: listed.len() as u64,
            bots: self.upstream(identity, online).await,
            places,
        })
    }

    async fn upstream(&self, identity: &Identity, online: Option<&Online>) -> Vec<UpstreamFacts> {
        let mut facts = Vec::new();
        for bot in &self.config.bots {
            let guild_id = self.config.discord.guild_id;
            let found = self.discord.member_standing(guild_id, bot.user_id).await;
            let membership = match found {
                Ok(Some(MemberStanding {
                    user_name,
                    is_bot,
                    member,
                    ..
                })) => Membership::Member {
                    user_name,
                    is_bot,
                    member,
                },
                Ok(None) => Membership::Absent,
                Err(error) => Membership::Unknown(chain(&error)),
            };
            facts.push(UpstreamFacts {
                name: bot.name.clone(),
                membership,
                is_ours: bot.user_id == identity.user_id,
                is_online: online.map(|online| online.contains(&bot.user_id)),
            });
        }
        facts
    }
}
