//! The record of messages: what is in it, and what is to be read again.

mod consumers;
mod cursors;
mod export;
mod gaps;

pub use self::{
    consumers::{ConsumerLine, Readers, Reset, ResetPlan},
    cursors::{Backfilled, CursorLine, Cursors, From, To},
    export::{Exported, Line, Span},
    gaps::{GapLine, Gaps, Retried},
};
