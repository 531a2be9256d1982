//! What frames mean: events for the hub, and how the session stands.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use tokio::time::Instant;
use twilight_model::{
    gateway::Intents,
    id::{Id, marker::GuildMarker},
};

use crate::{
    Cause, Feed, LapseReason, Session, Settings, State, Trouble,
    frame::{Frame, HEARTBEAT, HEARTBEAT_ACK, Head, INVALID_SESSION, RECONNECT, payload},
    limits::{DEAF_INTERVAL, INVALID_SESSION_SPREAD, INVALID_SESSION_WAIT},
    pulse::Pulse,
    roster::{Arrival, Roster},
    url,
};

/// Takes every frame of every connection, in order. Never waits.
#[derive(Debug)]
pub(crate) struct Reception {
    feed: Arc<Feed>,
    pulse: Arc<Pulse>,
    shard: u32,
    /// Whether Discord announces the guilds of a session.
    announced: bool,
    roster: Roster,
    /// When READY or RESUMED came on this connection.
    ready_at: Option<Instant>,
    /// Since when events flow on this connection and all guilds are there; `None` while they do not.
    whole_since: Option<Instant>,
    /// When events stopped to flow, or the start; `None` while they do.
    down_since: Option<Instant>,
    /// When the last frame came. A silent connection was lost when it fell silent.
    last_frame: Option<Instant>,
    /// Until when a connection that tells nothing is put up with.
    deaf_until: Option<Instant>,
    /// Failed attempts since events stopped to flow.
    attempts: u32,
}

/// Why a connection has to end, and how long to wait before the next one.
pub(crate) type Parting = (Trouble, Duration);

/// What a frame asks of the connection that it came on.
#[derive(Debug)]
pub(crate) enum Upshot {
    /// Nothing.
    GoOn,
    /// Discord asks for a heartbeat. twilight sends it.
    HeartbeatAsked,
    /// Discord acknowledges a heartbeat.
    HeartbeatAcknowledged,
    /// The connection has to end.
    Part(Parting),
}

/// The parts of READY that matter here.
#[derive(Default, Deserialize)]
struct Ready {
    #[serde(default)]
    guilds: Vec<Guild>,
    #[serde(default)]
    session_id: String,
    #[serde(default)]
    resume_gateway_url: String,
}

#[derive(Deserialize)]
struct Guild {
    id: Id<GuildMarker>,
}

impl Reception {
    pub(crate) fn new(feed: Arc<Feed>, settings: &Settings) -> Self {
        let shard = settings.shard.number();
        let pulse = feed.add_shard(settings.shard);
        Self {
            feed,
            pulse,
            shard,
            announced: settings.intents.contains(Intents::GUILDS),
            roster: Roster::default(),
            ready_at: None,
            whole_since: None,
            down_since: Some(Instant::now()),
            last_frame: None,
            deaf_until: None,
            attempts: 0,
        }
    }

    /// Where the shard's signs of life go.
    pub(crate) fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Whether READY or RESUMED came on this connection.
    pub(crate) fn is_up(&self) -> bool {
        self.ready_at.is_some()
    }

    /// Until when guilds are awaited. Before READY or RESUMED nothing is handed over.
    pub(crate) fn hand_over_deadline(&self) -> Option<Instant> {
        self.ready_at.and(self.roster.deadline())
    }

    /// Guilds that are still awaited are waited for no longer.
    pub(crate) fn hand_over(&mut self) {
        self.roster.give_up();
        self.feed.set_away(self.shard, self.roster.away());
        self.handed_over();
    }

    /// When an event that must come is overdue.
    pub(crate) fn deaf_at(&self) -> Option<Instant> {
        let expected = self.feed.expected(self.shard)?;
        Some(expected.due)
    }

