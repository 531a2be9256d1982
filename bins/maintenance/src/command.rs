//! The commands, one file each.

mod channels;
mod completions;
mod doctor;
mod import;
mod man;

pub(crate) use self::{
    channels::Channels, completions::Completions, doctor::Doctor, import::Import, man::Man,
};
