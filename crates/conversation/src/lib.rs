#![doc = include_str!("../README.md")]

mod account;
mod admission;
mod api;
mod assembly;
mod bots;
mod completion;
pub mod duration;
mod error;
mod event;
mod exchange;
mod exchanges;
mod limits;
mod listening;
mod model;
mod post;
mod profile;
mod prompt;
mod render;
mod reply;
mod request;
mod sighting;
mod split;
mod stop;

pub use self::{
    api::{MessageApi, Post},
    bots::{Bot, LastWord, LastWords},
    error::{AskError, ReplyError, Source},
    exchanges::{Exchanges, Settings},
    limits::{FILE_BYTES_MAX, FILES_MAX},
    model::same_model,
    profile::{Completion, EditMode, LongPrompt, Pattern, Profile, PromptHistory},
    reply::{End, EndReason, Piece, Reply},
    request::{File, Request, Role, Turn},
};
