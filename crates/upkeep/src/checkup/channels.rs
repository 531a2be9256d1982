//! The channels that are configured.

use twilight_model::{
    channel::permission_overwrite::PermissionOverwrite,
    guild::Permissions,
    id::{Id, marker::ChannelMarker},
};

use super::{Finding, GuildFacts};
use crate::{NEEDS, PermissionNeed, RoomKind, THREAD_NEEDS};

/// What a channel is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Conversations' channels are made under it.
    Category,
    /// Conversations' threads are made in it.
    ThreadParent,
    /// A bot is greeted there.
    Default,
    /// Its messages are recorded.
    Relay,
    /// Alerts are posted there.
    Alerts,
}

/// A channel that the configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where, such as `channels.category_ids[0]`.
    pub key: String,
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// What for.
    pub purpose: Purpose,
    /// Which of the bots that answer have to see it and write there, by their place in the configuration.
    pub bots: Vec<usize>,
}

/// How our bot finds a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// In the guild's list.
    Listed(ChannelFacts),
    /// Discord does not know it.
    Gone,
    /// It is there, and not shown.
    Hidden,
    /// It is in another guild, or in none.
    Elsewhere,
    /// Discord did not say; why.
    Unknown(String),
}

/// A channel of the guild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelFacts {
    /// Its name.
    pub name: String,
    /// Its type (resources/channel#channel-object-channel-types).
    pub kind: u8,
    /// What it changes about permissions.
    pub overwrites: Vec<PermissionOverwrite>,
}

/// Types of channels that one can write in: text and announcement.
const TEXT: [u8; 2] = [0, 5];
const CATEGORY: u8 = 4;

// === impl Purpose ===

impl Purpose {
    fn accepts(self, kind: u8) -> bool {
        match self {
            Self::Category => kind == CATEGORY,
            Self::ThreadParent => kind == TEXT[0],
            Self::Default | Self::Alerts => TEXT.contains(&kind),
            Self::Relay => true,
        }
    }

    fn wants(self) -> &'static str {
        match self {
            Self::Category => "a category",
            Self::ThreadParent | Self::Default | Self::Alerts | Self::Relay => "a text channel",
        }
    }

    /// Of what the bot needs in its guild, what it needs here.
    fn needs(self) -> impl Iterator<Item = &'static PermissionNeed> {
        let here = match self {
            // What is made in it takes its overwrites over.
            Self::Category => {
                Permissions::VIEW_CHANNEL
                    | Permissions::MANAGE_CHANNELS
                    | Permissions::SEND_MESSAGES
                    | Permissions::READ_MESSAGE_HISTORY
                    | Permissions::ATTACH_FILES
            }
            Self::ThreadParent => {
                Permissions::VIEW_CHANNEL
                    | Permissions::READ_MESSAGE_HISTORY
                    | Permissions::ATTACH_FILES
                    | Permissions::CREATE_PUBLIC_THREADS
                    | Permissions::SEND_MESSAGES_IN_THREADS
                    | Permissions::MANAGE_THREADS
            }
            Self::Default => {
                Permissions::VIEW_CHANNEL
                    | Permissions::SEND_MESSAGES
                    | Permissions::READ_MESSAGE_HISTORY
            }
            Self::Relay => Permissions::VIEW_CHANNEL | Permissions::READ_MESSAGE_HISTORY,
            Self::Alerts => Permissions::VIEW_CHANNEL | Permissions::SEND_MESSAGES,
        };
        let all = NEEDS.iter().chain(&THREAD_NEEDS);
        all.filter(move |need| here.contains(need.permission))
    }

    /// For implicit denials: what is said in a thread is asked of its parent.
    pub(super) const fn room(self, kind: u8) -> RoomKind {
        match self {
            Self::ThreadParent => RoomKind::Thread,
            _ => RoomKind::of(kind),
        }
    }
}

// === impl Place ===

impl Place {
    /// What people find it by.
    pub(super) fn subject(&self, sight: &Sight) -> String {
        match sight {
            Sight::Listed(facts) if self.purpose == Purpose::Category => {
                format!("{} {} ({})", self.key, self.channel_id, facts.name)
            }
            Sight::Listed(facts) => format!("{} {} (#{})", self.key, self.channel_id, facts.name),
            _ => format!("{} {}", self.key, self.channel_id),
        }
    }
}

