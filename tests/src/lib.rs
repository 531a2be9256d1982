//! The simulator floor: the real proxy, a real client and a simulated Discord on real sockets, in
//! one runtime whose clock is paused. Hours pass in milliseconds, and a seed can be replayed.
//!
//! The harness checks the promises, not the test: after every body a virtual day passes, then
//! [`sim`] looks at the simulator's ground truth and at the registry, and panics when a channel was
//! left, a foreign one was touched, a limit was disobeyed or a row is not settled.

mod client;
mod clock;
mod daemon;
pub mod flood;
mod promises;
pub mod storm;
mod watcher;
mod world;

pub use self::{
    client::{Answer, Client, Transcript},
    daemon::Daemon,
    watcher::Watcher,
    world::{BEGINS_MS, MODEL, Setup, World, sim, sim_with},
};
