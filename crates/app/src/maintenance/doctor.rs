//! What an operator asks first: is everything set up as it has to be?
//!
//! Everything that can be judged is, whatever else is wrong: a configuration that no proxy would start
//! with, a store that cannot be read, a Discord that does not answer. What is judged, and how, is
//! [`cordboard_upkeep::checkup`]'s; here the facts are gathered.

mod answers;
mod files;
mod guild;
mod places;
mod session;
mod trial;

use cordboard_discord::{DiscordError, Identity, Trouble};
use cordboard_lifecycle::Clock as _;
use cordboard_upkeep::checkup::{self, Headroom, IntentNeed, SessionFacts};
pub use cordboard_upkeep::checkup::{CHECKS, Finding, State};
use serde::Serialize;

use self::guild::GuildSeen;
use super::{Maintenance, Watcher};
use crate::{
    ConfigError, WallClock,
    config::{Draft, Problem},
    error::chain,
    settings,
};

/// What was looked at, and how it stands.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Diagnosis {
    /// One after the other.
    pub findings: Vec<Finding>,
    /// Whether no program would start with the configuration.
    pub is_config_unusable: bool,
    /// Whether Discord did not answer, so that much is not known.
    pub is_discord_unreachable: bool,
}

/// Looks at everything, as far as the configuration can be used. With `probes` it also does what only
/// doing can tell: it begins a gateway session, and asks each bot something.
pub async fn doctor(
    draft: Draft,
    clock: WallClock,
    probes: bool,
    watcher: Watcher<'_>,
) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let error = draft.error.as_ref();
    let is_malformed = error.is_some_and(|_| draft.problems().is_empty());
    diagnosis.findings.extend(configuration(error));
    diagnosis.is_config_unusable = error.is_some();
    let has_problem = |key: &str| draft.problems().iter().any(|problem| problem.key == key);
    let is_store_unusable = has_problem("store.url");
    let maintenance = draft
        .config
        .map(|config| Maintenance::new(config, clock, "cordboard-maintenance doctor"));
    if let Some(Ok(maintenance)) = maintenance {
        let looked = maintenance.doctor(probes, watcher).await;
        let findings = looked.findings.into_iter();
        // It was looked at another one than is meant.
        let meant = |finding: &Finding| !is_store_unusable || !finding.check.starts_with("store.");
        diagnosis.findings.extend(findings.filter(meant));
        diagnosis.is_discord_unreachable = looked.is_discord_unreachable;
    } else {
        let why = if is_malformed {
            "the configuration cannot be read"
        } else {
            "the keys of [discord] have to be right first"
        };
        let skipped = Finding::skipped("discord.reach", "Discord", why);
        diagnosis.findings.push(skipped);
    }
    diagnosis
}

/// A line for each thing that is wrong with the configuration.
fn configuration(error: Option<&ConfigError>) -> Vec<Finding> {
    let (check, subject) = ("config.file", "the configuration");
    match error {
        None => vec![Finding::ok(check, subject)],
        Some(ConfigError::Unusable { problems }) => problems
            .iter()
            .map(|Problem { key, matter, fix }| Finding::wrong("config.key", key, matter, fix))
            .collect(),
        Some(error @ ConfigError::Unreadable { .. }) => {
            let fix = "name a file that can be read with --config";
            vec![Finding::wrong(check, subject, chain(error), fix)]
        }
        Some(error) => {
            let fix = "correct it; docs/CONFIGURATION.md has every key";
            vec![Finding::wrong(check, subject, chain(error), fix)]
        }
    }
}

// === impl Diagnosis ===

impl Diagnosis {
    /// Whether nothing is wrong, and nothing unknown.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let is_well = |finding: &Finding| matches!(finding.state, State::Ok | State::Skipped);
        self.findings.iter().all(is_well)
    }

    fn is_wrong(&self, check: &str) -> bool {
        let is_wrong = |one: &Finding| one.check == check && one.state == State::Wrong;
        self.findings.iter().any(is_wrong)
    }

    /// Takes the answer to a question, or says why there is none.
    fn take<T>(
        &mut self,
        asked: Result<T, DiscordError>,
        check: &'static str,
        subject: &str,
    ) -> Option<T> {
        asked
            .map_err(|error| self.miss(&error, check, subject))
            .ok()
    }

    fn miss(&mut self, error: &DiscordError, check: &'static str, subject: &str) {
        self.is_discord_unreachable |= is_unreachable(error);
        let fix = "run doctor again";
        let finding = Finding::unknown(check, subject, chain(error), fix);
        self.findings.push(finding);
    }
}

const fn is_unreachable(error: &DiscordError) -> bool {
    matches!(error, DiscordError::NotDone { .. })
}

