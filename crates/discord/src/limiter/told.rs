//! What one reply says about limits.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use super::route::BucketId;
use crate::limits::{BLOCKED_WAIT, LIMITED_WAIT_MAX, LIMITED_WAIT_MIN};

/// The `X-RateLimit-*` headers of a reply. They come with most replies, not only with 429
/// (topics/rate-limits#header-format).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) bucket: BucketId,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_after: Duration,
    /// `X-RateLimit-Reset` in milliseconds since 1970: the name of the window. 0 when absent.
    pub(crate) window_ms: u64,
}

impl Told {
    /// `None` when the reply carries no complete set, as some routes never do.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let bucket = headers.get("x-ratelimit-bucket")?.to_str().ok()?;
        Some(Self {
            bucket: BucketId::named(bucket),
            limit: number(headers, "x-ratelimit-limit")?,
            remaining: number(headers, "x-ratelimit-remaining")?,
            reset_after: seconds(headers.get("x-ratelimit-reset-after")?)?,
            window_ms: headers
                .get("x-ratelimit-reset")
                .and_then(seconds_text)
                .map_or(0, epoch_ms),
        })
    }
}

/// What a 429 closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The bucket, for its resource.
    Bucket,
    /// The same, but others share it: not counted as an invalid request.
    Shared,
    /// Everything this token or this address may send.
    Global,
}

/// One 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) scope: Scope,
    pub(crate) wait: Duration,
}

/// The body of a 429 by Discord itself; Cloudflare sends HTML.
#[derive(Deserialize, Default)]
#[serde(default)]
struct LimitedBody {
    retry_after: Option<f64>,
    global: Option<bool>,
}

impl Limited {
    /// Reads a 429; `None` for any other status.
    ///
    /// The body's `retry_after` is finer than the header, but where the two disagree by more than
    /// rounding the longer one is believed. `X-RateLimit-Reset-After` is not asked: in a shared
    /// 429 it means something else (topics/rate-limits#exceeding-a-rate-limit).
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        if status != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let parsed: Option<LimitedBody> = serde_json::from_slice(body).ok();
        let told = parsed
            .as_ref()
            .and_then(|body| body.retry_after)
            .and_then(duration);
        let header = headers.get("retry-after").and_then(seconds);
        let wait = match (told, header) {
            (Some(told), Some(header)) if header > told + Duration::from_secs(1) => Some(header),
            (Some(told), _) => Some(told),
            (None, header) => header,
        };
        let scope = match headers.get("x-ratelimit-scope").map(HeaderValue::as_bytes) {
            Some(b"shared") => Scope::Shared,
            Some(b"global") => Scope::Global,
            Some(b"user") => Scope::Bucket,
            _ if headers.contains_key("x-ratelimit-global") => Scope::Global,
            _ => match parsed {
                Some(LimitedBody {
                    global: Some(true), ..
                }) => Scope::Global,
                Some(LimitedBody {
                    retry_after: Some(_),
                    ..
                }) => Scope::Bucket,
                // Not Discord's own words: the edge blocks the whole address
                // (discord-api-docs #5682, #1808).
                _ => Scope::Global,
            },
        };
        let wait = wait
            .unwrap_or(BLOCKED_WAIT)
            .clamp(LIMITED_WAIT_MIN, LIMITED_WAIT_MAX);
        Some(Self { scope, wait })
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u32> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn seconds_text(value: &HeaderValue) -> Option<f64> {
    value.to_str().ok()?.trim().parse().ok()
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    duration(seconds_text(value)?)
}

/// `None` for what no clock shows; the far future is cut to the longest wait that is believed.
fn duration(seconds: f64) -> Option<Duration> {
    (seconds.is_finite() && seconds >= 0.0)
        .then(|| Duration::from_secs_f64(seconds.min(LIMITED_WAIT_MAX.as_secs_f64())))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates; the value only names a window"
)]
fn epoch_ms(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

#[cfg(test)]
mod tests;
