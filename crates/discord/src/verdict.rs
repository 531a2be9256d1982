//! What one try came to, and what the caller may do about it.

use std::{error::Error, time::Duration};

use cordboard_lifecycle::Room;
use http::StatusCode;

use crate::{
    BodyLoss, Code, DiscordError, Refusal, Silence,
    limiter::{Limited, NoPermit},
    permission,
    transport::{Cut, Reply},
};

/// What was observed when a call did not succeed: the source below every failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The request breaks one of Discord's documented limits and was not sent.
    #[error("the request cannot be built")]
    Unbuildable(#[source] Box<dyn Error + Send + Sync>),
    /// A rate limit opens after the call's deadline. Not sent.
    #[error("rate limited for {wait:?}")]
    RateLimited {
        /// How long the limit stays closed.
        wait: Duration,
    },
    /// The call's deadline passed before its turn came. Not sent.
    #[error("no turn in time")]
    Crowded,
    /// When its turn came, it was not wanted any more. Not sent.
    #[error("withdrawn before its turn came")]
    Withdrawn,
    /// So many requests were refused lately that Discord is about to ban this address. Not sent.
    #[error("stopped for {wait:?}, because too many requests were refused")]
    InvalidBudget {
        /// How long everything waits.
        wait: Duration,
    },
    /// Discord answered 401 a moment ago, which may be a hiccup. Nothing is sent before the token
    /// was asked about again.
    #[error("discord answered 401; the token is asked about again in {wait:?}")]
    TokenDoubted {
        /// Until then.
        wait: Duration,
    },
    /// Discord refused our token (401) twice, two seconds apart or more, and has not accepted it
    /// since. Not sent, or not executed.
    #[error("discord refuses the token")]
    TokenRefused,
    /// No connection, or an HTTP/2 peer that did not take the request. Not sent.
    #[error("no request could be sent")]
    NotSent(#[source] Silence),
    /// It may have been sent, and no answer came.
    #[error("the answer was lost")]
    Lost(#[source] Silence),
    /// A reply with this status whose body was lost.
    #[error("the body of an answer with status {status} was lost")]
    BodyLost {
        /// The HTTP status.
        status: u16,
        /// Why.
        #[source]
        source: BodyLoss,
    },
    /// A reply that Discord's API did not write, or a 5xx: it says nothing about what happened.
    #[error("the answer with status {status} says nothing")]
    Broken {
        /// The HTTP status.
        status: u16,
    },
    /// A 2xx whose body is not what it should be.
    #[error("the answer cannot be read")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
    /// Discord says no.
    #[error("{0}")]
    Refused(Refusal),
}

impl Trouble {
    /// The verdict on a reply; the body, if it is a success.
    pub(crate) fn judge(reply: Reply, limited: Option<Limited>) -> Result<bytes::Bytes, Self> {
        let status = reply.status.as_u16();
        if let Some(Limited { wait, .. }) = limited {
            return Err(Self::RateLimited { wait });
        }
        if reply.status == StatusCode::UNAUTHORIZED {
            return Err(Self::TokenRefused);
        }
        let body = reply
            .body
            .map_err(|source| Self::BodyLost { status, source })?;
        if reply.status.is_success() {
            return Ok(body);
        }
        // 408 and 5xx do not mean "not done" (discord-api-docs #2891), and neither does a page
        // that something in front of the API wrote.
        let says_no = reply.status.is_client_error() && reply.status != StatusCode::REQUEST_TIMEOUT;
        match Refusal::read(status, &body) {
            Some(refusal) if says_no && refusal.code != Code::EdgeBlock => {
                Err(Self::Refused(refusal))
            }
            _ => Err(Self::Broken { status }),
        }
    }

    /// The same, on this route.
    pub(crate) fn on(self, route: &str) -> Self {
        match self {
            Self::Refused(mut refusal) if refusal.code == Code::MissingPermission => {
                refusal.needs = permission::needed(route);
                Self::Refused(refusal)
            }
            trouble => trouble,
        }
    }

    /// Whether Discord may have acted on that try.
    pub(crate) fn may_have_acted(&self) -> bool {
        match self {
            Self::Lost(_) | Self::BodyLost { .. } | Self::Broken { .. } | Self::Unreadable(_) => {
                true
            }
            Self::Unbuildable(_)
            | Self::RateLimited { .. }
            | Self::Crowded
            | Self::Withdrawn
            | Self::InvalidBudget { .. }
            | Self::TokenDoubted { .. }
            | Self::TokenRefused
            | Self::NotSent(_)
            | Self::Refused(_) => false,
        }
    }

    /// Discord's own words, if it said no.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// How long Discord asked to wait, if it did.
    pub(crate) fn wait(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { wait }
            | Self::InvalidBudget { wait }
            | Self::TokenDoubted { wait } => Some(*wait),
            _ => None,
        }
    }

    /// What is full, if that is why Discord refused.
    pub(crate) fn room(&self) -> Option<Room> {
        match self {
            Self::Refused(refusal) => refusal.room(),
            _ => None,
        }
    }

    /// Whether only an operator can help.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            // Room appears when channels are deleted, and deleting is what we do all day.
            Self::Refused(refusal) => !refusal.is_full(),
            Self::Unbuildable(_) | Self::TokenRefused => true,
            _ => false,
        }
    }
}