// === impl Maintenance ===

impl Maintenance {
    /// Looks at everything but the configuration, which is right, or right enough. Without `probes` it
    /// only reads.
    pub async fn doctor(&self, probes: bool, watcher: Watcher<'_>) -> Diagnosis {
        let mut diagnosis = Diagnosis::default();
        let files = self.files().await;
        diagnosis.findings.extend(checkup::store(&files));
        let identity = match self.discord.identity().await {
            Ok(identity) => identity,
            Err(error) => {
                diagnosis.is_discord_unreachable = is_unreachable(&error);
                diagnosis.findings.push(not_introduced(&error));
                return diagnosis;
            }
        };
        // At once: the further from an answer, the less is known of Discord's clock.
        let clock = checkup::clock(self.clock.now_ms(), self.discord.clock_ms());
        diagnosis
            .findings
            .push(Finding::ok("discord.reach", "Discord"));
        let bot = checkup::bot(&identity.name, identity.flags, &self.intents());
        diagnosis.findings.extend(bot);
        diagnosis.findings.push(clock);
        let is_blind = diagnosis.is_wrong("bot.intent");
        let session = if probes && !is_blind {
            Some(self.probe_session(&identity, watcher).await)
        } else {
            None
        };
        let online = session.as_ref().and_then(|(_, online)| online.as_ref());
        let seen = self.guild_seen(&identity, online, &mut diagnosis).await;
        if let Some(seen) = &seen {
            let GuildSeen { guild, places, .. } = seen;
            diagnosis.findings.extend(checkup::guild(guild));
            diagnosis.findings.extend(checkup::channels(guild, places));
            let bots = checkup::upstream(guild, places, &seen.bots);
            diagnosis.findings.extend(bots);
        }
        let headroom = self.headroom(seen.as_ref(), &mut diagnosis).await;
        diagnosis.findings.extend(checkup::headroom(&headroom));
        if probes {
            let refused =
                || SessionFacts::NotBegun("an intent is off, as is said above".to_owned());
            let session = session.map_or_else(refused, |(session, _)| session);
            diagnosis.findings.push(checkup::session(&session));
        }
        if probes && let Some(seen) = &seen {
            let answers = self.probe_bots(seen, watcher).await.into_iter();
            // That every answer is empty without the intent is said already.
            let is_new = |one: &Finding| !(is_blind && one.check == "upstream.content");
            diagnosis.findings.extend(answers.filter(is_new));
        }
        diagnosis
    }

    /// The privileged intents that something that is configured needs.
    #[expect(
        clippy::unused_self,
        reason = "what needs more of them is a matter of configuration"
    )]
    fn intents(&self) -> Vec<IntentNeed> {
        vec![checkup::MESSAGE_CONTENT]
    }

    async fn headroom(&self, seen: Option<&GuildSeen>, diagnosis: &mut Diagnosis) -> Headroom {
        let identifies = self.discord.identifies().await;
        let subject = "gateway sessions of today";
        let identifies = diagnosis.take(identifies, "headroom.identifies", subject);
        let quota = self.config.channels.quota.channels_max as u64;
        Headroom {
            channels: seen.map(|seen| (seen.channels, quota)),
            categories: seen.map_or_else(Vec::new, |seen| seen.categories.clone()),
            roles: seen.map(|seen| seen.guild.roles.roles.len() as u64),
            identifies: identifies.map(|told| {
                let (left, total) = (told.remaining.into(), told.total.into());
                (left, total, told.reset_after)
            }),
            creations: self.creations().await,
        }
    }
}

/// Why Discord does not say who we are.
fn not_introduced(error: &DiscordError) -> Finding {
    match error {
        DiscordError::Never {
            source: Trouble::TokenRefused,
        } => Finding::wrong(
            "bot.token",
            "the token",
            "is refused by Discord",
            "copy a fresh one from https://discord.com/developers/applications (Bot > Reset Token) \
             into discord.token_file",
        ),
        DiscordError::NotDone { .. } => Finding::wrong(
            "discord.reach",
            "Discord",
            format!("does not answer: {}", chain(error)),
            "look at https://discordstatus.com, at discord.rest_url, and at this machine's way to \
             discord.com; then run doctor again",
        ),
        _ => Finding::wrong(
            "discord.reach",
            "Discord",
            format!("answers something else: {}", chain(error)),
            settings::REFUSED_HINT,
        ),
    }
}

/// Whether our application is told who is online.
fn is_told_presences(identity: &Identity) -> bool {
    identity
        .flags
        .is_some_and(|flags| checkup::GUILD_PRESENCES.is_met(flags))
}
