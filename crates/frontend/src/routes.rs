//! Which path leads where, and the many ways in which clients write the same path.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Extension, Router,
    extract::Request,
    routing::{get, post},
};
use cordboard_openai::ApiError;
use http::{Uri, uri::PathAndQuery};

use crate::{
    Desk, admin,
    answer::Refusal,
    body, chat,
    debts::AnyDebts,
    health,
    metrics::{self, MetricsFn},
    models, readiness,
    relay::{self, Relay},
    server::Server,
    visit::Arrival,
};

/// What has routes only if the application gave it.
#[derive(Default)]
pub(crate) struct Extras {
    pub(crate) debts: Option<Arc<dyn AnyDebts>>,
    pub(crate) metrics: Option<Arc<MetricsFn>>,
    pub(crate) relay: Option<Relay>,
}

pub(crate) fn router<D: Desk>(server: Arc<Server<D>>, extras: Extras) -> Router {
    let mut router = Router::new()
        .route("/", get(health::root))
        .route("/healthz", get(health::health::<D>))
        .route("/readyz", get(readiness::readiness::<D>))
        .route("/v1/chat/completions", post(chat::create::<D>))
        .route("/v1/models", get(models::list::<D>))
        .route("/v1/models/{*id}", get(models::one::<D>))
        .with_state(Arc::clone(&server));
    if let Some(debts) = extras.debts {
        router = router.merge(admin::router(Arc::clone(&server), debts));
    }
    if let Some(mut metrics) = extras.metrics {
        if let Some(relay) = &extras.relay {
            let (theirs, refusals) = (metrics, relay.refusals());
            metrics = Arc::new(move || {
                let mut metrics = theirs();
                metrics.push(refusals.metric());
                metrics
            });
        }
        router = router.merge(metrics::router(Arc::clone(&server), metrics));
    }
    if let Some(relay) = extras.relay {
        router = router.merge(relay::router(server, relay));
    }
    router
        .fallback(unknown_url)
        .method_not_allowed_fallback(wrong_method)
}

/// 404 and never 501: clients repeat whatever is 500 and above.
async fn unknown_url(Extension(arrival): Extension<Arrival>, request: Request) -> Refusal {
    let error = ApiError::unknown_url(request.method().as_str(), arrival.path());
    refused(request, error).await
}

pub(crate) async fn wrong_method(
    Extension(arrival): Extension<Arrival>,
    request: Request,
) -> Refusal {
    let error = ApiError::method_not_supported(request.method().as_str(), arrival.path());
    refused(request, error).await
}

pub(crate) async fn refused(request: Request, error: ApiError) -> Refusal {
    let (parts, body) = request.into_parts();
    body::refuse(&parts.headers, body, error).await.into()
}

/// Rewrites the ways in which clients write our paths into the one that is routed: `/v1` left out,
/// repeated or behind two slashes, and a slash at the end. Users type bases with and without `/v1`,
/// and clients append `/v1` or not.
pub(crate) fn straighten(uri: &mut Uri) {
    let Cow::Owned(path) = straight(uri.path()) else {
        return;
    };
    let path = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    // A part of a valid path stays valid; should it not, the path as it is leads to a 404.
    if let Ok(path) = PathAndQuery::try_from(path) {
        *uri = Uri::from(path);
    }
}

fn straight(path: &str) -> Cow<'_, str> {
    let mut segments = path.split('/').filter(|part| !part.is_empty()).peekable();
    let mut versioned = false;
    while segments.next_if_eq(&"v1").is_some() {
        versioned = true;
    }
    let ours = matches!(segments.peek(), Some(&("chat" | "models")));
    let mut straight = String::with_capacity(path.len() + 4);
    if segments.peek().is_some() && (versioned || ours) {
        straight.push_str("/v1");
    }
    for segment in segments {
        straight.push('/');
        straight.push_str(segment);
    }
    if straight.is_empty() {
        straight.push('/');
    }
    if straight == path {
        Cow::Borrowed(path)
    } else {
        Cow::Owned(straight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_path_leads_to_it() {
        for (written, meant) in [
            ("/v1/chat/completions", "/v1/chat/completions"),
            ("/v1/chat/completions/", "/v1/chat/completions"),
            ("//v1/chat/completions", "/v1/chat/completions"),
            ("/v1//chat/completions", "/v1/chat/completions"),
            ("/v1/v1/chat/completions", "/v1/chat/completions"),
            ("/chat/completions", "/v1/chat/completions"),
            ("/models", "/v1/models"),
            ("/models/a/b", "/v1/models/a/b"),
            ("/v1/models/", "/v1/models"),
            ("/v1/models/a%2Fb", "/v1/models/a%2Fb"),
            ("/v1/embeddings", "/v1/embeddings"),
            ("/healthz/", "/healthz"),
            ("//admin/v1/debts/", "/admin/v1/debts"),
            ("/v1/admin/v1/debts", "/v1/admin/v1/debts"),
            ("/", "/"),
            ("//", "/"),
            ("/v1", "/"),
            ("/v1x/chat/completions", "/v1x/chat/completions"),
            ("*", "/*"),
        ] {
            assert_eq!(straight(written), meant, "{written}");
        }
    }

    #[test]
    fn the_query_survives() {
        let mut uri: Uri = "/chat/completions/?api-version=1".parse().unwrap();
        straighten(&mut uri);
        assert_eq!(uri, "/v1/chat/completions?api-version=1");
    }
}