/// Judges the configured channels, each as it was found.
#[must_use]
pub fn channels(guild: &GuildFacts, places: &[(Place, Sight)]) -> Vec<Finding> {
    let judged = places
        .iter()
        .flat_map(|(place, sight)| channel(guild, place, sight));
    judged.collect()
}

fn channel(guild: &GuildFacts, place: &Place, sight: &Sight) -> Vec<Finding> {
    let subject = place.subject(sight);
    let wrong = |check, matter: &str, fix: &str| vec![Finding::wrong(check, &subject, matter, fix)];
    match sight {
        Sight::Listed(facts) if !place.purpose.accepts(facts.kind) => {
            let wanted = place.purpose.wants();
            let matter = format!("is not {wanted} (its type is {})", facts.kind);
            wrong("channel.type", &matter, &format!("name {wanted} instead"))
        }
        Sight::Listed(facts) => listed(guild, place, facts, &subject),
        Sight::Gone => wrong(
            "channel.exists",
            "does not exist (any more)",
            "name a channel that exists, or take it out of the configuration",
        ),
        Sight::Hidden => wrong(
            "channel.visible",
            "is not visible to the bot: View Channels is missing there",
            "allow View Channels for the bot or one of its roles in the channel's permissions",
        ),
        Sight::Elsewhere => wrong(
            "channel.guild",
            "is not in the guild of discord.guild_id",
            "name a channel of the guild, or correct discord.guild_id",
        ),
        Sight::Unknown(why) => {
            let fix = "run doctor again";
            vec![Finding::unknown("channel.exists", subject, why, fix)]
        }
    }
}

fn listed(guild: &GuildFacts, place: &Place, facts: &ChannelFacts, subject: &str) -> Vec<Finding> {
    let room = place.purpose.room(facts.kind);
    let granted = guild
        .roles
        .in_channel(&guild.me_heard(), room, &facts.overwrites);
    if !granted.contains(Permissions::VIEW_CHANNEL) {
        // Where the guild does not grant it either, that is said once.
        let is_said = guild
            .missing()
            .any(|need| need.permission == Permissions::VIEW_CHANNEL);
        return if is_said {
            let why = "the guild does not let the bot see its channels";
            vec![Finding::skipped("channel.permission", subject, why)]
        } else {
            channel(guild, place, &Sight::Hidden)
        };
    }
    let said: Vec<_> = guild.missing().map(|need| need.permission).collect();
    let missing = place
        .purpose
        .needs()
        .filter(|need| !granted.contains(need.permission) && !said.contains(&need.permission));
    // Without speech there is no file either: one line says so.
    let may_speak = granted.contains(match room {
        RoomKind::Thread => Permissions::SEND_MESSAGES_IN_THREADS,
        RoomKind::Text | RoomKind::Voice => Permissions::SEND_MESSAGES,
    });
    let missing = missing.filter(|need| may_speak || need.permission != Permissions::ATTACH_FILES);
    let mut findings: Vec<_> = missing
        .map(|need| {
            let matter = format!("the bot lacks {} there: {}", need.name, need.consequence);
            let fix = format!(
                "allow {} for the bot or one of its roles in the channel's permissions",
                need.name
            );
            Finding::wrong("channel.permission", subject, matter, fix)
        })
        .collect();
    if findings.is_empty() {
        findings.push(Finding::ok("channel.permission", subject));
    }
    findings.extend(special(guild, place, subject));
    findings
}

/// What the guild uses a channel for does not go with what is posted there.
fn special(guild: &GuildFacts, place: &Place, subject: &str) -> Option<Finding> {
    let writes = matches!(place.purpose, Purpose::Default | Purpose::Alerts);
    let (_, role) = guild
        .special
        .iter()
        .find(|(id, _)| writes && *id == place.channel_id)?;
    Some(match *role {
        // Every small guild's only channel is this one.
        "system" => Finding::ok("channel.special", subject)
            .noting("the guild posts its own messages there as well"),
        role => Finding::wrong(
            "channel.special",
            subject,
            format!("is the guild's own channel for {role}"),
            "name another channel, made for this purpose",
        ),
    })
}
