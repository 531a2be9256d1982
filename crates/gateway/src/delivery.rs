//! What a subscriber receives.

use std::{fmt, sync::Arc};

use tokio::time::Instant;
use twilight_model::id::{Id, marker::GuildMarker};

use crate::Dispatch;

/// One item of a [`Subscription`](crate::Subscription), in the order in which things happened.
///
/// | delivery | who gets it | what may be relied on |
/// |---|---|---|
/// | [`Dispatch`](Self::Dispatch) | who asked for its channel or its name | Discord sent it; maybe not for the first time, after a session was resumed |
/// | [`Lapse`](Self::Lapse) | everybody | events up to here may be missing; what comes after it was received after it |
/// | [`Acknowledged`](Self::Acknowledged) | [taps](crate::Hub::tap) only | what Discord dispatched up to a moment was delivered, or a lapse was |
#[derive(Clone, Debug)]
pub enum Delivery {
    /// Discord sent this.
    Dispatch(Arc<Dispatch>),
    /// Events may have been lost before this point: read again over REST what you rely on.
    Lapse(Lapse),
    /// Nothing that Discord dispatched before a moment is still on its way.
    Acknowledged(Acknowledged),
}

/// Discord acknowledged a heartbeat (opcode 11) that was sent on this very connection, while events
/// flowed on it.
///
/// Discord's answers come in the order of its dispatches. So everything that it dispatched on this
/// session before `sent` was delivered before this, or a [`Lapse`] was. It vouches for what Discord's
/// gateway has dispatched, not for what other parts of Discord have yet to tell the gateway; and not for
/// guilds in an outage, of which Discord dispatches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// When the heartbeat was sent, or a little earlier.
    pub sent: Instant,
    /// Guilds in an outage.
    pub away: Arc<[Id<GuildMarker>]>,
}

/// A time in which events may have been lost.
///
/// What comes after a lapse in the same subscription was received after it, so a read over REST
/// that begins now leaves no hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapse {
    /// What happened.
    pub reason: LapseReason,
    /// From when events may be missing.
    pub since: Instant,
    /// From when events are complete again.
    pub at: Instant,
}

/// Why events may have been lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LapseReason {
    /// A new session began. Discord replays nothing of what came before it.
    NewSession,
    /// A guild was unavailable and came back.
    GuildReturned,
    /// Discord sent something that could not be read.
    Undecodable,
    /// The subscriber did not keep up, and its queue was dropped.
    SlowReader,
}

impl fmt::Display for LapseReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NewSession => "a new session began",
            Self::GuildReturned => "a guild came back",
            Self::Undecodable => "an event could not be read",
            Self::SlowReader => "the reader was too slow",
        })
    }
}
