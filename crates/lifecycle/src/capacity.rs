//! Who may create the next channel, and where.

mod census;
mod door;
mod line;
mod space;

use std::{convert::Infallible, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep_until},
};
use twilight_model::id::{Id, marker::ChannelMarker};

pub(crate) use self::line::Ticket;
use self::{door::Shut, line::Line, space::Space};
use crate::{
    AttemptId, Clock, Condition, Listed, OpenError, Opening, Place, Room, Row, Settings, Shown,
    Source, Stage,
    answer::Answer,
    core::Core,
    limits::{CREATE_LEAST, LONG_WAIT},
};

/// What there is room for, and who waits for it.
///
/// Whatever changes one or the other wakes [`run`], which serves those who can be served, so that
/// nobody waits beside an empty place.
#[derive(Debug)]
pub(crate) struct Capacity {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    space: Space,
    line: Line<Waiter>,
}

/// An opening that waits for a berth.
#[derive(Debug)]
struct Waiter {
    deadline: Instant,
    reply: oneshot::Sender<Result<Berth, OpenError>>,
}

/// The right to send one creation, for one place. Dropping it makes room again, unless the answer to
/// the creation was lost: that counts as a channel until somebody knows better.
#[derive(Debug)]
pub(crate) struct Berth {
    pub(crate) attempt: AttemptId,
    pub(crate) place: Place,
    capacity: Arc<Capacity>,
}

/// Serves those who wait, and says what is wrong if they cannot be served.
pub(crate) async fn run<A, R, C: Clock>(core: &Core<A, R, C>) -> Infallible {
    let capacity = &core.capacity;
    loop {
        let now = Instant::now();
        capacity.serve(now);
        capacity.report(core, now);
        let due = capacity.state.lock().space.due(now);
        tokio::select! {
            () = capacity.changed.notified() => {}
            () = sleep_until(due.unwrap_or(now)), if due.is_some() => {}
        }
    }
}

// === impl Capacity ===

impl Capacity {
    pub(crate) fn new(settings: &Settings) -> Arc<Self> {
        let state = State {
            space: Space::new(settings),
            line: Line::new(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
            changed: Notify::new(),
        })
    }

    /// A place in the line for an opening that came just now.
    pub(crate) fn ticket(&self) -> Ticket {
        self.state.lock().line.ticket()
    }

    /// Waits for the right to send one creation.
    ///
    /// # Errors
    /// Says why there is none in time, and when to come back. [`OpenError::Deadline`] as well when
    /// nobody waits for the `answer` any more.
    pub(crate) async fn berth(
        self: &Arc<Self>,
        opening: &Opening,
        ticket: Ticket,
        answer: &Answer,
    ) -> Result<Berth, OpenError> {
        let now = Instant::now();
        let deadline = opening.deadline;
        let (reply, granted) = oneshot::channel();
        let waiter = Waiter { deadline, reply };
        self.change(|state| state.line.push(&opening.tenant, ticket, waiter));
        let _leave = Leave(self, ticket);
        // At once, so that it is not a matter of turns whether the impatient are served.
        self.serve(now);
        let last_call = deadline.checked_sub(CREATE_LEAST).unwrap_or(now);
        tokio::select! {
            biased;
            granted = granted => granted.unwrap_or(Err(OpenError::Closed)),
            () = answer.unwanted() => Err(OpenError::Deadline),
            () = sleep_until(last_call) => Err(self.state.lock().refusal(Instant::now())),
        }
    }

    /// Discord said that there is no room.
    pub(crate) fn full(&self, place: Place, room: Room) {
        self.change(|state| state.space.full(place, room, Instant::now()));
    }

    /// Discord asked to wait before another creation. Says whether it is so long that nobody should
    /// ask meanwhile; the sender's own line is for the shorter waits.
    pub(crate) fn closed(&self, place: Place, wait: Option<Duration>) -> bool {
        let Some(wait) = wait.filter(|wait| *wait >= LONG_WAIT) else {
            return false;
        };
        tracing::warn!(
            ?place,
            wait_s = wait.as_secs(),
            "discord creates nothing for us in this place for a while"
        );
        self.change(|state| state.space.closed(place, Instant::now(), wait));
        true
    }

    /// Discord refuses creations there, and no wait of its own choice helps.
    pub(crate) fn refused(&self, place: Place, source: &Source) {
        let what = match place {
            Place::Guild => "a channel in the guild".to_owned(),
            Place::Category(id) => format!("a channel under the category {id}"),
            Place::Thread(id) => format!("a thread in the channel {id}"),
        };
        let why = format!(
            "look at the bot's permissions, the prefix of names, and whether the place is there: {what} was refused: {source}"
        );
        tracing::warn!(
            why,
            "discord refuses to create anything for us in this place"
        );
        self.change(|state| state.space.refused(place, Instant::now(), &why));
    }

    /// Discord has created something there.
    pub(crate) fn passed(&self, place: Place) {
        self.change(|state| state.space.passed(place));
    }

    /// What was refused may be allowed now.
    pub(crate) fn allowed(&self) {
        self.change(|state| state.space.changed(Instant::now()));
    }

    /// The audit log shows nothing of a creation whose answer was lost a while ago: it does not count
    /// any more.
    pub(crate) fn found_nothing(&self, attempt: AttemptId) {
        self.change(|state| state.space.census.found_nothing(attempt));
    }

