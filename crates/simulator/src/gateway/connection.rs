//! One websocket connection from Hello to its end.

use std::{convert::Infallible, future::pending, io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{
    close::{CloseCode, client_gives_up},
    compression::Encoder,
    identify::{self, Attached, Refusal},
    limits::{HEARTBEAT_INTERVALS_MAX, SENDING_WINDOW, SENDS_PER_WINDOW},
    members::MemberRequests,
    payload::{self, Heard},
    query,
    registration::Registration,
    session::Pulled,
    sessions::Order,
    wire::{Turn, Wire},
};
use crate::shared::Shared;

/// Runs one connection until it ends. Dropping the future ends it abruptly.
pub(crate) async fn serve<S>(shared: Arc<Shared>, stream: S, query: &str)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    shared.record.connected();
    let mut wire = Wire::new(stream).await;
    pause(&shared).await;
    match query::transport(query).map(Encoder::new) {
        Ok(Ok(encoder)) => *wire.encoder() = encoder,
        Ok(Err(_)) => return,
        Err(code) => return wire.close(code).await,
    }
    let mut connection = Connection::new(shared, wire);
    match connection.run().await {
        End::Close(code) => connection.wire.close(code).await,
        End::ClosedByClient => connection.wire.close_back().await,
        End::Abrupt => {}
    }
}

/// One connection.
struct Connection<S> {
    shared: Arc<Shared>,
    wire: Wire<S>,
    registration: Registration,
    orders: mpsc::Receiver<Order>,
    attached: Option<Attached>,
    members: MemberRequests,
    heartbeat_by: Instant,
    silent_until: Option<Instant>,
    withholds_until: Option<Instant>,
    sending_window: Instant,
    sends: u32,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With this close frame.
    Close(CloseCode),
    /// The client closed first.
    ClosedByClient,
    /// Without a word.
    Abrupt,
}

