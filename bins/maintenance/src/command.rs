//! The commands, one file each.

mod completions;
mod doctor;
mod import;
mod man;

pub(crate) use self::{completions::Completions, doctor::Doctor, import::Import, man::Man};
