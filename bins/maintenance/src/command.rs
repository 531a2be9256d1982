//! The commands, one file each.

mod completions;
mod doctor;
mod keepalive;
mod man;
mod serve;

pub(crate) use self::{
    completions::Completions, doctor::Doctor, keepalive::Keepalive, man::Man, serve::Serve,
};
