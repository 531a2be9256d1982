//! All sessions and connections of this Discord.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::{sync::mpsc, time::Instant};

use super::{
    budget::Budget,
    close::CloseCode,
    command::GatewayCommand,
    limits::{EVENTS_PER_TURN, ORDERS_MAX},
    session::{Place, Pulled, Session},
};
use crate::{
    config::{Config, GatewayConfig},
    dispatch::Dispatch,
    fault::{EventFault, Faults},
    limits::LEFT_OUT_KEPT,
    world::World,
};

/// The events that tell of something new: without them nobody who listens knows that it is there.
const CREATIONS: [&str; 3] = ["MESSAGE_CREATE", "CHANNEL_CREATE", "THREAD_CREATE"];

/// What a connection is told to do, from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// End the TCP stream without a word.
    Drop,
    /// Close with this code.
    Close(CloseCode),
    /// Say op 9.
    Invalidate { resumable: bool },
    /// Say op 7.
    Reconnect,
    /// Say op 1.
    Heartbeat,
    /// Say nothing until then.
    Silence(Instant),
    /// Hand out no event until then.
    Withhold(Instant),
}

/// Every session and connection. Lock order: the world first, then this.
#[derive(Debug)]
pub(crate) struct Sessions {
    pub(crate) config: GatewayConfig,
    pub(super) state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) budgets: BTreeMap<u64, Budget>,
    pub(super) dice: fastrand::Rng,
    connections: BTreeMap<u64, mpsc::Sender<Order>>,
    connections_ever: u64,
    refuses_until: Option<Instant>,
    /// Messages and channels of which the event that they were created was left out.
    left_out: BTreeSet<u64>,
}

// === impl Sessions ===

impl Sessions {
    /// No session yet.
    pub(crate) fn new(config: &Config) -> Self {
        let state = State {
            sessions: BTreeMap::new(),
            budgets: BTreeMap::new(),
            dice: fastrand::Rng::with_seed(config.seed ^ 0x6761_7465),
            connections: BTreeMap::new(),
            connections_ever: 0,
            refuses_until: None,
            left_out: BTreeSet::new(),
        };
        Self {
            config: config.gateway.clone(),
            state: Mutex::new(state),
        }
    }

    /// Puts one event into every session that should get it. Called with the world locked, so
    /// that events have the order of the changes that caused them.
    pub(crate) fn dispatch(&self, world: &World, faults: &Faults, dispatch: &Dispatch) {
        let now = Instant::now();
        let mut state = self.state.lock();
        state.forget_expired(now, self.resume_window());
        let mut fault = None;
        let State {
            sessions, left_out, ..
        } = &mut *state;
        for session in sessions.values_mut() {
            if !session.wants(world, dispatch) {
                continue;
            }
            let fault = *fault.get_or_insert_with(|| faults.event(dispatch.name));
            let (viewer, intents) = (session.user_id, session.intents);
            let data = world.seen_by(viewer, intents, dispatch.name, &dispatch.data);
            session.release_due(now);
            let is_lost = fault == EventFault::Drop && CREATIONS.contains(&dispatch.name);
            if is_lost && left_out.len() < LEFT_OUT_KEPT {
                left_out.extend(data["id"].as_str().and_then(|id| id.parse::<u64>().ok()));
            }
            session.take(now, dispatch.name, data, fault);
        }
    }

    /// Acts upon every connection that is open now; answers how many there are.
    pub(crate) fn command(&self, command: GatewayCommand) -> usize {
        let now = Instant::now();
        let mut state = self.state.lock();
        let order = match command {
            GatewayCommand::Drop => Order::Drop,
            GatewayCommand::Close { code } => {
                let code = CloseCode::Other(code);
                if code.ends_session() {
                    state.sessions.clear();
                }
                Order::Close(code)
            }
            GatewayCommand::Invalidate { resumable } => {
                if !resumable {
                    state.sessions.clear();
                }
                Order::Invalidate { resumable }
            }
            GatewayCommand::Reconnect => Order::Reconnect,
            GatewayCommand::Heartbeat => Order::Heartbeat,
            GatewayCommand::Silence { seconds } => Order::Silence(now + span(seconds)),
            GatewayCommand::Withhold { seconds } => Order::Withhold(now + span(seconds)),
            GatewayCommand::Refuse { seconds } => {
                state.refuses_until = Some(now + span(seconds));
                // It strikes when somebody knocks.
                return 0;
            }
        };
        let reached = state.connections.len();
        state.order(order, |_| true);
        reached
    }

