//! The registry and the API as the driver gets them: counted, watched, and dead from the n-th
//! effect on.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use cordboard_lifecycle::{
    AttemptId, ChannelApi, Deletable, Deletion, Entered, Entry, Event, Failure, GuildApi, Listed,
    LogPage, Owner, Plan, Presence, Registry, RegistryError, Row, Stage, Step, Stepped,
};
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker, UserMarker},
};

use super::human::{Person, Point};

/// A call that takes longer than this has an effect in its middle too: Discord has the request, and
/// we have no answer. Far longer than the simulator takes when nothing is wrong.
const MIDDLE: Duration = Duration::from_millis(50);

/// A death so much later than another is not the same, whatever happened in between.
const A_WHILE: Duration = Duration::from_millis(500);

/// Counts effects, and blows at one of them: from then on no call returns.
#[derive(Debug)]
pub(crate) struct Fuse {
    blown: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_armed: bool,
    at: Option<u32>,
    /// Effects at which it may blow.
    effects: u32,
    /// Whether something has changed since the last of them, and when that was.
    is_changed: bool,
    last: Option<Instant>,
    is_blown: bool,
    /// Attempts on record before their creation.
    planned: HashSet<AttemptId>,
    /// Deletions on record that were not sent yet.
    asked: HashMap<AttemptId, Id<ChannelMarker>>,
    broken: Vec<String>,
    trace: Vec<String>,
}

/// Something behind a fuse.
#[derive(Clone, Debug)]
pub(crate) struct Fused<T> {
    inner: T,
    fuse: Arc<Fuse>,
    person: Arc<Person>,
}

// === impl Fuse ===

impl Fuse {
    /// A fuse that does not count yet.
    pub(crate) fn new() -> Self {
        Self {
            blown: Notify::new(),
            state: Mutex::default(),
        }
    }

    /// Counts from now on, and blows at this effect.
    pub(crate) fn arm(&self, at: Option<u32>) {
        let mut state = self.state.lock();
        state.is_armed = true;
        state.at = at;
    }

    /// Counts no more; how many effects there were.
    pub(crate) fn disarm(&self) -> u32 {
        let mut state = self.state.lock();
        state.is_armed = false;
        state.is_blown = false;
        state.effects
    }

    /// Resolves when it has blown.
    pub(crate) async fn blown(&self) {
        self.blown.notified().await;
    }

    /// The rules that were broken.
    pub(crate) fn broken(&self) -> Vec<String> {
        self.state.lock().broken.clone()
    }

    /// What happened, for people.
    pub(crate) fn trace(&self) -> Vec<String> {
        self.state.lock().trace.clone()
    }

    /// Something that outlives the process is another than before.
    pub(crate) fn changed(&self) {
        self.state.lock().is_changed = true;
    }

    async fn effect(&self, what: &str) {
        let is_blown = {
            let mut state = self.state.lock();
            if state.is_armed && !state.is_blown {
                let now = Instant::now();
                let since = state.last.map_or(A_WHILE, |last| now - last);
                // Where nothing has changed, a death here is the death a moment ago.
                if state.is_changed || since >= A_WHILE {
                    state.effects += 1;
                    state.is_changed = false;
                    state.last = Some(now);
                }
                let effects = state.effects;
                state.trace.push(format!("{effects}: {what}"));
                if state.at == Some(effects) {
                    state.is_blown = true;
                    self.blown.notify_one();
                }
            }
            state.is_blown
        };
        if is_blown {
            pending::<()>().await;
        }
    }

    /// A call to Discord: an effect before it, one after it, and one in its middle if it has one.
    async fn call<T>(&self, what: &str, call: impl Future<Output = T>) -> T {
        self.effect(&format!("before {what}")).await;
        let mut call = pin!(call);
        tokio::select! {
            biased;
            answer = &mut call => return self.after(what, answer).await,
            () = sleep(MIDDLE) => {}
        }
        self.changed();
        self.effect(&format!("within {what}")).await;
        let answer = call.await;
        self.changed();
        self.after(what, answer).await
    }

    async fn after<T>(&self, what: &str, answer: T) -> T {
        self.effect(&format!("after {what}")).await;
        answer
    }

    /// A creation is about to be sent: its row has to be on record.
    fn creates(&self, plan: &Plan) {
        let mut state = self.state.lock();
        if !state.planned.remove(&plan.mark.attempt()) {
            let broken = "a creation was sent without a row of its own on record";
            state.broken.push(broken.to_owned());
        }
    }

    /// A deletion is about to be sent: that has to be on record.
    fn deletes(&self, channel: &Deletable) {
        let mut state = self.state.lock();
        let asked = state.asked.remove(&channel.mark().attempt());
        if asked != Some(channel.channel_id()) {
            let broken = "a deletion was sent that was not on record";
            state.broken.push(broken.to_owned());
        }
    }

