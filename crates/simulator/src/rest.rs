//! The REST API over the world: which route a request names, and what Discord does on it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use self::{body::Body, query::Query};
use crate::{
    shared::Shared,
    world::{ApiError, Replica, bounds},
};

mod body;
mod channel;
mod form;
mod guild;
mod member;
mod message;
mod multipart;
mod query;
mod read;
mod role;
mod route;
mod table;
#[cfg(test)]
mod tests;
mod thread;
mod user;
mod webhook;

pub(crate) use self::route::Route;

/// One request, its body read.
#[derive(Debug)]
pub(crate) struct Call {
    /// What it is for.
    pub(crate) route: Route,
    /// The raw query string without `?`; empty when there is none.
    pub(crate) query: String,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) body: Bytes,
    /// What the replica lacks that answers it, if it asks for a list.
    pub(crate) replica: Replica,
}

/// What Discord answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: AnswerBody,
    /// When the work is done, if that takes longer than a moment: no answer before, in
    /// milliseconds since 1970.
    pub(crate) due_ms: Option<u64>,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub(crate) enum AnswerBody {
    /// None, as on a 204.
    Empty,
    /// JSON.
    Json(Value),
    /// Anything else.
    Raw {
        /// Its Content-Type.
        content_type: String,
        /// Its bytes.
        bytes: Bytes,
    },
}

/// A call while it is carried out.
#[derive(Debug)]
struct Visit<'a> {
    shared: &'a Shared,
    actor: Option<u64>,
    route: &'a Route,
    query: Query,
    body: Body,
    reason: Option<String>,
    replica: Replica,
}

/// What a route's function returns.
type Outcome = Result<Answer, ApiError>;

/// Does what the call asks; never waits. `actor` is whom the call's token speaks for.
pub(crate) fn act(shared: &Arc<Shared>, actor: Option<u64>, call: Call) -> Answer {
    carry_out(shared, actor, call).unwrap_or_else(Answer::from)
}

/// What a path without a route answers: 404, or 405 when another method has one.
pub(crate) fn unrouted(method: &Method, path: &str) -> Answer {
    let others = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let known = others
        .iter()
        .any(|other| other != method && Route::parse(other, path).is_some());
    if known {
        ApiError::method_not_allowed().into()
    } else {
        ApiError::not_found().into()
    }
}

/// `GET /attachments/{channel_id}/{attachment_id}/{filename}?ex&is&hm` on the CDN.
pub(crate) fn attachment(shared: &Shared, path: &str, query: &str) -> Answer {
    let query = Query::parse(query);
    let mut ids = path.split('/').skip(2).map(str::parse::<u64>);
    let expires = query
        .text("ex")
        .and_then(|text| u64::from_str_radix(text, 16).ok());
    let found = match (ids.next(), ids.next(), expires, query.text("hm")) {
        (Some(Ok(channel_id)), Some(Ok(id)), Some(expires), Some(signed)) => shared
            .world
            .lock()
            .attachment_bytes((channel_id, id), (expires, signed)),
        _ => None,
    };
    let (status, content_type, bytes) = match found {
        Some((content_type, bytes)) => (200, content_type, bytes),
        None => (404, "text/plain; charset=utf-8".to_owned(), GONE),
    };
    Answer {
        status,
        body: AnswerBody::Raw {
            content_type,
            bytes,
        },
        due_ms: None,
    }
}

/// What the CDN says of a file it has not, or of an address that went stale.
const GONE: Bytes = Bytes::from_static(b"This content is no longer available.");

fn carry_out(shared: &Arc<Shared>, actor: Option<u64>, call: Call) -> Outcome {
    let Call {
        route,
        query,
        headers,
        body,
        replica,
    } = call;
    if actor.is_none() && route.needs_token() {
        return Err(ApiError::unauthorized());
    }
    route.check()?;
    let visit = Visit {
        shared,
        actor,
        route: &route,
        query: Query::parse(&query),
        body: Body::read(&headers, &body)?,
        reason: reason(&headers)?,
        replica,
    };
    shared.change(|world| {
        world.settle();
        route.act(&visit, world)
    })
}

/// The audit-log reason: 1 to 512 characters, percent-encoded UTF-8.
fn reason(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(raw) = headers.get("x-audit-log-reason") else {
        return Ok(None);
    };
    let text = percent_decode_str(raw.to_str().unwrap_or(""))
        .decode_utf8_lossy()
        .into_owned();
    if text.chars().count() > bounds::REASON_MAX {
        let message = format!("Must be {} or fewer in length.", bounds::REASON_MAX);
        return Err(ApiError::form("reason", "BASE_TYPE_MAX_LENGTH", message));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

// === impl Answer ===

impl Answer {
    fn ok(value: Value) -> Self {
        Self {
            status: 200,
            body: AnswerBody::Json(value),
            due_ms: None,
        }
    }

    fn created(value: Value) -> Self {
        Self {
            status: 201,
            body: AnswerBody::Json(value),
            due_ms: None,
        }
    }

    fn nothing() -> Self {
        Self {
            status: 204,
            body: AnswerBody::Empty,
            due_ms: None,
        }
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self {
            status: error.status,
            body: AnswerBody::Json(error.body()),
            due_ms: None,
        }
    }
}

// === impl Visit ===

impl Visit<'_> {
    /// Whom the token speaks for. Routes without a token never ask.
    fn actor(&self) -> u64 {
        self.actor.unwrap_or_default()
    }

    /// An id of the path; the route's template has it.
    fn id(&self, name: &str) -> u64 {
        self.route.id(name).unwrap_or_default()
    }

    /// The replica that answers a list, at least so far behind as the configuration says.
    fn replica(&self, lag_ms: u64) -> Replica {
        Replica {
            lag_ms: self.replica.lag_ms.max(lag_ms),
            ..self.replica
        }
    }

    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}
