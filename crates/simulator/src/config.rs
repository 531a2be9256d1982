//! How one Discord is set up: guild, bots, limits, gateway, chance and time.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{rest::Route, world::Crowd};

mod gateway;
mod guild;
pub(crate) mod id;
mod limits;
mod role;

pub use self::{
    gateway::GatewayConfig,
    guild::{BotConfig, ChannelConfig, GuildConfig, HumanConfig, ProxyConfig},
    limits::{LimitsConfig, WindowLimit},
    role::{RoleConfig, RoleDeletion},
};

/// 2026-01-01T00:00:00Z in milliseconds: where the simulator's clock starts unless told otherwise.
const START_MS: u64 = 1_767_225_600_000;

/// One Discord in a box.
///
/// Every field has a default, so that `Config::default()` is the demo: one guild, one default
/// channel, one friendly bot, no rate limits. Unknown keys are refused when it is read from TOML.
///
/// ```
/// # use cordboard_simulator::Config;
/// let config = Config::from_toml("latency_ms = 80\n[limits]\nenabled = true\n").unwrap();
/// assert_eq!(config.latency_ms, 80);
/// assert!(Config::from_toml("latencyms = 80").is_err());
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Seed of every die that is thrown: faults by probability, jitter, tokens.
    pub seed: u64,
    /// What the clock reads at the start, in milliseconds since 1970.
    pub start_ms: u64,
    /// How fast the clock goes, in per cent of the machine's: what clients make of ids and of times to
    /// wait must not depend on two clocks that agree.
    pub clock_percent: u64,
    /// What each answer costs at least, in milliseconds. `0` only on a real clock: a client that
    /// repeats without waiting would otherwise stop a paused one.
    pub latency_ms: u64,
    /// Up to this much more latency per answer, in milliseconds, drawn from the seed.
    pub jitter_ms: u64,
    /// How much younger channels and active threads are missing from the guild's lists, in
    /// milliseconds. The gateway and `GET /channels/{channel_id}` know them at once.
    pub list_lag_ms: u64,
    /// How much younger entries are missing from `GET /guilds/{guild_id}/audit-logs`, in
    /// milliseconds. `GUILD_AUDIT_LOG_ENTRY_CREATE` comes at once.
    pub audit_lag_ms: u64,
    /// Up to how much older than its moment a message's id is, in milliseconds, drawn from the seed: ids
    /// are only roughly in order. With any of it, the messages of one millisecond come in another
    /// order with each request (discord-api-docs #2816).
    pub id_skew_ms: u64,
    /// How many REST requests the history keeps; counters and checks do not depend on it.
    pub requests_kept: usize,
    /// Channels that the bot cannot view are left out of lists and masked on the gateway
    /// (Discord: channel obfuscation, in force since 2026-11-16).
    pub obfuscate_channels: bool,
    /// The guild and what is in it.
    pub guild: GuildConfig,
    /// The bot user whose token the proxy holds.
    pub proxy: ProxyConfig,
    /// The human who owns the guild.
    pub human: HumanConfig,
    /// The scripted bots that answer.
    pub bots: Vec<BotConfig>,
    /// Heartbeats, resume window, IDENTIFY budget.
    pub gateway: GatewayConfig,
    /// Rate limits; off by default.
    pub limits: LimitsConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 0,
            start_ms: START_MS,
            clock_percent: 100,
            latency_ms: 1,
            jitter_ms: 0,
            list_lag_ms: 0,
            audit_lag_ms: 0,
            id_skew_ms: 0,
            requests_kept: crate::limits::REQUESTS_KEPT,
            obfuscate_channels: true,
            guild: GuildConfig::default(),
            proxy: ProxyConfig::default(),
            human: HumanConfig::default(),
            bots: vec![BotConfig::default()],
            gateway: GatewayConfig::default(),
            limits: LimitsConfig::default(),
        }
    }
}

impl Config {
    /// Reads and checks TOML; the error names the key, and line and column if it can.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.validate()?;
        Ok(config)
    }

    /// Checks what the types cannot say.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let unusable = |problem: String| Err(ConfigError::Unusable(problem));
        if self.guild.channels.is_empty() {
            return unusable("`guild.channels` is empty: the first one is the default".to_owned());
        }
        let users = [self.proxy.user_id, self.human.user_id];
        let channels = self.guild.channels.iter().map(|channel| channel.id);
        let bots = self.bots.iter().map(|bot| bot.user_id);
        let roles = self.guild.roles.iter().map(|role| role.id);
        let crowd = Crowd::ids_of(self);
        let mut seen = BTreeSet::new();
        for id in users
            .into_iter()
            .chain(bots)
            .chain(channels)
            .chain(roles)
            .chain([self.guild.id])
        {
            if !seen.insert(id) || crowd.contains(&id) {
                return unusable(format!("the id {id} is given twice"));
            }
        }
        for role in &self.guild.roles {
            if role.holders > self.guild.members_extra {
                let name = &role.name;
                return unusable(format!("`{name}` has more holders than `members_extra`"));
            }
        }
        if self.gateway.heartbeat_interval_ms == 0 || self.gateway.max_concurrency == 0 {
            return unusable("`gateway` intervals and concurrency begin at 1".to_owned());
        }
        // A script that was written in Rust has not been checked yet.
        for bot in &self.bots {
            if let Err(problem) = bot.script.check() {
                return unusable(format!("the script of {}: {problem}", bot.name));
            }
        }
        for route in self.limits.routes.keys() {
            if !Route::is_template(route) {
                return unusable(format!("`limits.routes`: no route `{route}`"));
            }
        }
        Ok(())
    }

    /// The same Discord with these bots instead; ids are given out in order.
    #[must_use]
    pub fn with_bots(mut self, scripts: impl IntoIterator<Item = crate::Script>) -> Self {
        self.bots = scripts
            .into_iter()
            .enumerate()
            .map(|(index, script)| BotConfig::numbered(index, script))
            .collect();
        self
    }

    /// The same Discord with rate limits on.
    #[must_use]
    pub fn with_limits(mut self) -> Self {
        self.limits.enabled = true;
        self
    }

    /// The same Discord with other dice.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The same Discord, farther away: each answer costs this many milliseconds.
    #[must_use]
    pub fn with_latency_ms(mut self, latency_ms: u64) -> Self {
        self.latency_ms = latency_ms;
        self
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is not TOML, or has unknown keys or wrong types.
    #[error(transparent)]
    Unreadable(#[from] toml::de::Error),
    /// Its values contradict each other.
    #[error("{0}")]
    Unusable(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Script;

    #[test]
    fn what_could_never_work_is_refused_before_it_runs() {
        let slow = Script {
            edits_per_second: 0.0,
            ..Script::friendly()
        };
        let narrow = Script {
            message_characters_max: 0,
            ..Script::friendly()
        };
        for script in [slow, narrow] {
            let config = Config::default().with_bots([script]);
            let problem = config.validate().unwrap_err().to_string();
            assert!(problem.contains("Friend"), "{problem}");
        }
        let config = Config::from_toml(
            "[limits.routes.\"POST /chanels/{channel_id}/messages\"]\nlimit = 1\nwindow_ms = 5\n",
        );
        let problem = config.unwrap_err().to_string();
        assert!(problem.contains("no route"), "{problem}");
        let roles = "[guild]\nmembers_extra = 3\n[[guild.roles]]\nid = \"7\"\nholders = 4\n";
        let problem = Config::from_toml(roles).unwrap_err().to_string();
        assert!(problem.contains("more holders"), "{problem}");
    }
}
