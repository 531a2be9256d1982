#![doc = include_str!("../README.md")]

mod daybook;
mod error;
mod file;
mod file_system;
mod group_commit;
mod inbox;
mod journal;
mod life;
pub mod limits;
mod location;
mod prune;
mod record;
mod registry;
#[cfg(feature = "sabotage")]
pub mod sabotage;
mod schema;
mod session;
mod settings;
mod space;
mod store;

pub use self::{
    daybook::{Act, ActId, Acted, Daybook, KeepAlives, KeptAlive, Lease},
    error::StoreError,
    inbox::SqliteInbox,
    journal::Line,
    location::{Location, LocationError},
    prune::Pruned,
    registry::SqliteRegistry,
    session::{HiddenChannel, LeftSession},
    settings::Settings,
    space::Space,
    store::Store,
};
