//! `GET /healthz`: alive, and a few facts. Needs no key, so it tells nothing worth one.

use std::{collections::BTreeMap, fmt, sync::Arc};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::{Cause, Desk, answer, server::Server};

/// What the application adds to `/healthz`, such as the gateway's state. Anyone may read it.
pub type Details = BTreeMap<&'static str, Value>;

pub(crate) type DetailsFn = dyn Fn() -> Details + Send + Sync;

/// Since when the process is alive, and whether it still is.
#[derive(Clone)]
pub(crate) struct Life {
    since: Instant,
    stuck: Arc<dyn Fn() -> Option<Cause> + Send + Sync>,
}

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    service: &'static str,
    version: &'a str,
    uptime_seconds: u64,
    #[serde(flatten)]
    details: Details,
}

/// 200 as long as nothing in the process is stuck, whatever state Discord is in: a supervisor that
/// restarts us for Discord's sake makes it worse.
pub(crate) async fn health<D: Desk>(State(server): State<Arc<Server<D>>>) -> Response {
    let details = (server.details)();
    server.life.told(&server.settings.version, details)
}

// === impl Life ===

impl Life {
    /// Begins now, and goes on until `stuck` says what is.
    pub(crate) fn new(stuck: impl Fn() -> Option<Cause> + Send + Sync + 'static) -> Self {
        Self {
            since: Instant::now(),
            stuck: Arc::new(stuck),
        }
    }

    /// 200, or 503 when something is stuck.
    pub(crate) fn told(&self, version: &str, details: Details) -> Response {
        let cause = (self.stuck)();
        let (status, word) = match cause {
            None => (StatusCode::OK, "ok"),
            Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "stuck"),
        };
        let mut response = answer::json(&Health {
            status: word,
            cause,
            service: "cordboard",
            version,
            uptime_seconds: self.since.elapsed().as_secs(),
            details,
        });
        *response.status_mut() = status;
        response
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Life")
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// `GET /`: some clients look whether there is anybody before they ask.
pub(crate) async fn root() -> Response {
    let body = BTreeMap::from([("service", "cordboard"), ("models", "/v1/models")]);
    answer::json(&body)
}