    /// Whether new connections are refused now. The server asks before it answers the upgrade.
    pub(crate) fn refusing(&self, now: Instant) -> bool {
        self.state
            .lock()
            .refuses_until
            .is_some_and(|until| now < until)
    }

    /// `(total, remaining, reset_after_ms, max_concurrency)` of one bot, for `GET /gateway/bot`.
    pub(crate) fn budget(&self, user_id: u64) -> (u64, u64, u64, u64) {
        let now = Instant::now();
        let state = self.state.lock();
        let total = self.config.identifies_per_day;
        let (remaining, reset_after) =
            state
                .budgets
                .get(&user_id)
                .map_or((total, Duration::ZERO), |b| {
                    (
                        b.remaining(now, &self.config),
                        b.reset_after(now, &self.config),
                    )
                });
        let reset_after_ms = u64::try_from(reset_after.as_millis()).unwrap_or(u64::MAX);
        (
            total,
            remaining,
            reset_after_ms,
            self.config.max_concurrency.max(1),
        )
    }

    /// All of a bot's sessions die, and those who read them are told that their token is wrong.
    pub(crate) fn end_all_of(&self, user_id: u64) {
        self.state.lock().end_all_of(user_id);
    }

    /// How long a detached session may be resumed.
    pub(super) fn resume_window(&self) -> Duration {
        Duration::from_millis(self.config.resume_window_ms)
    }

    /// Enters a new connection into the books.
    pub(super) fn enter(&self) -> (u64, mpsc::Receiver<Order>) {
        let (orders, received) = mpsc::channel(ORDERS_MAX);
        let mut state = self.state.lock();
        state.connections_ever += 1;
        let connection = state.connections_ever;
        state.connections.insert(connection, orders);
        (connection, received)
    }

    /// Strikes a connection out. Its session may be resumed from now on.
    pub(super) fn leave(&self, connection: u64) {
        let mut state = self.state.lock();
        state.connections.remove(&connection);
        state.detach(connection, Instant::now());
    }

    /// Lets go of a session without ending it.
    pub(super) fn detach(&self, connection: u64) {
        self.state.lock().detach(connection, Instant::now());
    }

    /// When a session began, in milliseconds since 1970, while there is something left of it.
    pub(crate) fn began_ms(&self, session_id: &str) -> Option<u64> {
        let state = self.state.lock();
        state
            .sessions
            .get(session_id)
            .map(|session| session.began_ms)
    }

    /// Whether a fault has left out the event that this message, channel or thread was created
    /// ([`CREATIONS`]).
    pub(crate) fn has_left_out(&self, id: u64) -> bool {
        self.state.lock().left_out.contains(&id)
    }

    /// Ends a session.
    pub(super) fn end(&self, session_id: &str) {
        self.state.lock().sessions.remove(session_id);
    }

    /// The next events for the connection that reads this session.
    pub(super) fn pull(&self, session_id: &str, connection: u64, cursor: u64) -> Pulled {
        let mut state = self.state.lock();
        match state.sessions.get_mut(session_id) {
            Some(session) if session.place == Place::Attached(connection) => {
                session.after(Instant::now(), cursor, EVENTS_PER_TURN)
            }
            _ => Pulled::Gone,
        }
    }

    /// Tells one session something that is nobody else's business.
    pub(super) fn tell(&self, session_id: &str, name: &str, data: &Value) {
        if let Some(session) = self.state.lock().sessions.get_mut(session_id) {
            session.push(name, data);
        }
    }
}

// === impl State ===

impl State {
    /// Gives an order to the connections that `meant` picks. One that does not take orders any
    /// more loses its entry, which ends it.
    pub(super) fn order(&mut self, order: Order, meant: impl Fn(u64) -> bool) {
        self.connections
            .retain(|connection, orders| !meant(*connection) || orders.try_send(order).is_ok());
    }

    /// Drops the sessions whose resume window is over.
    pub(super) fn forget_expired(&mut self, now: Instant, window: Duration) {
        self.sessions.retain(|_, session| match session.place {
            Place::Attached(_) => true,
            Place::Detached(since) => now.duration_since(since) <= window,
        });
    }

    fn detach(&mut self, connection: u64, now: Instant) {
        for session in self.sessions.values_mut() {
            if session.place == Place::Attached(connection) {
                session.place = Place::Detached(now);
            }
        }
    }
}

/// A time span in seconds; nonsense counts as none at all, and a day is enough for everybody.
fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.min(86_400.0)).unwrap_or_default()
}
