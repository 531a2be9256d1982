//! Who may send when. Learns from every reply, waits on tokio's clock.

mod bucket;
mod fair;
mod global;
mod invalid;
mod line;
mod route;
mod share;
mod table;
mod told;

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout_at};

use self::{
    bucket::Closed,
    line::{Line, Turn},
    route::Key,
    table::{Ending, Gate, Table},
    told::Told,
};
pub(crate) use self::{
    route::{Resource, Route},
    share::Share,
    told::{Limited, Scope},
};

/// Why no permit was given. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPermit {
    /// The limit opens after the deadline, in this time.
    TooLate(Duration),
    /// The deadline passed in the line.
    Deadline,
    /// Too many invalid requests: everything waits this long.
    InvalidBudget(Duration),
}

/// The limiter of one token.
///
/// ```text
///  acquire ──► bucket's line ──► bucket ──► global line ──► global ──► Permit ──► answered
///              (first come, first served              (50 : 40 : 10     dropped: lost or not sent
///               within a share)                        between shares)
/// ```
///
/// All gates are passed in one step under one lock, so no permit is given against a gate that an
/// answer has just closed.
#[derive(Debug)]
pub(crate) struct Limiter {
    table: Mutex<Table>,
    /// Those whose bucket is open but who wait for the global gate.
    global_line: Line,
}

impl Limiter {
    pub(crate) fn new(per_second: u16) -> Self {
        Self {
            table: Mutex::new(Table::new(per_second, Instant::now())),
            global_line: Line::default(),
        }
    }

    /// From now on deletions pass the global gate before all others, or no longer.
    pub(crate) fn prefer_deletions(&self, first: bool) {
        self.global_line.prefer_deletions(first);
    }

    /// Waits for the right to send one request, at most until `deadline`.
    pub(crate) async fn acquire(
        &self,
        route: Route,
        deadline: Instant,
    ) -> Result<Permit<'_>, NoPermit> {
        let now = Instant::now();
        if deadline <= now {
            return Err(NoPermit::Deadline);
        }
        let line = {
            let mut table = self.table.lock();
            match table.busy_line(route) {
                None if !self.global_line.is_busy() => match table.admit(route, now) {
                    Ok(key) => return Ok(self.permit(route, key)),
                    Err(gate) => {
                        gate.hopeless(deadline, now)?;
                        table.line(route)
                    }
                },
                line => {
                    // Others came first; who cannot be served in time does not queue behind them.
                    if let Err(gate) = table.check(route, now) {
                        gate.hopeless(deadline, now)?;
                    }
                    line.unwrap_or_else(|| table.line(route))
                }
            }
        };
        match timeout_at(deadline, self.wait(route, deadline, &line)).await {
            Ok(admitted) => admitted,
            // A gate may have closed for long while this one stood behind somebody more patient.
            Err(_) => match self.table.lock().check(route, deadline) {
                Err(gate) => gate
                    .hopeless(deadline, deadline)
                    .and(Err(NoPermit::Deadline)),
                Ok(_) => Err(NoPermit::Deadline),
            },
        }
    }

    async fn wait(
        &self,
        route: Route,
        deadline: Instant,
        line: &Arc<Line>,
    ) -> Result<Permit<'_>, NoPermit> {
        let mut turn = line.turn(route.share).await;
        let mut global_turn = None;
        loop {
            // Who came before us to the global gate goes first, even if it has just opened.
            if global_turn.is_none() && self.global_line.is_busy() {
                global_turn = Some(self.global_line.turn(route.share).await);
            }
            let now = Instant::now();
            let gate = match self.table.lock().admit(route, now) {
                Ok(key) => {
                    global_turn.into_iter().for_each(Turn::pass);
                    turn.pass();
                    return Ok(self.permit(route, key));
                }
                Err(gate) => gate,
            };
            gate.hopeless(deadline, now)?;
            match gate {
                Gate::Global(until) => {
                    if global_turn.is_none() {
                        global_turn = Some(self.global_line.turn(route.share).await);
                    } else {
                        self.global_line.changed(Some(until)).await;
                    }
                }
                Gate::Bucket(closed, line) => {
                    global_turn = None;
                    let until = match closed {
                        Closed::ToUpkeep(_) if turn.step_aside().await => continue,
                        Closed::ToUpkeep(until) => until,
                        Closed::Until(until) => Some(until),
                        Closed::UntilAnswer => None,
                    };
                    line.changed(until).await;
                }
                Gate::Invalid(_) => unreachable!("hopeless always refuses it"),
            }
        }
    }

    fn permit(&self, route: Route, key: Key) -> Permit<'_> {
        Permit {
            limiter: self,
            route,
            key,
            on_drop: Ending::NotSent,
        }
    }
}

impl Gate {
    /// Fails at once where waiting cannot help within the deadline.
    fn hopeless(&self, deadline: Instant, now: Instant) -> Result<(), NoPermit> {
        match *self {
            Self::Invalid(until) => Err(NoPermit::InvalidBudget(until - now)),
            Self::Global(until)
            | Self::Bucket(Closed::Until(until) | Closed::ToUpkeep(Some(until)), _)
                if until >= deadline =>
            {
                Err(NoPermit::TooLate(until - now))
            }
            _ => Ok(()),
        }
    }
}

/// The right to send one request now.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    limiter: &'a Limiter,
    route: Route,
    key: Key,
    on_drop: Ending,
}

impl Permit<'_> {
    /// The request is about to be handed to the transport: from now on it counts as sent.
    pub(crate) fn sending(&mut self) {
        self.on_drop = Ending::Lost;
    }

    /// The transport is sure that nothing left.
    pub(crate) fn not_sent(mut self) {
        self.on_drop = Ending::NotSent;
    }

    /// Takes in the head of a reply. Says what a 429 asked for.
    pub(crate) fn answered(
        mut self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Limited> {
        let limited = Limited::read(status, headers, body);
        let invalid = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => true,
            _ => limited.is_some_and(|limited| limited.scope != Scope::Shared),
        };
        self.on_drop = Ending::Answered {
            told: Told::read(headers),
            limited,
            invalid,
        };
        limited
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut table = self.limiter.table.lock();
        if table.end(self.route, self.key, self.on_drop, Instant::now()) {
            tracing::error!(
                route = self.route.name,
                "too many requests were refused: all requests stop, so that discord does not ban this address"
            );
        }
    }
}

#[cfg(test)]
mod tests;
