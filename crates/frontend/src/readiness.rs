//! `GET /readyz`: whether a new conversation would be taken, and if not, why. Needs no key, since
//! load balancers have none.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;

use crate::{Desk, answer, server::Server};

/// Why no new conversation can begin. Anyone may read it: no secret belongs in it, and no id that
/// `/healthz` does not show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// For programs, such as `openings_held`.
    pub name: &'static str,
    /// For people: what is wrong, and what ends it.
    pub detail: String,
}

pub(crate) type CausesFn = dyn Fn() -> Vec<Cause> + Send + Sync;

#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    causes: Vec<Cause>,
}

/// 200 without a cause, 503 with one. Unlike `/healthz` it depends on Discord, since it decides
/// where requests are sent and not whether this process is restarted.
pub(crate) async fn readiness<D: Desk>(State(server): State<Arc<Server<D>>>) -> Response {
    told((server.causes)())
}

pub(crate) fn told(causes: Vec<Cause>) -> Response {
    let (status, word) = if causes.is_empty() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    let mut response = answer::json(&Readiness {
        status: word,
        causes,
    });
    *response.status_mut() = status;
    response
}
