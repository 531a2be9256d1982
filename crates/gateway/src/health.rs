//! A look at the gateway, for health pages, metrics and logs.

use std::time::Duration;

use crate::{Lapse, State, Status};

/// A look at one shard, or at all of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// How the connection stands.
    pub state: State,
    /// The last time in which events may have been lost.
    pub last_lapse: Option<Lapse>,
    /// How long ago the last frame came, heartbeat acknowledgements included.
    pub last_frame_age: Option<Duration>,
    /// How long ago the last event came.
    pub last_event_age: Option<Duration>,
    /// How long the last heartbeat took; `None` until the first one of a connection was answered. Of
    /// several shards, that of the slowest.
    pub latency: Option<Duration>,
    /// What was counted since the start.
    pub counts: Counts,
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Connections that were lost, or could not be made, each of which led to another attempt.
    pub reconnects: u64,
    /// IDENTIFYs that were sent, each of which asked for a new session.
    pub identifies: u64,
    /// RESUMEs that were sent, each of which asked to go on with a session.
    pub resumes: u64,
    /// Times in which events may have been lost.
    pub lapses: u64,
    /// Frames that could not be read. Each was a lapse, and none ended the connection.
    pub undecodable: u64,
    /// Events whose payload a subscriber could not read ([`Hub::unreadable`](crate::Hub::unreadable)).
    pub unreadable: u64,
}

// === impl Health ===

impl Health {
    /// Nothing but the status is known.
    pub(crate) fn of(status: &Status) -> Self {
        Self {
            state: status.state.clone(),
            last_lapse: status.last_lapse,
            last_frame_age: None,
            last_event_age: None,
            latency: None,
            counts: Counts {
                lapses: status.lapses,
                ..Counts::default()
            },
        }
    }

    /// Adds what is known of a shard: the latest sign of life, the slowest answer, all that was counted
    /// but lapses, which the status counts.
    pub(crate) fn and(mut self, shard: &Self) -> Self {
        let younger = |one: Option<Duration>, other| one.into_iter().chain(other).min();
        self.last_frame_age = younger(self.last_frame_age, shard.last_frame_age);
        self.last_event_age = younger(self.last_event_age, shard.last_event_age);
        self.latency = self.latency.max(shard.latency);
        let counts = &shard.counts;
        self.counts.reconnects += counts.reconnects;
        self.counts.identifies += counts.identifies;
        self.counts.resumes += counts.resumes;
        self.counts.undecodable += counts.undecodable;
        self.counts.unreadable += counts.unreadable;
        self
    }
}
