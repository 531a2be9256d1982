//! One connection to Discord's gateway.
//!
//! twilight's `Shard` speaks the protocol; this owns every deadline and ends with the connection.
//! Left alone, a shard waits for ever for Hello, READY and the answer to its close frame, and
//! connects again without a pause whenever the handshake worked.

use std::{
    error::Error,
    fmt::Write as _,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use twilight_gateway::{
    CloseFrame, Config, Message, Session, Shard, ShardState,
    error::{ReceiveMessageError, ReceiveMessageErrorType},
};
use twilight_model::gateway::ShardId;

use crate::{
    Trouble,
    frame::{Frame, HELLO},
    heartbeats::Heartbeats,
    limits::{
        ACK_TIMEOUT, CONNECT_POLLS_MAX, CONNECT_TIMEOUT, DRAIN_TIMEOUT, READY_TIMEOUT,
        RESUME_TIMEOUT,
    },
    permit::Permit,
    pulse::Pulse,
};

/// One connection: one shard that is never allowed to connect a second time.
#[derive(Debug)]
pub(crate) struct Connection {
    shard: Shard<Permit>,
    permit: Permit,
    /// Where a RESUME is counted.
    pulse: Arc<Pulse>,
    phase: ShardState,
    /// When the phase began or last got on.
    since: Instant,
    /// The sequence that a replay has come to.
    sequence: Option<u64>,
    /// Whether the upgrade was seen to succeed.
    up: bool,
    /// Polls without any sign of a connection.
    polls: u32,
    /// When the heartbeat was sent whose acknowledgement is awaited. Kept here because twilight
    /// reads the operating system's clock, which knows nothing of a paused one.
    unanswered: Option<Instant>,
    latency: Option<Duration>,
    /// All heartbeats that await an acknowledgement, and when twilight says the last one was sent, by
    /// the operating system's clock: to be compared only with itself.
    heartbeats: Heartbeats,
    last_heartbeat: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

/// What a connection does next.
#[derive(Debug)]
pub(crate) enum Step {
    /// A frame, as text.
    Frame(String),
    /// A frame that is no JSON, or lacks what every frame has.
    Undecodable,
    /// The connection is over. It must not be polled again.
    Ended(End),
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Discord closed it with a code after which reconnecting is no use.
    Refused(u16),
    /// Anything else.
    Lost(Trouble),
}

impl Connection {
    pub(crate) fn new(shard: ShardId, config: Config<Permit>, pulse: Arc<Pulse>) -> Self {
        let permit = config.queue().clone();
        let shard = Shard::with_config(shard, config);
        let now = Instant::now();
        Self {
            phase: shard.state(),
            shard,
            permit,
            pulse,
            since: now,
            sequence: None,
            up: false,
            polls: 0,
            unanswered: None,
            latency: None,
            heartbeats: Heartbeats::default(),
            last_heartbeat: None,
            timer: Box::pin(sleep_until(now + CONNECT_TIMEOUT)),
        }
    }

    /// The next thing that happens. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Step {
        poll_fn(|context| self.poll_step(context)).await
    }

    /// Says goodbye with `frame`, unless twilight has said its own already, and hands over what
    /// still comes in. Bounded; the connection is over afterwards.
    pub(crate) async fn drain(&mut self, frame: CloseFrame<'static>, take: impl FnMut(String)) {
        if !self.up {
            // A close frame would wait for the connection; dropping the socket says it all.
            return;
        }
        self.shard.close(frame);
        // A peer that never answers is left standing.
        let _ = timeout(DRAIN_TIMEOUT, self.drain_all(take)).await;
    }

    async fn drain_all(&mut self, mut take: impl FnMut(String)) {
        while let Some(Ok(Message::Text(text))) = self.shard.next().await {
            // Hello can only come from a new connection, which twilight makes by itself.
            if Frame::read(&text).is_ok_and(|frame| frame.op == HELLO) {
                return;
            }
            take(text);
        }
    }

    /// The session to go on with, and where.
    pub(crate) fn session(&self) -> (Option<Session>, Option<String>) {
        (
            self.shard.session().cloned(),
            self.shard.resume_url().map(str::to_owned),
        )
    }

    /// Whether the peer was reached and spoke the protocol.
    pub(crate) fn was_up(&self) -> bool {
        self.up
    }

    /// How long the last heartbeat took.
    pub(crate) fn latency(&self) -> Option<Duration> {
        self.latency
    }

    /// Discord has asked for a heartbeat.
    pub(crate) fn heartbeat_asked(&mut self) {
        self.heartbeats.asked();
    }

    /// Discord has acknowledged a heartbeat. When it was sent, or a little earlier.
    pub(crate) fn heartbeat_acknowledged(&mut self) -> Option<Instant> {
        self.heartbeats.acknowledged()
    }

    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        let began = Instant::now();
        match Pin::new(&mut self.shard).poll_next(context) {
            Poll::Ready(item) => {
                self.observe(began);
                self.permit.serve();
                Poll::Ready(self.step_of(item))
            }
            Poll::Pending => {
                let was_up = self.up;
                self.observe(began);
                if was_up && matches!(self.phase, ShardState::Disconnected { .. }) {
                    // A bare FIN: twilight reports nothing and is already connecting again.
                    return Poll::Ready(Step::Ended(End::Lost(Trouble::Dropped)));
                }
                if !self.up {
                    self.polls += 1;
                    if self.polls > CONNECT_POLLS_MAX {
                        return Poll::Ready(Step::Ended(End::Lost(Trouble::Dropped)));
                    }
                }
                self.poll_deadline(context)
            }
        }
    }

    /// Looks at what the shard does not report: its state and its heartbeats. What it has done, it did
    /// in a poll that `began` then.
    fn observe(&mut self, began: Instant) {
        let now = Instant::now();
        let phase = self.shard.state();
        if phase != self.phase {
            if phase == ShardState::Resuming {
                self.pulse.resumed();
            }
            self.phase = phase;
            self.since = now;
        }
        // A replay may take long, as long as it gets on. Acknowledgements are no progress.
        let sequence = self.shard.session().map(Session::sequence);
        if phase == ShardState::Resuming && sequence != self.sequence {
            self.sequence = sequence;
            self.since = now;
        }
        self.up |= !matches!(phase, ShardState::Disconnected { .. });
        let latency = self.shard.latency();
        let last_heartbeat = latency.sent().map(Instant::from_std);
        if last_heartbeat.is_some() && last_heartbeat != self.last_heartbeat {
            self.last_heartbeat = last_heartbeat;
            self.heartbeats.sent(began);
        }
        let waits = latency.sent().is_some() && latency.received().is_none();
        match (self.unanswered, waits) {
            (None, true) => self.unanswered = Some(now),
            (Some(sent), false) => {
                self.latency = Some(now.duration_since(sent));
                self.unanswered = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        let permitted = self.permit.serve();
        if let Some(from) = permitted {
            // Waiting for the permit is ours, not the peer's.
            self.since = self.since.max(from);
        }
        let Some((deadline, awaited, within)) = self.deadline() else {
            return Poll::Pending;
        };
        let due = permitted.map_or(deadline, |from| from.min(deadline));
        if self.timer.deadline() != due {
            self.timer.as_mut().reset(due);
        }
        if self.timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        if due < deadline {
            // The permit is due: come again, give it, and set the timer anew.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Step::Ended(End::Lost(Trouble::Silent { awaited, within })))
    }

    /// What the peer owes us, and until when.
    fn deadline(&self) -> Option<(Instant, &'static str, Duration)> {
        let phase = match self.phase {
            ShardState::Disconnected { .. } => Some((CONNECT_TIMEOUT, "connection")),
            ShardState::Identifying => Some((READY_TIMEOUT, "READY")),
            ShardState::Resuming => Some((RESUME_TIMEOUT, "RESUMED")),
            ShardState::Active | ShardState::FatallyClosed => None,
        };
        let phase = phase.map(|(within, awaited)| (self.since + within, awaited, within));
        let ack = self
            .unanswered
            .map(|at| (at + ACK_TIMEOUT, "heartbeat acknowledgement", ACK_TIMEOUT));
        phase
            .into_iter()
            .chain(ack)
            .min_by_key(|(deadline, ..)| *deadline)
    }

    fn step_of(&self, item: Option<Result<Message, ReceiveMessageError>>) -> Step {
        let end = match item {
            Some(Ok(Message::Text(text))) => return Step::Frame(text),
            Some(Ok(Message::Close(frame))) => {
                let code = frame.map(|frame| frame.code);
                match (self.phase, code) {
                    (ShardState::FatallyClosed, Some(code)) => End::Refused(code),
                    (_, Some(1006) | None) => End::Lost(Trouble::Dropped),
                    (_, Some(code)) => End::Lost(Trouble::Closed(code)),
                }
            }
            Some(Err(error)) => match error.kind() {
                ReceiveMessageErrorType::Deserializing { .. } => return Step::Undecodable,
                ReceiveMessageErrorType::Reconnect => {
                    End::Lost(Trouble::Unreachable(causes(&error)))
                }
                _ => End::Lost(Trouble::Corrupt),
            },
            // Only after a fatal close, which ended the connection one item earlier.
            None => End::Lost(Trouble::Dropped),
        };
        Step::Ended(end)
    }
}

/// The chain below `error`, without the error itself.
fn causes(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let colon = if text.is_empty() { "" } else { ": " };
        let _ = write!(text, "{colon}{cause}");
        next = cause.source();
    }
    if text.is_empty() {
        error.to_string()
    } else {
        text
    }
}
