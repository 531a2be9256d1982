//! Discord over REST, as one bot.

use std::sync::{Arc, atomic::AtomicU8};

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
    /// What creations ask for, after what was refused.
    pub(crate) wish: Arc<AtomicU8>,
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
            wish: Arc::default(),
        })
    }

    /// Deletions go before everything else, or no longer: to be said while a guild is nearly full,
    /// where each deletion makes room for a conversation. Ordinarily, while requests wait for the
    /// limit over all routes, conversations have 50 % of it, deletions 40 % and upkeep 10 %.
    pub fn prefer_deletions(&self, first: bool) {
        self.sender.prefer_deletions(first);
    }

    /// Whether Discord refused the token twice, two seconds apart or more, and has not accepted it
    /// since. Until it does, every call fails at once, except one probe of `/users/@me` every 30
    /// seconds.
    #[must_use]
    pub fn is_token_refused(&self) -> bool {
        self.sender.is_token_refused()
    }

    /// As [`Self::is_token_refused`], for whoever has to know it now: where a first 401 has left it in doubt, it
    /// is asked about again, which takes two seconds.
    pub async fn refuses_token(&self) -> bool {
        self.sender.refuses_token().await
    }

    /// Returns when [`Self::is_token_refused`] becomes true: a process that runs may end then, since
    /// nothing but an operator can help. After a first 401 it asks `/users/@me` by itself, so a
    /// hiccup is over two seconds later, whether calls come along or not. Cancel-safe.
    pub async fn token_refused(&self) {
        self.sender.token_refused().await;
    }
}
