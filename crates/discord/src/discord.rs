//! Discord over REST, as one bot.

use std::sync::{Arc, atomic::AtomicBool};

use crate::{DiscordError, Settings, send::Sender};

/// Discord over REST, as one bot. Clones share everything: connections, limits, the token's
/// standing.
///
/// It needs no driver: nothing happens between calls.
#[derive(Clone, Debug)]
pub struct Discord {
    pub(crate) sender: Arc<Sender>,
    /// twilight's builders hang on a client; this one never sends.
    pub(crate) builders: Arc<twilight_http::Client>,
    /// Creations ask only for what is needed: more was refused.
    pub(crate) modest: Arc<AtomicBool>,
}

impl Discord {
    /// Prepares everything and sends nothing. Fails with [`DiscordError::Settings`] only.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn new(settings: &Settings) -> Result<Self, DiscordError> {
        let sender = Sender::new(settings)?;
        let builders = twilight_http::Client::builder().ratelimiter(None).build();
        Ok(Self {
            sender: Arc::new(sender),
            builders: Arc::new(builders),
            modest: Arc::default(),
        })
    }

    /// Whether Discord refused the token lately and has not accepted it since. Until it does,
    /// every call fails at once, except one probe of `/users/@me` every 30 seconds.
    #[must_use]
    pub fn is_token_refused(&self) -> bool {
        self.sender.is_token_refused()
    }
}