    /// An event is overdue. Whether that is the connection's fault.
    pub(crate) fn is_deaf(&mut self) -> bool {
        let now = Instant::now();
        let Some(overdue) = self.feed.expected(self.shard).filter(|it| it.due <= now) else {
            return false;
        };
        let is_put_up_with = self.deaf_until.is_some_and(|until| now < until);
        if is_put_up_with || self.roster.is_away(overdue.guild) {
            self.feed.excuse(self.shard, overdue.guild);
            return false;
        }
        self.deaf_until = Some(now + DEAF_INTERVAL);
        // For whoever relies on events, it fell silent then.
        self.last_frame = Some(overdue.silent_since);
        true
    }

    /// Takes one frame.
    pub(crate) fn take(&mut self, text: &str) -> Upshot {
        self.last_frame = Some(Instant::now());
        let Ok(frame) = Frame::read(text) else {
            self.undecodable();
            return Upshot::GoOn;
        };
        let head = frame.head();
        self.pulse.beat(head.is_some());
        let Some(head) = head else {
            return match frame.op {
                HEARTBEAT => Upshot::HeartbeatAsked,
                HEARTBEAT_ACK => Upshot::HeartbeatAcknowledged,
                RECONNECT => Upshot::Part((Trouble::Reconnect, Duration::ZERO)),
                INVALID_SESSION => {
                    let spread = INVALID_SESSION_SPREAD.mul_f64(fastrand::f64());
                    Upshot::Part((Trouble::SessionInvalid, INVALID_SESSION_WAIT + spread))
                }
                _ => Upshot::GoOn,
            };
        };
        // First: whoever wants READY sees it before what it brings about.
        self.publish(head, text);
        let trouble = match head.name {
            "READY" => self.session_began(head, text),
            "RESUMED" => {
                self.session_resumed();
                None
            }
            _ => None,
        };
        self.note_guild(head);
        self.feed.published(self.shard, &head);
        trouble.map_or(Upshot::GoOn, |trouble| {
            Upshot::Part((trouble, Duration::ZERO))
        })
    }

    /// A heartbeat is acknowledged that was sent on this connection at `sent`, or later. It vouches
    /// for nothing if that was before events flowed: a fresh connection knows nothing of what a
    /// resumed session has yet to replay.
    pub(crate) fn acknowledged(&self, sent: Instant) {
        if self.is_up() && self.whole_since.is_some_and(|since| since < sent) {
            self.feed.acknowledge_shard(self.shard, sent);
        }
    }

    /// Takes a frame of a connection that is ending.
    pub(crate) fn take_last(&mut self, text: &str) {
        let Ok(frame) = Frame::read(text) else {
            return self.undecodable();
        };
        if let Some(head) = frame.head() {
            // First, as ever.
            self.publish(head, text);
            if head.name == "READY" {
                // It can be resumed, and its guilds are awaited then; the connection ends anyway.
                drop(self.session_began(head, text));
            }
            self.note_guild(head);
            self.feed.published(self.shard, &head);
        }
    }

    /// The session is one that another process has left.
    pub(crate) fn session_taken_over(&mut self, session: Option<Session>) {
        self.roster = Roster::taken_over();
        self.session_is(session);
        let state = State::Resuming {
            since: Instant::now(),
            why: Cause::TakenOver,
        };
        self.feed.set_shard_state(self.shard, state);
    }

    /// The session that can be gone on with now, if any.
    pub(crate) fn session_is(&self, session: Option<Session>) {
        self.feed.set_session(self.shard, session);
    }

    /// Something came that cannot be read. Whatever it was, nobody may rely on not having missed
    /// it.
    pub(crate) fn undecodable(&self) {
        tracing::warn!(
            shard = self.shard,
            "discord sent something that cannot be read"
        );
        self.pulse.stumbled();
        self.lapse(LapseReason::Undecodable, Instant::now());
    }

    /// How long the last heartbeat of this connection took.
    pub(crate) fn answered(&self, latency: Option<Duration>) {
        self.pulse.answered(latency);
    }

