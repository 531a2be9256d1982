//! The commands, one file each.

mod alerts;
mod budget;
mod channels;
mod completions;
mod doctor;
mod import;
mod man;
mod status;
mod store;
mod support_bundle;

pub(crate) use self::{
    alerts::Alerts, budget::Budget, channels::Channels, completions::Completions, doctor::Doctor,
    import::Import, man::Man, status::Status, store::Store, support_bundle::SupportBundle,
};
