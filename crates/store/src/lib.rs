#![doc = include_str!("../README.md")]

mod blocking;
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
mod peek;
mod protected;
mod prune;
mod reading;
mod record;
mod registry;
#[cfg(feature = "sabotage")]
pub mod sabotage;
mod schema;
mod session;
mod settings;
mod space;
mod store;
mod survey;

pub use self::{
    daybook::{
        Act, ActId, Acted, Daybook, DaybookRoles, KeepAlives, KeptAlive, Lease, Order, OrderId,
        OrderState, TakenOrder,
    },
    error::StoreError,
    inbox::SqliteInbox,
    journal::Line,
    location::{Location, LocationError},
    peek::{Day, Peek, Peeked},
    protected::ProtectedChannel,
    prune::Pruned,
    reading::{Checkup, Copied, Reading, Size, versions},
    registry::SqliteRegistry,
    session::{HiddenChannel, LeftSession},
    settings::Settings,
    space::Space,
    store::Store,
    survey::{Holder, Survey},
};
