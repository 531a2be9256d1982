//! A reply as server-sent events.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use cordboard_conversation::{AskError, End, Piece, ReplyError};
use cordboard_openai::{ApiError, ChunkWriter, KEEP_ALIVE, Usage};
use futures_util::Stream;
use hyper::body::{Body as HttpBody, Frame};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::finish;
use crate::{trouble, visit::Arrival};

/// The body of a streamed answer. It drives the conversation when it is polled, and ends it when
/// it is dropped.
pub(super) struct Events<F, R> {
    stage: Stage<F, R>,
    /// Taken when the last events are written.
    writer: Option<ChunkWriter>,
    /// Written, not sent. Nothing is asked of the reply as long as there are any.
    waiting: VecDeque<String>,
    /// The last poll gave an event. Holding the next back once makes hyper flush, so that each
    /// event is a write of its own: some readers lose an event that comes in two reads.
    flushing: bool,
    sent_at: Instant,
    keep_alive: Duration,
    look_at: Pin<Box<Sleep>>,
    overdue: Instant,
    hard: Pin<Box<WaitForCancellationFutureOwned>>,
    prompt_chars: usize,
    reply_chars: usize,
    arrival: Arrival,
}

/// How far a streamed answer has come.
pub(super) enum Stage<F, R> {
    /// The prompt is not posted yet.
    Asking(Pin<Box<F>>),
    /// The bot answers.
    Answering(Pin<Box<R>>),
    /// The conversation has ended; its last events may still be waiting.
    Over,
}

/// How long a stream may last.
pub(super) struct Bounds {
    /// The silence after which a comment is sent.
    pub(super) keep_alive: Duration,
    /// When the desk has missed the deadline for good.
    pub(super) overdue: Instant,
    /// Ends the stream with an error.
    pub(super) hard: CancellationToken,
}

impl<F, R> Events<F, R>
where
    F: Future<Output = Result<R, AskError>>,
    R: Stream<Item = Result<Piece, ReplyError>>,
{
    pub(super) fn new(
        stage: Stage<F, R>,
        writer: ChunkWriter,
        opening: String,
        bounds: Bounds,
        prompt_chars: usize,
        arrival: Arrival,
    ) -> Self {
        let now = Instant::now();
        Self {
            stage,
            writer: Some(writer),
            waiting: VecDeque::from([opening]),
            flushing: false,
            sent_at: now,
            keep_alive: bounds.keep_alive,
            look_at: Box::pin(sleep_until(bounds.overdue.min(now + bounds.keep_alive))),
            overdue: bounds.overdue,
            hard: Box::pin(bounds.hard.cancelled_owned()),
            prompt_chars,
            reply_chars: 0,
            arrival,
        }
    }

    /// Moves the conversation on by one step. Pending when there is nothing to write yet.
    fn advance(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let id = self.arrival.id();
        // A desk that always has something to say would never come to wait.
        if self.sent_at >= self.overdue && !matches!(self.stage, Stage::Over) {
            let error = trouble::overdue(id);
            self.fail(&error);
            return Poll::Ready(());
        }
        match &mut self.stage {
            Stage::Asking(ask) => match ask.as_mut().poll(context) {
                Poll::Ready(Ok(reply)) => self.stage = Stage::Answering(Box::pin(reply)),
                Poll::Ready(Err(error)) => {
                    let error = trouble::not_asked(id, &error);
                    self.fail(&error);
                }
                Poll::Pending => return self.wait(context),
            },
            Stage::Answering(reply) => match reply.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(Piece::Text(text)))) => self.text(&text),
                Poll::Ready(Some(Ok(Piece::End(end)))) => self.end(&end),
                Poll::Ready(Some(Err(error))) => {
                    let error = trouble::not_answered(id, &error);
                    self.fail(&error);
                }
                Poll::Ready(None) => {
                    let error = trouble::cut_short(id);
                    self.fail(&error);
                }
                Poll::Pending => return self.wait(context),
            },
            Stage::Over => {}
        }
        Poll::Ready(())
    }

    /// The bot is silent: time for a comment, or to give up?
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.hard.as_mut().poll(context).is_ready() {
            self.fail(&trouble::cut_off());
            return Poll::Ready(());
        }
        while self.look_at.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            if now >= self.overdue {
                let error = trouble::overdue(self.arrival.id());
                self.fail(&error);
                return Poll::Ready(());
            }
            let silent = now >= self.sent_at + self.keep_alive;
            let from = if silent { now } else { self.sent_at };
            let look_at = self.overdue.min(from + self.keep_alive);
            self.look_at.as_mut().reset(look_at);
            if silent {
                self.waiting.push_back(KEEP_ALIVE.to_owned());
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }

    fn text(&mut self, text: &str) {
        self.reply_chars += text.chars().count();
        if let Some(writer) = &self.writer {
            self.waiting.extend(writer.text(text));
        }
    }

    fn end(&mut self, end: &End) {
        let usage = Usage::estimate(self.prompt_chars, self.reply_chars);
        self.stage = Stage::Over;
        if let Some(writer) = self.writer.take() {
            self.waiting
                .extend(writer.finish(finish(end.reason), usage));
        }
    }

    fn fail(&mut self, error: &ApiError) {
        // First of all: the channel is released now, not when the client has read the news.
        self.stage = Stage::Over;
        if let Some(writer) = self.writer.take() {
            self.waiting.extend(writer.fail(error));
        }
    }
}

impl<F, R> HttpBody for Events<F, R>
where
    F: Future<Output = Result<R, AskError>>,
    R: Stream<Item = Result<Piece, ReplyError>>,
{
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if std::mem::take(&mut self.flushing) {
            // When there is nothing to write, what comes next wakes us.
            if !self.waiting.is_empty() || self.advance(context).is_ready() {
                context.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        loop {
            if let Some(event) = self.waiting.pop_front() {
                self.flushing = true;
                self.sent_at = Instant::now();
                return Poll::Ready(Some(Ok(Frame::data(event.into()))));
            }
            if let Stage::Over = self.stage {
                return Poll::Ready(None);
            }
            if self.advance(context).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.stage, Stage::Over) && self.waiting.is_empty()
    }
}
