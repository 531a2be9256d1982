#![doc = include_str!("../README.md")]

mod answer;
mod api;
mod attempt;
mod authorize;
mod brake;
mod capacity;
mod channels;
mod clock_watch;
mod condition;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod core;
mod counts;
mod discord_time;
mod driver;
mod error;
mod failure;
mod inbox;
mod index;
#[cfg(any(feature = "kill-points", feature = "sabotage"))]
pub mod kill_point;
pub mod limits;
mod mark;
mod name;
mod observed;
mod observer;
mod opener;
mod opening;
mod operator;
mod owner;
mod plan_hash;
mod reach;
mod reaper;
mod reconciler;
mod registry;
mod roll;
mod row;
mod sabotage;
mod schedule;
mod settings;
mod special;
mod stage;
mod switches;

/// A kill point: nothing without the feature `kill-points`, which only tests switch on.
#[cfg(not(any(feature = "kill-points", feature = "sabotage")))]
#[macro_export]
macro_rules! kp {
    ($name:literal) => {
        ()
    };
}

pub use self::{
    api::{ChannelApi, Creation, Deletion, GuildApi, Listed, LogPage, Place, Plan, Presence},
    attempt::AttemptId,
    authorize::Deletable,
    channels::{Channels, Lease, Opening},
    condition::Condition,
    counts::Counts,
    driver::{Driver, Recovered, lifecycle},
    error::{LifecycleError, OpenError},
    failure::{Failure, Room, Source},
    mark::{Mark, MarkKey, Marks},
    observed::{Hidden, Observed, Shown},
    operator::{Adoption, AdoptionError, ForgetError, NotAdopted},
    owner::Owner,
    plan_hash::{NotAPlanHash, PlanHash},
    registry::{Entered, Entry, Horizon, MemoryRegistry, Registry, RegistryError, Step, Stepped},
    row::{Kind, Row},
    settings::{Clock, Isolation, Quota, Settings},
    stage::{Event, Evidence, IllegalStep, Owned, Stage},
};

#[cfg(feature = "sabotage")]
pub use self::sabotage::{Sabotage, foreign_mark, panic_at, panicked, seed_attempts};
