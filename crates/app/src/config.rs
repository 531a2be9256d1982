//! Configuration: a TOML file, the environment over it, secrets from files; checked as a whole.

mod alerts;
mod check;
mod draft;
mod file;
mod follower;
mod overlay;
mod problem;
mod relay;
mod secret;
mod upkeep;
mod value;

use std::{
    collections::HashSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use cordboard_conversation::Bot;
use cordboard_frontend::Key;
use cordboard_lifecycle::{Isolation, Quota};
use cordboard_store::Location;
use secrecy::SecretString;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

pub use self::{
    alerts::{Alert, AlertPlace, WebhookUrl},
    draft::Draft,
    problem::{ConfigError, Problem},
    relay::Relay,
    upkeep::{KeptBot, Upkeep},
};
pub(crate) use self::{
    follower::{Follower, Origin},
    secret::read_whole,
};
use crate::{Environment, limits::CONFIG_FILE_BYTES_MAX};

/// Everything a proxy needs to know, checked.
#[derive(Debug)]
pub struct Config {
    /// Where to listen (default `127.0.0.1:7077`; port 0 picks a free one).
    pub listen: SocketAddr,
    /// How to reach Discord.
    pub discord: Discord,
    /// Where the record of channels is kept.
    pub store: Location,
    /// How much room its disk must have for new channels, in bytes (default 256 MiB or 5 % of the
    /// disk, whichever is more).
    pub store_free_min_bytes: Option<u64>,
    /// Whether it may be on a network file system (default no).
    pub store_allows_network_fs: bool,
    /// How channels are made and unmade.
    pub channels: Channels,
    /// What the relay records; `None`: nothing.
    pub relay: Option<Relay>,
    /// Bounds an operator may want to move.
    pub limits: Limits,
    /// What is done on a schedule.
    pub upkeep: Upkeep,
    /// How long streams may go on after the signal to stop.
    pub shutdown_grace: Duration,
    /// The bots that answer.
    pub bots: Vec<Bot>,
    /// The keys that may ask.
    pub keys: Vec<Key>,
    /// The first of them with the scope `admin`, for whoever asks a running proxy.
    pub admin_key: Option<SecretString>,
    /// Who is told when something is wrong.
    pub alerts: Vec<Alert>,
    /// Where it was read, if it was a file: what can change while a program runs is followed there.
    pub(crate) origin: Option<Origin>,
    /// The safeguard that a test takes away. No file can set it.
    #[cfg(feature = "sabotage")]
    pub sabotage: Option<cordboard_lifecycle::Sabotage>,
}

/// How to reach Discord.
#[derive(Debug)]
pub struct Discord {
    /// The bot token of the proxy's own bot.
    pub token: SecretString,
    /// The guild to work in.
    pub guild_id: Id<GuildMarker>,
    /// Another base for REST than `https://discord.com`, such as a simulator's.
    pub rest_url: Option<String>,
    /// Another gateway than the one Discord names, such as a simulator's.
    pub gateway_url: Option<String>,
    /// Requests a second in all (default 50, which is what Discord allows).
    pub requests_per_second: u16,
}

/// How channels are made and unmade.
#[derive(Debug)]
pub struct Channels {
    /// How long a channel stays after its conversation (default 5 s); `None` keeps it for good.
    pub delete_after: Option<Duration>,
    /// Channels that are never deleted, whatever the record says: these, the bots' defaults, and those that
    /// alerts are told in.
    pub protected: HashSet<Id<ChannelMarker>>,
    /// What channel names start with (default `cord`).
    pub name_prefix: String,
    /// Where the key that signs marks is kept; beside the store when not set, made at first start.
    pub key_file: Option<PathBuf>,
    /// Whether to go on when that key is lost or another one than before (default no): creations
    /// whose answers were lost under the old one cannot be recognised any more.
    pub accept_new_key: bool,
    /// The categories that channels are created under, `discord.category_id` among them.
    pub category_ids: Vec<Id<ChannelMarker>>,
    /// What keeps one conversation from the others (default: a channel of its own).
    pub isolation: Isolation,
    /// How much of the guild may be filled (default: 500 channels but 20).
    pub quota: Quota,
    /// Whether to run without the permission View Audit Log: channels that cannot be proven ours
    /// then stay, in quarantine (default no).
    pub degraded_ownership: bool,
}

/// Bounds an operator may want to move.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Conversations at the same time (default 256).
    pub conversations: usize,
    /// Requests that may wait for a place (default 256).
    pub queue: usize,
    /// The longest one request may take in all (default 10 minutes).
    pub request_timeout: Duration,
    /// The largest request body (default 64 MiB).
    pub body_bytes: usize,
}

impl Channels {
    /// Whether conversations may have threads instead of channels.
    pub(crate) fn uses_threads(&self) -> bool {
        self.isolation != Isolation::Channel
    }
}

impl Config {
    /// Reads and checks the configuration: the file, if there is one, and the environment over it.
    ///
    /// # Errors
    /// Names every key that is wrong and what to do about it.
    pub fn load(path: Option<&Path>, environment: &Environment) -> Result<Self, ConfigError> {
        // Before it is read: what changes meanwhile is found later.
        let origin = path.map(|path| Origin::new(path, environment));
        let config = Self::sound(Draft::load(path, environment))?;
        Ok(Self { origin, ..config })
    }

    /// Checks configuration text, with the environment laid over it. `origin` is what errors call
    /// the text.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, origin: &str, environment: &Environment) -> Result<Self, ConfigError> {
        Self::sound(Draft::parse(text, origin, environment))
    }

    /// Nothing is started with half a configuration.
    fn sound(draft: Draft) -> Result<Self, ConfigError> {
        match (draft.config, draft.error) {
            (Some(config), None) => Ok(config),
            (_, Some(error)) => Err(error),
            (None, None) => Err(ConfigError::Unusable {
                problems: Vec::new(),
            }),
        }
    }
}

/// Says on which line what is wrong, without the line itself: it may hold a secret.
fn malformed(origin: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let message = match error.message() {
        // TOML's integers have 64 bits. The message repeats what has more, and it may be a secret.
        message if message.contains("as i128") || message.contains("as u128") => {
            "a number that large; ids and secrets are written in quotes"
        }
        message => message,
    };
    ConfigError::Malformed {
        origin: origin.to_owned(),
        detail: format!("{}{message}", line(text, error)),
    }
}

/// Says also which key is wrong. Only errors of a table know that, and only errors of a text know
/// the line.
fn unfit(origin: &str, text: &str, at: &toml::de::Error, named: &toml::de::Error) -> ConfigError {
    let said = named.to_string();
    let key = said
        .lines()
        .last()
        .and_then(|line| line.strip_prefix("in `")?.strip_suffix('`'))
        .map(|key| format!("{key}: "));
    let detail = format!(
        "{}{}{}",
        line(text, at),
        key.unwrap_or_default(),
        named.message()
    );
    ConfigError::Malformed {
        origin: origin.to_owned(),
        detail,
    }
}

fn line(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| before.matches('\n').count() + 1);
    line.map_or_else(String::new, |line| format!("line {line}: "))
}

fn read(path: &Path) -> Result<String, ConfigError> {
    secret::read_whole(path, CONFIG_FILE_BYTES_MAX).map_err(|source| ConfigError::Unreadable {
        path: path.display().to_string(),
        source,
    })
}
