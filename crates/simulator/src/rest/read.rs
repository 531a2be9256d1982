//! From JSON to what the world understands. Types are checked here, sizes by the world.

mod channel;
mod guild;
mod message;
mod thread;

pub(super) use self::{
    channel::{channel_draft, channel_patch, moves, overwrite},
    guild::{guild_patch, member_patch, role_patch, role_positions},
    message::{message_patch, new_message},
    thread::thread_draft,
};