    /// There is a channel, whoever created it.
    pub(crate) fn shown(&self, shown: &Shown) {
        self.change(|state| state.space.census.shown(shown, Instant::now()));
    }

    /// A channel is gone, whoever deleted it.
    pub(crate) fn deleted(&self, channel_id: Id<ChannelMarker>) {
        self.change(|state| state.space.deleted(channel_id, Instant::now()));
    }

    /// The guild came with these channels.
    pub(crate) fn arrived(&self, channels: &[Shown]) {
        self.change(|state| state.space.arrived(channels, Instant::now()));
    }

    /// The guild does not come: a former process knew what it hides.
    pub(crate) fn resumed(&self, hidden: &[Shown]) {
        self.change(|state| state.space.census.resumed(hidden, Instant::now()));
    }

    /// The list of the guild's channels, as it was asked for at `began`.
    pub(crate) fn listed(&self, listed: &[Listed], began: Instant) {
        self.change(|state| state.space.listed(listed, began));
    }

    /// What became of one of our own.
    pub(crate) fn moved(&self, before: Option<Stage>, row: &Row) {
        self.change(|state| state.space.moved(before, row, Instant::now()));
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state.lock());
        self.changed.notify_one();
        changed
    }

    /// Gives away what there is.
    fn serve(self: &Arc<Self>, now: Instant) {
        loop {
            let mut state = self.state.lock();
            let refused = state.refuse_hopeless(now);
            let next = state.next(now);
            drop(state);
            for (waiter, refusal) in refused {
                drop(waiter.reply.send(Err(refusal)));
            }
            let Some((waiter, attempt, place)) = next else {
                return;
            };
            let capacity = Arc::clone(self);
            // If nobody takes the berth it is dropped here, and offered to the next one.
            drop(waiter.reply.send(Ok(Berth {
                attempt,
                place,
                capacity,
            })));
        }
    }

    fn report<A, R, C: Clock>(&self, core: &Core<A, R, C>, now: Instant) {
        let state = self.state.lock();
        let conditions = &core.switches.conditions;
        let shut = state.space.shut(now);
        let somebody_waits = !state.line.is_empty();
        // From when somebody has to wait until nobody has to: not at each channel that comes or goes
        // in a guild that is filled to the brim.
        match &shut {
            Some(Shut::Full) if somebody_waits => {
                conditions.begin(Condition::Full, &state.space.account());
            }
            Some(Shut::Closed(_) | Shut::Refused(..)) => conditions.end(Condition::Full),
            None if !somebody_waits => conditions.end(Condition::Full),
            Some(Shut::Full) | None => {}
        }
        if let Some(Shut::Closed(until)) = &shut {
            let minutes = (*until - now).as_secs().div_ceil(60);
            let why = format!("discord's rate limit on creation opens in {minutes} minutes");
            conditions.begin(Condition::CreationClosed, &why);
        } else {
            conditions.end(Condition::CreationClosed);
        }
        if let Some(Shut::Refused(_, why)) = &shut {
            conditions.begin(Condition::CreationRefused, why);
        } else {
            // It ends with time too: whoever looks at the condition before sending a request would
            // otherwise never send the one that finds out.
            conditions.end(Condition::CreationRefused);
        }
        core.signals.nearly_full(state.space.is_nearly_full());
        core.signals.hidden(state.space.census.hidden());
    }
}

// === impl State ===

impl State {
    /// The next one to be served, and what with.
    fn next(&mut self, now: Instant) -> Option<(Waiter, AttemptId, Place)> {
        loop {
            let place = self.space.offer(now)?;
            let waiter = self.line.pop()?;
            if !waiter.reply.is_closed() {
                let attempt = AttemptId::fresh();
                self.space.begin(attempt, place);
                return Some((waiter, attempt, place));
            }
        }
    }

    /// Those who cannot be served in time, because a rate limit opens too late for them, and those for
    /// whom time alone may do nothing, because Discord refuses: they hear it at once.
    fn refuse_hopeless(&mut self, now: Instant) -> Vec<(Waiter, OpenError)> {
        let shut = self.space.shut(now);
        let hopeless = match shut {
            Some(Shut::Closed(until)) => self.line.take_if(|waiter| waiter.deadline <= until),
            Some(Shut::Refused(..)) => self.line.take_if(|_| true),
            Some(Shut::Full) | None => Vec::new(),
        };
        let refused = hopeless.into_iter();
        refused.map(|waiter| (waiter, self.refusal(now))).collect()
    }

    /// Why somebody who waits is not served.
    fn refusal(&self, now: Instant) -> OpenError {
        match self.space.shut(now) {
            Some(Shut::Closed(until)) => OpenError::NotDone {
                wait: Some(until - now),
                source: "discord creates no channels for us for a while".into(),
            },
            Some(Shut::Refused(until, why)) => OpenError::NotDone {
                wait: Some(until - now),
                source: why.to_string().into(),
            },
            None if !self.space.is_careful(now) => OpenError::Deadline,
            Some(Shut::Full) | None => {
                let others = self.line.len().saturating_sub(1);
                let wait = self.space.wait(others, now);
                OpenError::Full { wait }
            }
        }
    }
}

// === impl Berth ===

impl Drop for Berth {
    fn drop(&mut self) {
        let attempt = self.attempt;
        self.capacity
            .change(|state| state.space.census.end(attempt));
    }
}

/// Leaves the line however the wait ends.
struct Leave<'a>(&'a Capacity, Ticket);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.line.leave(self.1));
    }
}

#[cfg(test)]
mod tests;
