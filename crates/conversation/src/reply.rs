//! The reply as the caller sees it.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt};

use crate::ReplyError;

/// One reply, piece by piece.
///
/// Polling it is what drives the conversation on: no task runs behind it. It ends after
/// [`Piece::End`] or an error. Dropping it at any time releases the channel.
#[must_use = "dropping a reply ends its conversation"]
pub struct Reply {
    pieces: Pin<Box<dyn Stream<Item = Result<Piece, ReplyError>> + Send>>,
}

/// A piece of a reply.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text to append to what came before. Never empty.
    Text(String),
    /// The end; nothing follows.
    End(End),
}

/// How a reply ended.
#[derive(Clone, PartialEq, Eq)]
pub struct End {
    /// Why it ended.
    pub reason: EndReason,
    /// The exact final text. All [`Piece::Text`] joined are the same, unless there was a conflict.
    pub text: String,
    /// The bot changed what had been handed out. The last piece of text was then
    /// `"\n\n---\n"` and the whole final text.
    pub conflict: bool,
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The bot finished.
    Complete,
    /// A stop sequence of the request was found; the text ends before it.
    StopSequence,
    /// The bot went on beyond its profile's bound; the text is what it had said by then.
    Length,
}

// === impl Reply ===

impl Reply {
    pub(crate) fn new(
        pieces: impl Stream<Item = Result<Piece, ReplyError>> + Send + 'static,
    ) -> Self {
        Self {
            pieces: Box::pin(pieces),
        }
    }
}

impl Stream for Reply {
    type Item = Result<Piece, ReplyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.poll_next_unpin(context)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

// === impl Piece ===

impl fmt::Debug for Piece {
    /// Says how much was said, not what: replies stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::End(end) => end.fmt(f),
        }
    }
}

// === impl End ===

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("End")
            .field("reason", &self.reason)
            .field("text_bytes", &self.text.len())
            .field("conflict", &self.conflict)
            .finish()
    }
}
