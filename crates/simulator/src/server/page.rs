//! The body of an answer, which a fault may leave unfinished.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The connection ends here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the simulator hangs up")]
pub(super) struct HangUp;

/// Bytes, all of them or the first half.
#[derive(Debug)]
pub(super) struct Page {
    bytes: Bytes,
    announced: u64,
    rest: Rest,
}

/// What follows the bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rest {
    /// The proper end.
    End,
    /// Nothing, for ever.
    Stall,
    /// The end of the connection, once what there is has been flushed.
    Cut { flushed: bool },
}

impl Page {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self {
            announced: bytes.len() as u64,
            bytes,
            rest: Rest::End,
        }
    }

    /// Announces all and sends half, then nothing more.
    pub(super) fn stalled(bytes: &Bytes) -> Self {
        Self {
            rest: Rest::Stall,
            ..Self::half(bytes)
        }
    }

    /// Announces all and sends half, then hangs up.
    pub(super) fn cut(bytes: &Bytes) -> Self {
        Self {
            rest: Rest::Cut { flushed: false },
            ..Self::half(bytes)
        }
    }

    /// What it says.
    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes
    }

    fn half(bytes: &Bytes) -> Self {
        // An empty answer cannot be halved; two announced bytes that never come can be missed too.
        let announced = (bytes.len() as u64).max(2);
        Self {
            bytes: bytes.slice(..bytes.len() / 2),
            announced,
            rest: Rest::End,
        }
    }
}

impl Body for Page {
    type Data = Bytes;
    type Error = HangUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        if !self.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.bytes);
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.rest {
            Rest::End => Poll::Ready(None),
            Rest::Stall => Poll::Pending,
            Rest::Cut { flushed: true } => Poll::Ready(Some(Err(HangUp))),
            Rest::Cut { flushed: false } => {
                // One turn of waiting lets hyper write the head and the first half.
                self.rest = Rest::Cut { flushed: true };
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty() && self.rest == Rest::End
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
