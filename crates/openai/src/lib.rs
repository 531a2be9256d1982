#![doc = include_str!("../README.md")]

mod chunk;
mod completion;
mod error;
mod limits;
mod model;
mod request;
mod usage;

pub use self::{
    chunk::{ChunkWriter, DONE, KEEP_ALIVE},
    completion::{ChatCompletion, Choice, FinishReason, Head, ReplyMessage},
    error::{ApiError, ErrorBody, ErrorKind},
    limits::EVENT_BYTES_MAX,
    model::{Model, ModelList},
    request::{ChatRequest, Message, Part, Role},
    usage::{CompletionTokensDetails, PromptTokensDetails, Usage},
};
