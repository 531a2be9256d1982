//! A stream as the body of an answer.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use cordboard_openai::ApiError;
use futures_util::stream;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    places::{Ending, Place},
    reader::Reader,
};

const CLOSING: &str = ": this proxy is shutting down\n\n";
const OVER: &str = ": the time of this request is over: connect again\n\n";

/// The body of a stream. It reads when it is polled, and is let go of when it is dropped.
pub(super) struct Feed {
    stage: Stage,
    reader: Reader,
    bounds: Bounds,
}

enum Stage {
    Opening,
    Telling,
    Over,
}

/// What ends a stream.
pub(super) struct Bounds {
    /// Another stream may take it over.
    pub(super) place: Place,
    /// The end of the request. To connect again loses nothing, and every request has an end.
    pub(super) until: Instant,
    /// No further work is taken: the soft stop, since a stream has no end of its own to wait for.
    pub(super) soft: CancellationToken,
}

impl Feed {
    pub(super) const fn new(reader: Reader, bounds: Bounds) -> Self {
        Self {
            stage: Stage::Opening,
            reader,
            bounds,
        }
    }

    /// Each part is read when the client has taken the one before.
    pub(super) fn into_body(self) -> Body {
        Body::from_stream(stream::unfold(self, |mut feed| async move {
            let text = feed.next().await?;
            Some((Ok::<_, Infallible>(Bytes::from(text)), feed))
        }))
    }

    async fn next(&mut self) -> Option<String> {
        match self.stage {
            Stage::Opening => {
                self.stage = Stage::Telling;
                return Some(self.reader.opening());
            }
            Stage::Telling => {}
            Stage::Over => return None,
        }
        let last = tokio::select! {
            biased;
            last = self.bounds.end() => last,
            next = self.reader.next() => match next {
                Ok(text) => return Some(text),
                Err(error) => failed(&error),
            }
        };
        self.stage = Stage::Over;
        Some(last)
    }
}

impl Bounds {
    /// Until the stream has to end, and its last words.
    async fn end(&mut self) -> String {
        tokio::select! {
            biased;
            () = self.soft.cancelled() => CLOSING.to_owned(),
            ending = self.place.ending() => failed(&told(ending)),
            () = sleep_until(self.until) => OVER.to_owned(),
        }
    }
}

fn told(ending: Ending) -> ApiError {
    match ending {
        Ending::TakenOver => ApiError::taken_over(
            "Another stream was opened with this consumer's name, and takes over from here.",
        ),
        Ending::Forgotten => ApiError::not_found("consumer", "This consumer was forgotten."),
        Ending::Moved => moved(),
    }
}

/// What a consumer is told that an operator has set somewhere else.
pub(super) fn moved() -> ApiError {
    ApiError::moved(
        "An operator has set where this consumer goes on: open its stream to be told everything from there.",
    )
}

/// With a name of its own, so that nobody takes it for something that was said.
fn failed(error: &ApiError) -> String {
    let data = serde_json::to_string(&error.body()).expect("strings always serialize");
    format!("event: error\ndata: {data}\n\n")
}
