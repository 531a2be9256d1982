//! What a request asks of the limits, and what they say.

use crate::fault::Scope;

/// What a request is about, as far as limits care.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Subject {
    /// The bot that asks, `0` for a webhook's caller.
    pub(crate) actor: u64,
    /// The route template.
    pub(crate) route: &'static str,
    /// The channel, guild or webhook at the front of the path; `0` if there is none.
    pub(crate) resource: u64,
    /// The message that is edited or deleted.
    pub(crate) message_id: Option<u64>,
    /// Whether the body of a PATCH names a channel's `name`.
    pub(crate) renames: bool,
    /// Whether the body of a PATCH names a channel's `topic`.
    pub(crate) retopics: bool,
}

/// What the limits say to one request.
#[derive(Clone, Debug)]
pub(crate) enum Admission {
    /// It passes; the answer carries these headers, if any.
    Admitted(Option<BucketState>),
    /// 429.
    Refused(Refusal),
    /// Cloudflare answers 429 with a page of HTML and without headers.
    Banned,
}

/// One bucket as the headers tell it.
#[derive(Clone, Debug)]
pub(crate) struct BucketState {
    /// `X-RateLimit-Bucket`.
    pub(crate) hash: String,
    /// `X-RateLimit-Limit`.
    pub(crate) limit: u32,
    /// `X-RateLimit-Remaining`.
    pub(crate) remaining: u32,
    /// `X-RateLimit-Reset`, in milliseconds since 1970.
    pub(crate) resets_at_ms: u64,
    /// `X-RateLimit-Reset-After`, in milliseconds.
    pub(crate) reset_after_ms: u64,
}

/// One 429.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// `X-RateLimit-Scope`.
    pub(crate) scope: Scope,
    /// `retry_after`, in milliseconds.
    pub(crate) retry_after_ms: u64,
    /// The JSON code, if this limit has one.
    pub(crate) code: Option<u64>,
    /// The JSON message.
    pub(crate) message: &'static str,
    /// The bucket's headers; none on a global 429.
    pub(crate) bucket: Option<BucketState>,
}

/// What a 429 says unless it has a code of its own.
pub(crate) const RATE_LIMITED: &str = "You are being rate limited.";
