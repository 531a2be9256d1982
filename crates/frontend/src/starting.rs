//! What is said while the process starts, or when there is nothing to say but that it is alive.

use axum::{Router, extract::Request, routing::get};
use cordboard_openai::ApiError;
use http::StatusCode;

use crate::{
    Cause, Details, answer::Refusal, health::Life, limits::STARTING_RETRY_AFTER, readiness,
    routes::refused,
};

/// Alive and not ready; nothing else is known yet, not even who may ask.
pub(crate) fn router(version: String, life: Life) -> Router {
    let alive = move || {
        let alive = life.told(&version, Details::new());
        async { alive }
    };
    let starting = || async {
        readiness::told(vec![Cause {
            name: "starting",
            detail: "what a former life left is taken over, and discord is connected to".to_owned(),
        }])
    };
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(starting))
        .fallback(not_yet)
        .method_not_allowed_fallback(not_yet)
}

/// Alive, and nothing else.
pub(crate) fn alive(
    version: String,
    life: Life,
    details: impl Fn() -> Details + Clone + Send + Sync + 'static,
) -> Router {
    let alive = move || {
        let alive = life.told(&version, details());
        async { alive }
    };
    Router::new()
        .route("/healthz", get(alive))
        .fallback(async || StatusCode::NOT_FOUND)
}

async fn not_yet(request: Request) -> Refusal {
    let error = ApiError::upstream_unavailable("This proxy is starting.");
    refused(request, error.retry_after(STARTING_RETRY_AFTER)).await
}
