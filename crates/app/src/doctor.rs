//! What an operator asks first: is everything set up as it has to be?

use std::fmt;

use cordboard_discord::{Discord, DiscordError, Identity};
use cordboard_lifecycle::Isolation;
use cordboard_upkeep::{may_read_content, missing_permissions};
use serde::Serialize;

use crate::{Config, Failed, install_tls, settings};

/// One line of a doctor's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// What is wrong and what to do; `None` when it is well.
    pub trouble: Option<Trouble>,
}

/// What is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// What is wrong.
    pub matter: String,
    /// What to do.
    pub fix: String,
}

/// Looks at everything that can be looked at without changing anything: the token, the bot's
/// intents, the guild, its permissions there, the configured channels.
///
/// # Errors
/// When Discord cannot be asked at all: it is out of reach, or refuses the token.
pub async fn doctor(config: &Config) -> Result<Vec<Finding>, Failed> {
    install_tls();
    let discord = settings::connect(config)?;
    let identity = discord.identity().await.map_err(|error| match error {
        DiscordError::NotDone { .. } => Failed::Unreachable {
            source: error.into(),
        },
        _ => Failed::Refused {
            hint: "check discord.token".to_owned(),
            source: error.into(),
        },
    })?;
    let mut findings = vec![
        Finding::well(format!("the token is the bot {}", identity.name)),
        content(&identity),
    ];
    findings.extend(guild(&discord, config, &identity).await);
    let categories = config.channels.category_ids.iter();
    let categories = categories.map(|id| ("channels.category_ids", *id));
    let parent = match config.channels.isolation {
        Isolation::Channel => None,
        Isolation::Thread(id) | Isolation::ChannelThenThread(id) => {
            Some(("channels.thread_parent_id", id))
        }
    };
    let defaults = config
        .bots
        .iter()
        .filter_map(|bot| Some(("bots.default_channel_id", bot.default_channel_id?)));
    for (key, id) in categories.chain(parent).chain(defaults) {
        let subject = format!("{key} {id}");
        findings.push(match discord.probe_channel(id).await {
            Ok(channel) if channel.guild_id == Some(config.discord.guild_id) => {
                Finding::well(subject)
            }
            Ok(_) => Finding::ill(
                subject,
                "is not in the guild",
                "name a channel of the guild",
            ),
            Err(error) => {
                let matter = format!("cannot be seen ({error})");
                Finding::ill(subject, &matter, "check the id and the bot's View Channels")
            }
        });
    }
    Ok(findings)
}

fn content(identity: &Identity) -> Finding {
    let subject = "the Message Content intent".to_owned();
    match identity.flags {
        Some(flags) if may_read_content(flags) => Finding::well(subject),
        Some(_) => Finding::ill(
            subject,
            "is off, so that every reply arrives empty",
            "switch it on in Discord's developer portal, under Bot",
        ),
        None => Finding::ill(
            subject,
            "cannot be asked for with this token",
            "look in Discord's developer portal, under Bot",
        ),
    }
}

async fn guild(discord: &Discord, config: &Config, identity: &Identity) -> Vec<Finding> {
    let guild_id = config.discord.guild_id;
    let guild = match discord.probe_guild(guild_id, identity.user_id).await {
        Ok(guild) => guild,
        Err(error) => {
            let matter = format!("cannot be seen ({error})");
            let fix = "invite the bot to it, or correct the id";
            return vec![Finding::ill(
                format!("discord.guild_id {guild_id}"),
                &matter,
                fix,
            )];
        }
    };
    let mut findings = vec![Finding::well(format!("the guild is {}", guild.name))];
    for need in missing_permissions(guild.permissions, config.channels.uses_threads()) {
        findings.push(Finding::ill(
            format!("the permission {}", need.name),
            &format!("is missing: without it, {}", need.consequence),
            "grant it to a role of the bot",
        ));
    }
    if findings.len() == 1 {
        findings.push(Finding::well("the bot's permissions".to_owned()));
    }
    findings
}

// === impl Finding ===

impl Finding {
    fn well(subject: String) -> Self {
        Self {
            subject,
            trouble: None,
        }
    }

    fn ill(subject: String, matter: &str, fix: &str) -> Self {
        let trouble = Trouble {
            matter: matter.to_owned(),
            fix: fix.to_owned(),
        };
        Self {
            subject,
            trouble: Some(trouble),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.trouble {
            None => write!(f, "ok    {}", self.subject),
            Some(Trouble { matter, fix }) => {
                write!(f, "WRONG {} {matter}\n      fix: {fix}", self.subject)
            }
        }
    }
}
