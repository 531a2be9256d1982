//! How a gateway is set up.

use secrecy::SecretString;
use twilight_model::gateway::{Intents, ShardId};

use crate::{UrlError, url};

/// How a [`Gateway`](crate::Gateway) is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bot's token, with or without `Bot ` in front.
    pub token: SecretString,
    /// Where to connect, instead of where the directory says: `wss://…`, or `ws://` to a loopback
    /// address. Anything else would send the token in clear and is refused by
    /// [`Gateway::run`](crate::Gateway::run).
    pub gateway_url: Option<String>,
    /// What Discord is to send (Discord: events/gateway#gateway-intents).
    pub intents: Intents,
    /// The one shard to run. A bot in more than 2500 guilds needs several
    /// ([`Cluster`](crate::Cluster)); a guild is served by shard `(guild_id >> 22) % total` (Discord:
    /// events/gateway#sharding).
    pub shard: ShardId,
    /// Whether a session is left to the next process when this one is told to stop
    /// ([`Gateway::run`](crate::Gateway::run)): Discord keeps it for some minutes, in which the bot is
    /// shown as it was. Otherwise it ends, and the bot goes offline.
    pub leaves_session: bool,
}

impl Settings {
    /// One shard for the whole bot, at the address the directory gives, with the intents that it
    /// takes to follow conversations in guilds: channels and threads, messages and their content,
    /// typing. Of these, only the content of messages has a switch in the developer portal.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        let intents = Intents::GUILDS
            | Intents::GUILD_MESSAGES
            | Intents::GUILD_MESSAGE_TYPING
            | Intents::MESSAGE_CONTENT;
        Self {
            token,
            gateway_url: None,
            intents,
            shard: ShardId::ONE,
            leaves_session: false,
        }
    }

    /// Says what [`Gateway::run`](crate::Gateway::run) would say about the configured address, but
    /// before anything runs.
    ///
    /// # Errors
    /// When it may not be connected to.
    pub fn check(&self) -> Result<(), UrlError> {
        let configured = self.gateway_url.as_deref();
        configured.map_or(Ok(()), |url| url::usable(url).map(drop))
    }
}
