//! `GET /healthz`: alive, and a few facts. Needs no key, so it tells nothing worth one.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::{Desk, answer, server::Server};

/// What the application adds to `/healthz`, such as the gateway's state. Anyone may read it.
pub type Details = BTreeMap<&'static str, Value>;

pub(crate) type DetailsFn = dyn Fn() -> Details + Send + Sync;

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    service: &'static str,
    version: &'a str,
    uptime_seconds: u64,
    #[serde(flatten)]
    details: Details,
}

/// 200 as long as requests are answered at all, whatever state Discord is in: a supervisor that
/// restarts us for Discord's sake makes it worse.
pub(crate) async fn health<D: Desk>(State(server): State<Arc<Server<D>>>) -> Response {
    let details = (server.details)();
    alive(&server.settings.version, server.started_at, details)
}

pub(crate) fn alive(version: &str, since: Instant, details: Details) -> Response {
    answer::json(&Health {
        status: "ok",
        service: "cordboard",
        version,
        uptime_seconds: since.elapsed().as_secs(),
        details,
    })
}

/// `GET /`: some clients look whether there is anybody before they ask.
pub(crate) async fn root() -> Response {
    let body = BTreeMap::from([("service", "cordboard"), ("models", "/v1/models")]);
    answer::json(&body)
}
