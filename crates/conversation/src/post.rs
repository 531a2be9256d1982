//! Posting a prompt: in order, each message once.

use std::time::Duration;

use cordboard_lifecycle::Failure;
use tokio::time::{Instant, sleep};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    AskError, MessageApi, Post, Source,
    limits::{
        BACK_OFF_MAX, BACK_OFF_MIN, NONCE_CHARACTERS_MAX, NONCE_WINDOW, POST_TIMEOUT,
        POST_TRIES_MAX,
    },
    prompt::Prompt,
};

/// What of a prompt may be in Discord. It outlives a posting that is cut off in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Posted {
    /// Nothing.
    #[default]
    Nothing,
    /// Nothing, unless the call under way does it.
    Calling,
    /// At least one message, for all that is known.
    Something,
}

/// Posts all messages of the prompt, each after the one before was accepted, and returns the id of
/// the first.
pub(crate) async fn all<A: MessageApi>(
    api: &A,
    channel_id: Id<ChannelMarker>,
    prompt: Prompt,
    deadline: Instant,
    posted: &mut Posted,
) -> Result<Id<MessageMarker>, AskError> {
    let mut first = None;
    for (number, message) in prompt.messages.into_iter().enumerate() {
        let mut post = Post {
            content: message.content,
            files: message.files,
            mention: prompt.mention,
            nonce: nonce(channel_id, number),
            timeout: POST_TIMEOUT,
        };
        let id = one(api, channel_id, &mut post, deadline, posted).await?;
        first.get_or_insert(id);
    }
    first.ok_or(AskError::Empty)
}

/// A channel belongs to one conversation, and Discord gives an id once: so the nonce is unique in the
/// world, and the same in each try.
fn nonce(channel_id: Id<ChannelMarker>, number: usize) -> String {
    let nonce = format!("{channel_id}-{number}");
    debug_assert!(nonce.len() <= NONCE_CHARACTERS_MAX, "{nonce}");
    nonce
}

/// Posts one message. A lost answer is no reason to stop: with the same nonce Discord returns the
/// message that it has (Discord: resources/message#create-message, `enforce_nonce`).
async fn one<A: MessageApi>(
    api: &A,
    channel_id: Id<ChannelMarker>,
    post: &mut Post,
    deadline: Instant,
    posted: &mut Posted,
) -> Result<Id<MessageMarker>, AskError> {
    let until = deadline.min(Instant::now() + NONCE_WINDOW);
    let mut tries = 0;
    loop {
        tries += 1;
        let left = until.saturating_duration_since(Instant::now());
        post.timeout = POST_TIMEOUT.min(left);
        posted.calls();
        let called = api.post(channel_id, post).await;
        posted.called(&called);
        let (wait, source): (_, Source) = match called {
            Ok(id) => return Ok(id),
            Err(Failure::Never { source }) => return Err(AskError::Refused { source }),
            Err(Failure::NotDone { wait, source }) => (wait, source),
            Err(Failure::Unknown { source }) => (None, source),
            Err(failure) => (None, failure.into()),
        };
        let now = Instant::now();
        if deadline <= now {
            return Err(posted.overdue(source));
        }
        let pause = wait.unwrap_or_else(|| back_off(tries));
        if tries >= POST_TRIES_MAX || pause >= until.saturating_duration_since(now) {
            return Err(posted.given_up(wait, source));
        }
        tracing::debug!(channel.id = %channel_id, tries, error = %source, "posting again");
        sleep(pause).await;
    }
}

/// The wait after so many tries. No jitter: conversations do not start in step, and a replayed
/// seed shall do the same again.
pub(crate) fn back_off(tries: u32) -> Duration {
    let doubled = BACK_OFF_MIN.saturating_mul(1 << (tries - 1).min(16));
    doubled.min(BACK_OFF_MAX)
}

// === impl Posted ===

impl Posted {
    fn calls(&mut self) {
        if *self == Self::Nothing {
            *self = Self::Calling;
        }
    }

    fn called(&mut self, outcome: &Result<Id<MessageMarker>, Failure>) {
        *self = match (*self, outcome) {
            // A refusal or a wait says that this call did nothing; earlier ones may have.
            (Self::Calling, Err(Failure::NotDone { .. } | Failure::Never { .. })) => Self::Nothing,
            (Self::Calling, _) => Self::Something,
            (before, _) => before,
        };
    }

    /// The deadline passed.
    pub(crate) fn overdue(self, source: Source) -> AskError {
        match self {
            Self::Nothing => AskError::Deadline,
            Self::Calling | Self::Something => AskError::HalfAsked {
                overdue: true,
                source,
            },
        }
    }

    /// Discord did not take a message in all tries.
    fn given_up(self, retry_after: Option<Duration>, source: Source) -> AskError {
        match self {
            Self::Nothing => AskError::Unavailable {
                retry_after,
                source,
            },
            Self::Calling | Self::Something => AskError::HalfAsked {
                overdue: false,
                source,
            },
        }
    }
}
