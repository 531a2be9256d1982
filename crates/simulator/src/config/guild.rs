//! Who and what is in the guild.

use serde::{Deserialize, Serialize};

use super::{RoleConfig, RoleDeletion, id};
use crate::{Script, world::permission::EVERYONE_DEFAULT};

/// `MESSAGE_CONTENT`, 1<<15: the privileged intent that the proxy cannot work without.
const MESSAGE_CONTENT: u64 = 1 << 15;

/// `VIEW_CHANNEL`, `MANAGE_CHANNELS`, `SEND_MESSAGES`, `READ_MESSAGE_HISTORY`, `EMBED_LINKS`, `ATTACH_FILES`,
/// `VIEW_AUDIT_LOG`, `MANAGE_ROLES`, `MANAGE_THREADS`, `CREATE_PUBLIC_THREADS`, `SEND_MESSAGES_IN_THREADS`.
const PROXY_PERMISSIONS: u64 = 326_686_067_856;

/// The guild.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuildConfig {
    /// Its id, which is the id of its `@everyone` role too.
    #[serde(with = "id")]
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The channels that exist before anybody does anything; the first one is the default channel.
    pub channels: Vec<ChannelConfig>,
    /// What everybody may do (permission bits, as a string).
    #[serde(with = "id")]
    pub everyone_permissions: u64,
    /// The roles besides `@everyone` and the bots' own, the lowest first.
    pub roles: Vec<RoleConfig>,
    /// How many more members there are, who never say a word. Nobody of them is kept in memory:
    /// hundreds of thousands cost no more than ten.
    pub members_extra: usize,
    /// Channels per guild, categories included (Discord: 500).
    pub channels_max: usize,
    /// How many channels more than that a race may create: a channel is not counted in the first
    /// moments of its life. 0: the limit is exact (Discord: at least 17, I#7739).
    pub channels_overshoot: usize,
    /// Channels per category (Discord: 50).
    pub category_channels_max: usize,
    /// Active threads per guild (Discord: unpublished, 1000 by wide report).
    pub threads_max: usize,
    /// Words that the name of a new channel or thread may not hold (20031). Which they are at
    /// Discord is not published.
    pub refused_words: Vec<String>,
    /// When a deleted role leaves the list, and when the request is answered.
    pub role_deletion: RoleDeletion,
    /// How long a deleted role stays on its members, in milliseconds; with several deleted roles
    /// one clean-up starts after the other.
    pub role_cleanup_ms: u64,
    /// How many members are looked at per second after that, in the order of their ids, whether
    /// they hold the role or not (Discord: 35 000 in 4 to 5 s, I#1815). Meanwhile the later ones
    /// still hold it. 0: all at once.
    pub role_cleanup_members_per_second: u64,
    /// How long the load balancer lets a scanning deletion take before it answers 504, in
    /// milliseconds. Discord publishes no figure.
    pub role_deletion_timeout_ms: u64,
}

impl Default for GuildConfig {
    fn default() -> Self {
        Self {
            id: 1_400_000_000_000_000_000,
            name: "Cordboard demo".to_owned(),
            channels: vec![ChannelConfig::default()],
            everyone_permissions: EVERYONE_DEFAULT,
            roles: Vec::new(),
            members_extra: 0,
            channels_max: 500,
            channels_overshoot: 0,
            category_channels_max: 50,
            threads_max: 1_000,
            refused_words: Vec::new(),
            role_deletion: RoleDeletion::Asynchronous,
            role_cleanup_ms: 0,
            role_cleanup_members_per_second: 0,
            role_deletion_timeout_ms: 30_000,
        }
    }
}

/// A channel that is there from the start.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelConfig {
    /// Its id.
    #[serde(with = "id")]
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its type (0 text, 2 voice, 4 category).
    #[serde(rename = "type")]
    pub kind: u64,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self {
            id: 1_400_000_000_000_000_001,
            name: "general".to_owned(),
            kind: 0,
        }
    }
}

/// The bot user whose token the proxy holds.
///
/// The token opens nothing but this box, which is why it may be printed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyConfig {
    /// Its user id, which is its application's id too.
    #[serde(with = "id")]
    pub user_id: u64,
    /// Its name.
    pub name: String,
    /// Its token.
    pub token: String,
    /// What its role grants in the guild (permission bits, as a string).
    #[serde(with = "id")]
    pub permissions: u64,
    /// Which privileged intents are switched on in the portal (`GUILD_MEMBERS` 1<<1,
    /// `GUILD_PRESENCES` 1<<8, `MESSAGE_CONTENT` 1<<15).
    pub privileged_intents: u64,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            user_id: 1_400_000_000_000_000_010,
            name: "Cordboard".to_owned(),
            token: "c2ltdWxhdG9y.cHJveHk.not-a-secret".to_owned(),
            permissions: PROXY_PERMISSIONS,
            privileged_intents: MESSAGE_CONTENT,
        }
    }
}

/// The human who owns the guild and speaks through `/__sim/messages`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HumanConfig {
    /// The user id.
    #[serde(with = "id")]
    pub user_id: u64,
    /// The name.
    pub name: String,
}

impl Default for HumanConfig {
    fn default() -> Self {
        Self {
            user_id: 1_400_000_000_000_000_020,
            name: "Ada".to_owned(),
        }
    }
}

/// A scripted bot.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct BotConfig {
    /// Its user id.
    #[serde(with = "id")]
    pub user_id: u64,
    /// Its name.
    pub name: String,
    /// Its own token; `None`: nobody can log in as this bot.
    pub token: Option<String>,
    /// What its role grants in the guild (permission bits, as a string): what everybody may do,
    /// unless told. `MANAGE_CHANNELS` (1<<4) lets it create channels.
    #[serde(with = "id")]
    pub permissions: u64,
    /// Whether it is online. Offline it answers nobody.
    pub online: bool,
    /// What it does when it is spoken to: the name of a built-in script, or a table.
    pub script: Script,
}

impl Default for BotConfig {
    fn default() -> Self {
        Self::numbered(0, Script::friendly())
    }
}

impl BotConfig {
    /// The id of the first bot; the others follow.
    const FIRST_ID: u64 = 1_400_000_000_000_000_100;

    /// The bot number `index` with this script; the first one is called "Friend".
    #[must_use]
    pub fn numbered(index: usize, script: Script) -> Self {
        let name = if index == 0 {
            "Friend".to_owned()
        } else {
            format!("Friend {}", index + 1)
        };
        let user_id = Self::FIRST_ID + u64::try_from(index).unwrap_or_default();
        Self {
            user_id,
            name,
            token: None,
            permissions: EVERYONE_DEFAULT,
            online: true,
            script,
        }
    }
}
