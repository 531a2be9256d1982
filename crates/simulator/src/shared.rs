//! What every part of the simulator holds on to.

use std::sync::OnceLock;

use parking_lot::Mutex;

use crate::{
    bots::Bots, clock::Clock, config::Config, fault::Faults, gateway::Sessions, limits::Limits,
    record::Record, world::World,
};

/// The whole Discord: one lock around the world, each other part with a lock of its own.
///
/// Lock order: `world` first, then any of the others; none of them is held across an await.
#[derive(Debug)]
pub(crate) struct Shared {
    /// How this Discord was set up.
    pub(crate) config: Config,
    /// Its time.
    pub(crate) clock: Clock,
    /// Guild, channels, messages, members, roles, audit log. Change it through [`Shared::change`].
    pub(crate) world: Mutex<World>,
    /// Gateway sessions, their replay buffers and the IDENTIFY budget.
    pub(crate) sessions: Sessions,
    /// Rate-limit buckets.
    pub(crate) limits: Limits,
    /// Faults waiting for their moment.
    pub(crate) faults: Faults,
    /// Ground truth: all that was asked and done, and counters.
    pub(crate) record: Record,
    /// The scripted bots' inbox.
    pub(crate) bots: Bots,
    /// `127.0.0.1:PORT` once the simulator listens.
    pub(crate) address: OnceLock<std::net::SocketAddr>,
}

impl Shared {
    /// Makes one change to the world and hands the events it caused, in order, to the record, to
    /// the gateway sessions and to the scripted bots. The only way to change the world.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock();
        let outcome = change(&mut world);
        if let Some(special) = world.take_protection() {
            self.record.watched(|watch| watch.set_special(special));
        }
        let dispatches = world.take_dispatches();
        self.record.happened(self.clock.now_ms(), &dispatches);
        for dispatch in &dispatches {
            self.sessions.dispatch(&world, &self.faults, dispatch);
            self.bots.notice(dispatch);
        }
        outcome
    }
}
