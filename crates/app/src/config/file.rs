//! The configuration as it is written: every key, nothing checked but its type.

use std::{collections::BTreeMap, path::PathBuf};

use cordboard_conversation::{Pattern, Profile};
use secrecy::SecretString;
use serde::Deserialize;

use super::value::{self, Count, Snowflake, Span, Stay};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    pub(crate) listen: Option<String>,
    pub(crate) discord: Discord,
    pub(crate) store: Store,
    pub(crate) channels: Channels,
    pub(crate) relay: Relay,
    pub(crate) limits: Limits,
    pub(crate) shutdown: Shutdown,
    pub(crate) upkeep: Upkeep,
    pub(crate) bots: Vec<Bot>,
    pub(crate) keys: Vec<Key>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) profiles: BTreeMap<String, Profile>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Discord {
    #[serde(deserialize_with = "value::secret")]
    pub(crate) token: Option<SecretString>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) guild_id: Option<Snowflake>,
    pub(crate) category_id: Option<Snowflake>,
    pub(crate) rest_url: Option<String>,
    pub(crate) gateway_url: Option<String>,
    pub(crate) requests_per_second: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Store {
    pub(crate) url: Option<String>,
    pub(crate) free_min_bytes: Option<Count>,
    pub(crate) allow_network_fs: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Channels {
    pub(crate) delete_after: Option<Stay>,
    pub(crate) protected: Vec<Snowflake>,
    pub(crate) name_prefix: Option<String>,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) accept_new_key: bool,
    pub(crate) degraded_ownership: bool,
    pub(crate) category_ids: Vec<Snowflake>,
    pub(crate) isolation: Option<Isolation>,
    pub(crate) thread_parent_id: Option<Snowflake>,
    pub(crate) guild_max: Option<Count>,
    pub(crate) reserve: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Relay {
    pub(crate) channels: Option<RelayChannels>,
    pub(crate) start: Option<RelayStart>,
    pub(crate) keep: Option<Span>,
    pub(crate) keep_bytes: Option<Count>,
    pub(crate) verify: Option<bool>,
    pub(crate) raw: Option<bool>,
}

/// Whose messages are recorded: `"all"`, or ids.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum RelayChannels {
    Word(String),
    Ids(Vec<Snowflake>),
}

/// Where the first run begins.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RelayStart {
    Now,
    Beginning,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    pub(crate) conversations: Option<Count>,
    pub(crate) queue: Option<Count>,
    pub(crate) request_timeout: Option<Span>,
    pub(crate) body_bytes: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Shutdown {
    pub(crate) grace: Option<Span>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Upkeep {
    pub(crate) in_proxy: bool,
    pub(crate) listen: Option<String>,
    pub(crate) keepalive: KeepAlive,
}

/// How bots are kept alive; what a bot leaves out is as for all of them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeepAlive {
    pub(crate) enabled: Option<bool>,
    pub(crate) schedule: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) jitter: Option<Span>,
    pub(crate) text: Option<String>,
    pub(crate) expect: Option<Pattern>,
    pub(crate) answer_timeout: Option<Span>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bot {
    pub(crate) name: String,
    pub(crate) user_id: Snowflake,
    pub(crate) models: Vec<String>,
    pub(crate) default_channel_id: Option<Snowflake>,
    #[serde(default)]
    pub(crate) default_channel_ids: Vec<Snowflake>,
    #[serde(default)]
    pub(crate) keepalive: KeepAlive,
    pub(crate) profile: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) name: String,
    #[serde(default, deserialize_with = "value::secret")]
    pub(crate) secret: Option<SecretString>,
    pub(crate) secret_file: Option<PathBuf>,
    pub(crate) models: Option<Vec<String>>,
    pub(crate) scopes: Option<Vec<Scope>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alert {
    pub(crate) name: String,
    /// Whoever knows it may be let in by it.
    #[serde(default, deserialize_with = "value::secret")]
    pub(crate) url: Option<SecretString>,
    #[serde(default, deserialize_with = "value::secret")]
    pub(crate) secret: Option<SecretString>,
    pub(crate) secret_file: Option<PathBuf>,
    pub(crate) channel_id: Option<Snowflake>,
    pub(crate) kinds: Option<Vec<String>>,
    pub(crate) remind_after: Option<Span>,
}

/// What keeps one conversation from the others.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Isolation {
    Channel,
    Thread,
    ChannelThenThread,
}

/// What a key may be used for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    Chat,
    Relay,
    Admin,
}
