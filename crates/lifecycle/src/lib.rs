#![doc = include_str!("../README.md")]

mod answer;
mod api;
mod attempt;
mod authorize;
mod channels;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod core;
mod counts;
mod discord_time;
mod driver;
mod error;
mod failure;
mod inbox;
#[cfg(feature = "kill-points")]
pub mod kill_point;
pub mod limits;
mod mark;
mod name;
mod opener;
mod opening;
mod reaper;
mod reconciler;
mod registry;
mod row;
mod schedule;
mod settings;
mod special;
mod stage;

/// A kill point: nothing without the feature `kill-points`, which only tests switch on.
#[cfg(not(feature = "kill-points"))]
#[macro_export]
macro_rules! kp {
    ($name:literal) => {
        ()
    };
}

pub use self::{
    api::{ChannelApi, Creation, Deletion, Plan, Presence},
    attempt::AttemptId,
    authorize::Deletable,
    channels::{Channels, Lease, Opening},
    counts::Counts,
    driver::{Driver, Recovered, lifecycle},
    error::{LifecycleError, OpenError},
    failure::{Failure, Source},
    mark::{Mark, MarkKey},
    registry::{Horizon, MemoryRegistry, Registry, RegistryError, Step, Stepped},
    row::Row,
    settings::{Clock, Settings},
    stage::{Event, Evidence, IllegalStep, Owned, Stage},
};