impl From<NoPermit> for Trouble {
    fn from(refused: NoPermit) -> Self {
        match refused {
            NoPermit::TooLate(wait) => Self::RateLimited { wait },
            NoPermit::Deadline => Self::Crowded,
            NoPermit::InvalidBudget(wait) => Self::InvalidBudget { wait },
        }
    }
}

impl From<Cut> for Trouble {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::NotSent(silence) => Self::NotSent(silence),
            Cut::Lost(silence) => Self::Lost(silence),
        }
    }
}

/// A call that failed: the last try's trouble, and whether any of its tries may have acted.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) trouble: Trouble,
    pub(crate) may_have_acted: bool,
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self {
            may_have_acted: trouble.may_have_acted(),
            trouble,
        }
    }
}

impl Failed {
    /// The verdict on a call that changes something in Discord.
    pub(crate) fn acting(self) -> cordboard_lifecycle::Failure {
        use cordboard_lifecycle::Failure;
        if self.trouble.is_final() {
            Failure::Never {
                source: self.trouble.into(),
            }
        } else if self.may_have_acted {
            Failure::Unknown {
                source: self.trouble.into(),
            }
        } else if let Some(room) = self.trouble.room() {
            Failure::NoRoom {
                room,
                source: self.trouble.into(),
            }
        } else {
            Failure::NotDone {
                wait: self.trouble.wait(),
                source: self.trouble.into(),
            }
        }
    }

    /// The verdict on a call that creates something with a name.
    pub(crate) fn naming(self) -> cordboard_lifecycle::Failure {
        match self.trouble.refusal() {
            Some(refusal) if refusal.is_of_the_name() && !self.may_have_acted => {
                cordboard_lifecycle::Failure::NameRefused {
                    source: self.trouble.into(),
                }
            }
            _ => self.acting(),
        }
    }

    /// The verdict on a call that only reads: nothing can have been done.
    pub(crate) fn reading(self) -> cordboard_lifecycle::Failure {
        Self {
            may_have_acted: false,
            ..self
        }
        .acting()
    }
}

impl From<Failed> for cordboard_recovery::Failure {
    fn from(Failed { trouble, .. }: Failed) -> Self {
        let is_gone = trouble
            .refusal()
            .is_some_and(|refusal| refusal.code == Code::UnknownChannel);
        let wait = trouble.wait();
        // A token that is refused says nothing of the channel.
        let is_final = trouble.is_final() && !matches!(trouble, Trouble::TokenRefused);
        let source = trouble.into();
        if is_gone {
            Self::Gone { source }
        } else if is_final {
            Self::Never { source }
        } else {
            Self::NotDone { wait, source }
        }
    }
}

impl From<Failed> for cordboard_upkeep::Failure {
    fn from(failed: Failed) -> Self {
        let wait = failed.trouble.wait();
        let is_final = failed.trouble.is_final();
        let source = failed.trouble.into();
        if is_final {
            Self::Never { source }
        } else if failed.may_have_acted {
            Self::Unknown { source }
        } else {
            Self::NotDone { wait, source }
        }
    }
}

impl From<Failed> for DiscordError {
    fn from(Failed { trouble, .. }: Failed) -> Self {
        if trouble.is_final() {
            Self::Never { source: trouble }
        } else {
            Self::NotDone {
                wait: trouble.wait(),
                source: trouble,
            }
        }
    }
}

#[cfg(test)]
mod tests;
