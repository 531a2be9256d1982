//! The commands, one file each.

mod alerts;
mod apply;
mod budget;
mod channels;
mod completions;
mod doctor;
mod import;
mod keepalive;
mod man;
mod messages;
mod roles;
mod serve;
mod status;
mod store;
mod support_bundle;

pub(crate) use self::{
    alerts::Alerts, apply::Apply, budget::Budget, channels::Channels, completions::Completions,
    doctor::Doctor, import::Import, keepalive::Keepalive, man::Man, messages::Messages,
    roles::Roles, serve::Serve, status::Status, store::Store, support_bundle::SupportBundle,
};
