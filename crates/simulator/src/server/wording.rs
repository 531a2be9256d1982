//! Answers that are not the world's: refusals, 429s and pages of HTML, word for word.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{DATE, RETRY_AFTER},
};
use serde_json::{Value, json};

use crate::{
    fault::Scope,
    limits::{BucketState, Refusal},
    rest::{Answer, AnswerBody},
};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const RESET_AFTER: HeaderName = HeaderName::from_static("x-ratelimit-reset-after");
const BUCKET: HeaderName = HeaderName::from_static("x-ratelimit-bucket");
const SCOPE: HeaderName = HeaderName::from_static("x-ratelimit-scope");
const GLOBAL: HeaderName = HeaderName::from_static("x-ratelimit-global");

/// `{"message": "503: Service Unavailable", "code": 0}`.
pub(super) fn status(status: u16, code: u64) -> Answer {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error");
    let message = match code {
        10_003 => "Unknown Channel".to_owned(),
        10_008 => "Unknown Message".to_owned(),
        50_001 => "Missing Access".to_owned(),
        50_013 => "Missing Permissions".to_owned(),
        _ => format!("{status}: {reason}"),
    };
    Answer {
        status,
        body: AnswerBody::Json(json!({ "message": message, "code": code })),
        due_ms: None,
    }
}

/// What the clock reads.
pub(super) fn date(now_ms: u64, headers: &mut HeaderMap) {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(now_ms));
    if let Ok(date) = HeaderValue::from_str(&date) {
        headers.insert(DATE, date);
    }
}

/// The page that a load balancer in front of Discord shows.
pub(super) fn html(status: u16) -> Answer {
    let page = format!(
        "<html>\r\n<head><title>{status} Error</title></head>\r\n<body>\r\n<center><h1>{status} \
         Error</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
    );
    let body = AnswerBody::Raw {
        content_type: "text/html; charset=UTF-8".to_owned(),
        bytes: Bytes::from(page),
    };
    Answer {
        status,
        body,
        due_ms: None,
    }
}

/// Cloudflare's ban: 429 with a page and without a single rate-limit header.
pub(super) fn banned() -> Answer {
    let page = "<!doctype html><html lang=\"en-US\"><head><title>Access denied | discord.com used \
                Cloudflare to restrict access</title></head><body><h1>Error 1015</h1><p>You are \
                being rate limited</p></body></html>";
    let body = AnswerBody::Raw {
        content_type: "text/html; charset=UTF-8".to_owned(),
        bytes: Bytes::from_static(page.as_bytes()),
    };
    Answer {
        status: 429,
        body,
        due_ms: None,
    }
}

/// A body that is no JSON under a header that says it is.
pub(super) fn garbage(status: u16) -> Answer {
    let body = AnswerBody::Raw {
        content_type: "application/json".to_owned(),
        bytes: Bytes::from_static(b"{\"id\": \"14\x00\xff\xfe not json"),
    };
    Answer {
        status,
        body,
        due_ms: None,
    }
}

/// The 429 of a limit.
pub(super) fn refusal(refusal: &Refusal) -> Answer {
    let mut body = json!({
        "message": refusal.message,
        "retry_after": seconds(refusal.retry_after_ms),
        "global": refusal.scope == Scope::Global,
    });
    if let Some(code) = refusal.code {
        body["code"] = Value::from(code);
    }
    Answer {
        status: 429,
        body: AnswerBody::Json(body),
        due_ms: None,
    }
}

/// The headers that every answer of a bucket carries.
pub(super) fn bucket_headers(bucket: &BucketState, headers: &mut HeaderMap) {
    headers.insert(LIMIT, HeaderValue::from(bucket.limit));
    headers.insert(REMAINING, HeaderValue::from(bucket.remaining));
    headers.insert(RESET, text(&fraction(bucket.resets_at_ms)));
    headers.insert(RESET_AFTER, text(&fraction(bucket.reset_after_ms)));
    headers.insert(BUCKET, text(&bucket.hash));
}

/// The headers that only a 429 carries (Discord: topics/rate-limits#header-format).
pub(super) fn refusal_headers(refusal: &Refusal, headers: &mut HeaderMap) {
    headers.insert(
        RETRY_AFTER,
        HeaderValue::from(refusal.retry_after_ms.div_ceil(1_000)),
    );
    let scope = match refusal.scope {
        Scope::User => "user",
        Scope::Global => "global",
        Scope::Shared => "shared",
    };
    headers.insert(SCOPE, HeaderValue::from_static(scope));
    if refusal.scope == Scope::Global {
        headers.insert(GLOBAL, HeaderValue::from_static("true"));
    } else if let Some(bucket) = &refusal.bucket {
        bucket_headers(bucket, headers);
    }
}

/// Milliseconds as seconds with three places.
fn fraction(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000)
}

#[expect(clippy::cast_precision_loss, reason = "waits are far below 2^52 ms")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1_000.0
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("digits, points and letters")
}
