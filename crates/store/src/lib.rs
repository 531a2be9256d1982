#![doc = include_str!("../README.md")]

mod error;
mod file;
mod group_commit;
pub mod limits;
mod location;
mod registry;
#[cfg(feature = "sabotage")]
pub mod sabotage;
mod schema;
mod store;

pub use self::{
    error::StoreError,
    location::{Location, LocationError},
    registry::SqliteRegistry,
    store::Store,
};
