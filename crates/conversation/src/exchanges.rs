//! The handle through which everybody asks.

use std::{fmt, sync::Arc, time::Duration};

use cordboard_gateway::Hub;
use cordboard_lifecycle::Channels;
use cordboard_recovery::History;
use tokio::{sync::watch, time::timeout_at};
use twilight_model::id::{Id, marker::GuildMarker};

use crate::{
    AskError, Bot, LastWords, MessageApi, Reply, Request,
    admission::Admission,
    bots::Bots,
    exchange,
    limits::{CONVERSATIONS_MAX, QUEUE_MAX, QUEUE_WAIT_MAX},
    post::Posted,
};

/// What conversations may use.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bots that answer.
    pub bots: Vec<Bot>,
    /// Conversations at the same time (default 256).
    pub conversations_max: usize,
    /// Requests that may wait for a place (default 256).
    pub queue_max: usize,
    /// The longest that one of them waits (default 20 s).
    pub queue_wait: Duration,
    /// The guild that the channels are in, if it is told (default: not): then a gateway that does not
    /// tell of what is posted there is noticed ([`Hub::expect`]).
    pub guild_id: Option<Id<GuildMarker>>,
}

/// Holds conversations with bots; a handle that is cheap to clone.
pub struct Exchanges<D> {
    switchboard: Arc<Switchboard<D>>,
}

/// What all conversations share.
pub(crate) struct Switchboard<D> {
    pub(crate) discord: D,
    pub(crate) channels: Channels,
    pub(crate) hub: Hub,
    pub(crate) bots: Arc<Bots>,
    pub(crate) admission: Admission,
    pub(crate) guild_id: Option<Id<GuildMarker>>,
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            bots: Vec::new(),
            conversations_max: CONVERSATIONS_MAX,
            queue_max: QUEUE_MAX,
            queue_wait: QUEUE_WAIT_MAX,
            guild_id: None,
        }
    }
}

// === impl Exchanges ===

impl<D: MessageApi + History> Exchanges<D> {
    /// Conversations in channels of `channels`, heard through `hub`.
    pub fn new(discord: D, channels: Channels, hub: Hub, settings: Settings) -> Self {
        let admission = Admission::new(
            settings.conversations_max,
            settings.queue_max,
            settings.queue_wait,
        );
        Self {
            switchboard: Arc::new(Switchboard {
                discord,
                channels,
                hub,
                bots: Arc::new(Bots::new(settings.bots)),
                admission,
                guild_id: settings.guild_id,
            }),
        }
    }

    /// Puts a question to the least busy bot of the model, in a channel of its own, and returns when
    /// Discord has accepted the whole prompt.
    ///
    /// Nothing runs in the background: the caller polls this future, and then the [`Reply`].
    /// Dropping either at any time releases the channel.
    ///
    /// # Errors
    /// [`AskError`] says what may be done. At the request's deadline it is [`AskError::Deadline`],
    /// or [`AskError::HalfAsked`] once posting has begun.
    pub async fn ask(&self, request: Request) -> Result<Reply, AskError> {
        let mut posted = Posted::default();
        let asking = exchange::ask(&self.switchboard, &request, &mut posted);
        // Each step keeps the deadline by itself; this is for the step that forgets.
        match timeout_at(request.deadline, asking).await {
            Ok(asked) => asked,
            Err(elapsed) => Err(posted.overdue(elapsed.into())),
        }
    }
}

impl<D> Exchanges<D> {
    /// The models that are served, each once, in the order of the configuration.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.switchboard.bots.models()
    }

    /// Whether a bot serves the model. The case does not matter, nor does `openai/` in front.
    #[must_use]
    pub fn serves(&self, model: &str) -> bool {
        self.switchboard.bots.serve(model)
    }

    /// What each bot has said last of its limit, as conversations end.
    #[must_use]
    pub fn last_words(&self) -> watch::Receiver<LastWords> {
        self.switchboard.bots.last_words()
    }

    /// Takes no new work; replies that have begun go on.
    pub fn close(&self) {
        self.switchboard.admission.close();
    }
}

impl<D> Clone for Exchanges<D> {
    fn clone(&self) -> Self {
        Self {
            switchboard: Arc::clone(&self.switchboard),
        }
    }
}

impl<D> fmt::Debug for Exchanges<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanges")
            .field("models", &self.models().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