    /// A step is on record. `is_there`: its channel is.
    fn stepped(&self, event: Event, row: &Row, is_there: bool) {
        let mut state = self.state.lock();
        if event == Event::Absent && is_there {
            let broken = "a channel was recorded as gone that is there";
            state.broken.push(broken.to_owned());
        }
        if let (Event::Asked, Stage::Condemned(owned)) = (event, row.stage) {
            state.asked.insert(row.attempt, owned.channel_id);
        }
    }
}

// === impl Fused ===

impl<T> Fused<T> {
    pub(crate) fn new(inner: T, fuse: &Arc<Fuse>, person: &Arc<Person>) -> Self {
        Self {
            inner,
            fuse: Arc::clone(fuse),
            person: Arc::clone(person),
        }
    }
}

impl<R: Registry> Registry for Fused<R> {
    async fn enter(&self, entry: Entry) -> Result<Entered, RegistryError> {
        self.inner.enter(entry).await
    }

    async fn insert(&self, row: Row) -> Result<bool, RegistryError> {
        let what = format!("insert {}", row.stage.name());
        self.fuse.effect(&format!("before {what}")).await;
        let (attempt, stage) = (row.attempt, row.stage);
        let inserted = self.inner.insert(row).await?;
        self.fuse.changed();
        if inserted && stage == Stage::Planned {
            self.fuse.state.lock().planned.insert(attempt);
        }
        Ok(self.fuse.after(&what, inserted).await)
    }

    async fn step(&self, step: Step) -> Result<Stepped, RegistryError> {
        let event = step.event;
        let what = format!("step {event:?}");
        self.fuse.effect(&format!("before {what}")).await;
        let stepped = self.inner.step(step).await;
        self.fuse.changed();
        if let Ok(stepped) = &stepped {
            let channel_id = stepped.row.stage.channel_id();
            let is_there = channel_id.is_some_and(|id| self.person.sees(id.get()));
            self.fuse.stepped(event, &stepped.row, is_there);
        }
        self.fuse.after(&what, stepped).await
    }

    async fn open(
        &self,
        after: Option<AttemptId>,
        rows_max: usize,
    ) -> Result<Vec<Row>, RegistryError> {
        self.inner.open(after, rows_max).await
    }

    async fn read_to(
        &self,
        owner: Owner,
        guild_id: Id<GuildMarker>,
        entry_id: Id<AuditLogEntryMarker>,
    ) -> Result<(), RegistryError> {
        self.fuse.effect("before read_to").await;
        self.inner.read_to(owner, guild_id, entry_id).await?;
        self.fuse.changed();
        self.fuse.after("read_to", ()).await;
        Ok(())
    }
}

impl<A: ChannelApi> ChannelApi for Fused<A> {
    async fn create(&self, plan: &Plan) -> Result<Id<ChannelMarker>, Failure> {
        let create = async {
            self.fuse.creates(plan);
            self.fuse.changed();
            let created = self.inner.create(plan).await;
            self.person.reached(Point::Answering);
            created
        };
        self.fuse.call("create", create).await
    }

    async fn delete(&self, channel: &Deletable) -> Result<Deletion, Failure> {
        let delete = async {
            self.fuse.deletes(channel);
            self.fuse.changed();
            self.person.reached(Point::Deleting);
            let deleted = self.inner.delete(channel).await;
            self.person.reached(Point::Deleted);
            deleted
        };
        self.fuse.call("delete", delete).await
    }

    async fn look(&self, channel_id: Id<ChannelMarker>) -> Result<Presence, Failure> {
        self.fuse.call("look", self.inner.look(channel_id)).await
    }
}

impl<A: GuildApi> GuildApi for Fused<A> {
    async fn log(
        &self,
        guild_id: Id<GuildMarker>,
        user_id: Id<UserMarker>,
        after: Option<Id<AuditLogEntryMarker>>,
    ) -> Result<LogPage, Failure> {
        let log = self.inner.log(guild_id, user_id, after);
        self.fuse.call("log", log).await
    }

    async fn special_channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> Result<HashSet<Id<ChannelMarker>>, Failure> {
        let special = self.inner.special_channels(guild_id);
        self.fuse.call("special_channels", special).await
    }

    async fn channels(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Listed>, Failure> {
        let channels = self.inner.channels(guild_id);
        self.fuse.call("channels", channels).await
    }

    async fn threads(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Id<ChannelMarker>>, Failure> {
        let threads = self.inner.threads(guild_id);
        self.fuse.call("threads", threads).await
    }
}
