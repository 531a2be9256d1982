//! The commands, one file each.

mod completions;
mod doctor;
mod man;

pub(crate) use self::{completions::Completions, doctor::Doctor, man::Man};