// === impl Connection ===

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    fn new(shared: Arc<Shared>, wire: Wire<S>) -> Self {
        let now = Instant::now();
        let (registration, orders) = Registration::new(&shared);
        Self {
            heartbeat_by: now + patience(&shared),
            shared,
            wire,
            registration,
            orders,
            attached: None,
            members: MemberRequests::default(),
            silent_until: None,
            withholds_until: None,
            sending_window: now,
            sends: 0,
        }
    }

    async fn run(&mut self) -> End {
        match self.converse().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    /// Hello, then turn by turn: what the session has, what the client says, what a test orders.
    async fn converse(&mut self) -> Result<Infallible, End> {
        self.say(payload::hello(
            self.shared.sessions.config.heartbeat_interval_ms,
        ))?;
        loop {
            let again_at = self.pull()?;
            let wake = self
                .attached
                .as_ref()
                .map(|attached| Arc::clone(&attached.wake));
            let news = async {
                match &wake {
                    Some(wake) => wake.notified().await,
                    None => pending().await,
                }
            };
            // While a write is stuck there is no use in hearing of more to write.
            let writing = self.wire.is_writing();
            tokio::select! {
                biased;
                order = self.orders.recv() => self.obey(order)?,
                turn = self.wire.turn() => self.follow(turn).await?,
                () = news, if !writing => {}
                () = sleep_until(again_at) => self.check_heartbeat()?,
            }
        }
    }

    /// Takes the next events from the session, unless the connection is silent, withholds them or is
    /// still writing.
    /// Answers when to look again.
    fn pull(&mut self) -> Result<Instant, End> {
        if let Some(until) = self.silent_until {
            if Instant::now() < until {
                return Ok(until.min(self.heartbeat_by));
            }
            self.silent_until = None;
        }
        if let Some(until) = self.withholds_until {
            if Instant::now() < until {
                return Ok(until.min(self.heartbeat_by));
            }
            self.withholds_until = None;
        }
        let Some(attached) = &mut self.attached else {
            return Ok(self.heartbeat_by);
        };
        if self.wire.is_writing() {
            return Ok(self.heartbeat_by);
        }
        let connection = self.registration.connection;
        match self
            .shared
            .sessions
            .pull(&attached.session_id, connection, attached.cursor)
        {
            Pulled::Events {
                texts,
                cursor,
                again_at,
            } => {
                attached.cursor = cursor;
                for text in texts {
                    self.say(text)?;
                }
                Ok(again_at.map_or(self.heartbeat_by, |at| at.min(self.heartbeat_by)))
            }
            // The client reads too slowly. It may resume, if it has kept count.
            Pulled::Overrun => Err(End::Abrupt),
            // The order that says why is on its way.
            Pulled::Gone => {
                self.attached = None;
                Ok(self.heartbeat_by)
            }
        }
    }

    fn obey(&mut self, order: Option<Order>) -> Result<(), End> {
        match order {
            None | Some(Order::Drop) => Err(End::Abrupt),
            Some(Order::Close(code)) => Err(End::Close(code)),
            Some(Order::Invalidate { resumable }) => {
                self.shared.sessions.detach(self.registration.connection);
                self.attached = None;
                self.say(payload::invalid_session(resumable))
            }
            Some(Order::Reconnect) => self.say(payload::reconnect()),
            Some(Order::Heartbeat) => self.say(payload::heartbeat_request()),
            Some(Order::Silence(until)) => {
                self.silent_until = Some(until);
                Ok(())
            }
            Some(Order::Withhold(until)) => {
                self.withholds_until = Some(until);
                Ok(())
            }
        }
    }

    async fn follow(&mut self, turn: Turn) -> Result<(), End> {
        match turn {
            Turn::Written | Turn::Idle => Ok(()),
            Turn::Heard(text) => self.hear(&text).await,
            Turn::Closed(code) => {
                // 1000 and 1001 give the session up; all else keeps it.
                if code.is_some_and(client_gives_up) {
                    self.end_session();
                }
                Err(End::ClosedByClient)
            }
            Turn::Ended => Err(End::Abrupt),
        }
    }

    async fn hear(&mut self, text: &[u8]) -> Result<(), End> {
        self.count_send()?;
        let heard = payload::read(text).map_err(End::Close)?;
        if heard == Heard::Heartbeat {
            self.heartbeat_by = Instant::now() + patience(&self.shared);
        }
        if self.silent_until.is_some() {
            return Ok(());
        }
        match heard {
            Heard::Heartbeat => self.say(payload::heartbeat_ack()),
            Heard::Identify(_) | Heard::Resume(_) if self.attached.is_some() => {
                Err(End::Close(CloseCode::AlreadyAuthenticated))
            }
            Heard::Identify(identify) => {
                pause(&self.shared).await;
                self.shared.record.identified(self.shared.clock.now_ms());
                if identify.compress {
                    self.wire.encoder().compress_payloads();
                }
                let connection = self.registration.connection;
                self.begin(identify::identify(&self.shared, connection, &identify))
            }
            Heard::Resume(resume) => {
                pause(&self.shared).await;
                self.shared.record.resumed();
                let connection = self.registration.connection;
                self.begin(identify::resume(&self.shared, connection, &resume))
            }
            Heard::RequestMembers(_) | Heard::Accepted if self.attached.is_none() => {
                Err(End::Close(CloseCode::NotAuthenticated))
            }
            Heard::RequestMembers(request) => {
                if let Some(attached) = &self.attached {
                    self.members.answer(&self.shared, attached, &request);
                }
                Ok(())
            }
            Heard::Accepted => Ok(()),
        }
    }

    fn begin(&mut self, outcome: Result<Attached, Refusal>) -> Result<(), End> {
        match outcome {
            Ok(attached) => {
                self.attached = Some(attached);
                Ok(())
            }
            Err(Refusal::Close(code)) => Err(End::Close(code)),
            Err(Refusal::InvalidSession) => self.say(payload::invalid_session(false)),
        }
    }

    fn check_heartbeat(&mut self) -> Result<(), End> {
        if Instant::now() < self.heartbeat_by {
            return Ok(());
        }
        self.end_session();
        Err(End::Close(CloseCode::SessionTimedOut))
    }

    fn end_session(&mut self) {
        if let Some(attached) = self.attached.take() {
            self.shared.sessions.end(&attached.session_id);
        }
    }

    fn count_send(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if now.duration_since(self.sending_window) >= SENDING_WINDOW {
            self.sending_window = now;
            self.sends = 0;
        }
        self.sends += 1;
        if self.sends > SENDS_PER_WINDOW {
            return Err(End::Close(CloseCode::RateLimited));
        }
        Ok(())
    }

    fn say(&mut self, payload: impl Into<Utf8Bytes>) -> Result<(), End> {
        self.wire.say(payload).map_err(|_: io::Error| End::Abrupt)
    }
}

/// What every answer costs.
async fn pause(shared: &Shared) {
    sleep(Duration::from_millis(shared.config.latency_ms)).await;
}

/// How long a connection may go without a heartbeat.
fn patience(shared: &Shared) -> Duration {
    let interval = Duration::from_millis(shared.sessions.config.heartbeat_interval_ms.max(1));
    interval * HEARTBEAT_INTERVALS_MAX
}