    /// The connection is over. Returns how long the session was up on it, if it was.
    pub(crate) fn lost(&mut self, trouble: &Trouble, resumable: bool) -> Option<Duration> {
        let now = Instant::now();
        self.pulse.answered(None);
        self.pulse.lost();
        self.whole_since = None;
        let was_ready = self.down_since.is_none();
        let since = *self
            .down_since
            .get_or_insert(self.last_frame.unwrap_or(now));
        let why = Cause::from(trouble.clone());
        let state = match (was_ready, resumable) {
            (true, true) => State::Resuming { since, why },
            (true, false) => State::Connecting { since, why },
            (false, _) => {
                self.attempts = self.attempts.saturating_add(1);
                State::Degraded {
                    since,
                    why: trouble.clone(),
                    attempts: self.attempts,
                }
            }
        };
        self.feed.set_shard_state(self.shard, state);
        self.ready_at.take().map(|ready| now.duration_since(ready))
    }

    /// It is over for good.
    pub(crate) fn close(&self, state: State) {
        self.feed.set_state(state);
    }

    /// Events since then may be missing.
    fn lapse(&self, reason: LapseReason, since: Instant) {
        self.feed.lapse_shard(self.shard, reason, since);
    }

    fn publish(&self, head: Head<'_>, text: &str) {
        if !self.feed.is_wanted(head.channel_id, head.name) {
            return;
        }
        match head.dispatch(text, self.shard) {
            Ok(dispatch) => self.feed.publish(dispatch),
            Err(_) => self.undecodable(),
        }
    }

    /// READY: a new session. Returns what is wrong with it, if anything is.
    fn session_began(&mut self, head: Head<'_>, text: &str) -> Option<Trouble> {
        let now = Instant::now();
        self.ready_at = Some(now);
        let ready = payload(text)
            .ok()
            .and_then(|data| Ready::deserialize(data).ok());
        let Ready {
            guilds,
            session_id,
            resume_gateway_url,
        } = ready.unwrap_or_default();
        let address = url::usable(&resume_gateway_url);
        self.session_is(Some(Session {
            id: session_id,
            sequence: head.sequence,
            resume_url: address.as_ref().ok().cloned(),
        }));
        let guilds = guilds
            .into_iter()
            .map(|guild| guild.id)
            .filter(|_| self.announced);
        self.roster = Roster::of(guilds, now);
        self.feed.set_away(self.shard, self.roster.away());
        if self.roster.deadline().is_none() {
            self.handed_over();
        }
        // twilight would connect there by itself, within the poll that finds the connection dead.
        address.err().map(Trouble::Address)
    }

    /// RESUMED: everything that was missed has been replayed.
    fn session_resumed(&mut self) {
        let now = Instant::now();
        self.ready_at = Some(now);
        tracing::info!("gateway session resumed");
        // Guilds may still be awaited from before the connection was lost.
        if self.roster.deadline().is_none() {
            self.ready(now);
        }
    }

    /// Every guild of a new session has been announced.
    fn handed_over(&mut self) {
        let now = Instant::now();
        let since = self.down_since.unwrap_or(now);
        tracing::info!("gateway session began");
        self.lapse(LapseReason::NewSession, since);
        self.ready(now);
    }

    fn ready(&mut self, now: Instant) {
        self.down_since = None;
        self.whole_since = Some(now);
        self.attempts = 0;
        let state = State::Ready { since: now };
        self.feed.set_shard_state(self.shard, state);
    }

    fn note_guild(&mut self, head: Head<'_>) {
        let Some(guild) = head.guild_id else { return };
        let arrival = match head.name {
            "GUILD_CREATE" => self.roster.created(guild, head.unavailable),
            "GUILD_DELETE" => self.roster.deleted(guild, head.unavailable),
            _ => return,
        };
        self.feed.set_away(self.shard, self.roster.away());
        match arrival {
            Arrival::Unremarkable => {}
            Arrival::Last => self.handed_over(),
            Arrival::Returned => {
                tracing::info!(guild.id = %guild, "a guild is available again");
                self.lapse(LapseReason::GuildReturned, Instant::now());
            }
        }
    }
}

#[cfg(test)]
mod tests;
