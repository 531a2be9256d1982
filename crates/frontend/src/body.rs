//! Request bodies: read whole before any work starts, within bounds.
//!
//! Whole, because hyper notices a client that hangs up only once its request has been read.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use cordboard_openai::ApiError;
use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT},
};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use crate::limits::{
    BODIES_RETRY_AFTER, BODY_IDLE_TIMEOUT, BODY_TIMEOUT, DISCARD_BYTES_MAX, DISCARD_TIMEOUT,
};

/// Permits stand for so many bytes, since a semaphore hands out `u32`s.
const PERMIT_BYTES: usize = 1 << 10;

/// The room for request bodies.
#[derive(Debug)]
pub(crate) struct Bodies {
    room: Arc<Semaphore>,
    bytes_max: usize,
}

/// A body, and the room it takes as long as this lives.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: Bytes,
    pub(crate) place: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    /// Room for bodies of up to `bytes_max` each and `total_bytes_max` together.
    pub(crate) fn new(bytes_max: usize, total_bytes_max: usize) -> Self {
        let permits = total_bytes_max.max(bytes_max).div_ceil(PERMIT_BYTES);
        Self {
            room: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
            bytes_max,
        }
    }

    /// Reads the whole body.
    pub(crate) async fn read(&self, headers: &HeaderMap, mut body: Body) -> Result<Held, ApiError> {
        if encoded(headers) {
            return Err(refuse(headers, body, ApiError::unsupported_encoding()).await);
        }
        if length(headers).is_some_and(|length| length > self.bytes_max) {
            return Err(refuse(headers, body, ApiError::body_too_large(self.bytes_max)).await);
        }
        let deadline = Instant::now() + BODY_TIMEOUT;
        let mut parts = Parts::default();
        let mut place: Option<OwnedSemaphorePermit> = None;
        loop {
            let idle = Instant::now() + BODY_IDLE_TIMEOUT;
            let part = match timeout_at(idle.min(deadline), body.frame()).await {
                Err(_) => return Err(ApiError::slow_body()),
                Ok(None) => break,
                // The client is gone, or cannot count; nobody reads this.
                Ok(Some(Err(_))) => return Err(ApiError::malformed_json("the body broke off")),
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            };
            let size = parts.size + part.len();
            if size > self.bytes_max {
                return Err(refuse(headers, body, ApiError::body_too_large(self.bytes_max)).await);
            }
            let missing = size.div_ceil(PERMIT_BYTES) - parts.size.div_ceil(PERMIT_BYTES);
            match self.take(missing) {
                Some(more) => match &mut place {
                    Some(place) => place.merge(more),
                    None => place = Some(more),
                },
                None => return Err(refuse(headers, body, full()).await),
            }
            parts.push(part);
        }
        Ok(Held {
            bytes: parts.join(),
            place,
        })
    }

    fn take(&self, permits: usize) -> Option<OwnedSemaphorePermit> {
        let permits = u32::try_from(permits).ok()?;
        Arc::clone(&self.room).try_acquire_many_owned(permits).ok()
    }
}

/// Takes the rest of a refused body off the wire and throws it away. A connection that is closed
/// with bytes unread resets, and the client, still writing, would never read the refusal.
pub(crate) async fn refuse(headers: &HeaderMap, mut body: Body, refusal: ApiError) -> ApiError {
    // Who waits for `100 Continue` has not begun to write, and will not.
    if headers.contains_key(EXPECT)
        || length(headers).is_some_and(|length| length > DISCARD_BYTES_MAX)
    {
        return refusal;
    }
    let discard = async {
        let mut size = 0;
        while let Some(Ok(frame)) = body.frame().await {
            size += frame.data_ref().map_or(0, Bytes::len);
            if size > DISCARD_BYTES_MAX {
                break;
            }
        }
    };
    // In time or not, the refusal stands.
    let _ = timeout(DISCARD_TIMEOUT, discard).await;
    refusal
}

fn full() -> ApiError {
    let message = "Too many request bodies are being read at this time.";
    ApiError::rate_limited(message, BODIES_RETRY_AFTER)
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn encoded(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// What has arrived. Most bodies come in one part and are not copied.
#[derive(Default)]
struct Parts {
    first: Bytes,
    all: Vec<u8>,
    size: usize,
}

impl Parts {
    fn push(&mut self, part: Bytes) {
        if self.size == 0 {
            self.first = part;
        } else {
            if self.all.is_empty() {
                self.all.extend_from_slice(&self.first);
            }
            self.all.extend_from_slice(&part);
        }
        self.size = self.first.len().max(self.all.len());
    }

    fn join(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.into()
        }
    }
}
