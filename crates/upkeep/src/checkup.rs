//! Is everything set up as it has to be? From facts to findings, each with what to do; nothing here asks
//! anybody anything.

mod bot;
mod channels;
mod clock;
mod guild;
mod headroom;
mod probe;
mod store;
mod upstream;

use serde::Serialize;

pub use self::{
    bot::{GUILD_MEMBERS, GUILD_PRESENCES, IntentNeed, MESSAGE_CONTENT, bot},
    channels::{ChannelFacts, Place, Purpose, Sight, channels},
    clock::clock,
    guild::{GuildFacts, guild},
    headroom::{Headroom, headroom},
    probe::{AnswerFacts, SessionFacts, answer, session},
    store::{DiskFacts, FileFacts, HolderFacts, KeyFacts, StoreFacts, store},
    upstream::{Membership, UpstreamFacts, upstream},
};

/// Every check there is: its id, which no release changes, and what it looks at.
pub const CHECKS: &[(&str, &str)] = &[
    ("config.file", "the configuration can be read"),
    ("config.key", "a key of it is as it has to be"),
    ("discord.reach", "Discord answers"),
    ("bot.token", "Discord accepts the token"),
    ("bot.intent", "a privileged intent is switched on"),
    ("guild.member", "the guild exists, and the bot is in it"),
    ("guild.permission", "the bot's roles grant what it needs"),
    ("guild.timeout", "no moderator has silenced the bot"),
    ("guild.role", "which roles the bot could remove"),
    ("channel.exists", "a configured channel exists"),
    ("channel.guild", "it is in the configured guild"),
    ("channel.type", "it is of the type it is used as"),
    ("channel.visible", "the bot can see it"),
    ("channel.permission", "the bot may do there what it needs"),
    ("channel.special", "the guild does not need it for itself"),
    ("upstream.member", "a bot that answers is in the guild"),
    ("upstream.user", "it is a bot, and another one than ours"),
    (
        "upstream.permission",
        "it may see and write where it is asked",
    ),
    ("upstream.online", "it is online, where Discord tells"),
    ("upstream.answers", "it answers a message that a bot wrote"),
    ("upstream.content", "its answer arrives with its text"),
    ("gateway.session", "the gateway begins a session"),
    ("store.file", "the store is sound, or can be made"),
    ("store.daybook", "so is the daybook beside it"),
    ("store.key", "the key that signs marks is the store's"),
    ("store.disk", "there is room on the store's disk"),
    ("store.holder", "who works on the store"),
    ("store.deletions", "no operator holds deletions"),
    ("clock.skew", "the machine's clock agrees with Discord's"),
    ("headroom.channels", "the guild has room for channels"),
    ("headroom.categories", "the categories have room"),
    ("headroom.roles", "the guild has room for roles"),
    ("headroom.identifies", "gateway sessions may be begun"),
    ("headroom.creations", "what was created in the last day"),
];

/// How something that was looked at stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it has to be.
    Ok,
    /// Somebody has to act.
    Wrong,
    /// It could not be found out.
    Unknown,
    /// It was not looked at.
    Skipped,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check it is: one of [`CHECKS`].
    pub check: &'static str,
    /// What was looked at.
    pub subject: String,
    /// How it stands.
    pub state: State,
    /// What is wrong, why it is not known or was skipped, or a note on what is well.
    pub matter: Option<String>,
    /// What to do. There is always something when the state is [`State::Wrong`] or [`State::Unknown`].
    pub fix: Option<String>,
}

// === impl Finding ===

impl Finding {
    /// It is as it has to be.
    #[must_use]
    pub fn ok(check: &'static str, subject: impl Into<String>) -> Self {
        Self {
            check,
            subject: subject.into(),
            state: State::Ok,
            matter: None,
            fix: None,
        }
    }

    /// The same with something worth knowing.
    #[must_use]
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.matter = Some(note.into());
        self
    }

    /// Somebody has to act.
    #[must_use]
    pub fn wrong(
        check: &'static str,
        subject: impl Into<String>,
        matter: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Wrong,
            matter: Some(matter.into()),
            fix: Some(fix.into()),
            ..Self::ok(check, subject)
        }
    }

    /// It could not be found out.
    #[must_use]
    pub fn unknown(
        check: &'static str,
        subject: impl Into<String>,
        matter: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Unknown,
            ..Self::wrong(check, subject, matter, fix)
        }
    }

    /// It was not looked at.
    #[must_use]
    pub fn skipped(
        check: &'static str,
        subject: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Skipped,
            ..Self::ok(check, subject).noting(why)
        }
    }
}

#[cfg(test)]
mod tests;
