//! `/admin/v1`: the open debts, and the stop of all deletions. For keys with the scope `admin`.

mod query;
mod setting;
mod wire;

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::{get, post},
};
use cordboard_openai::ApiError;
use http::{HeaderMap, Uri};
use tokio::time::timeout;
use tracing::warn;

use self::wire::{DebtsBody, Deletions, DeletionsBody};
use crate::{
    Desk, Scope,
    answer::{self, Refusal},
    body,
    debts::{AnyDebts, DebtsError},
    limits::{DEBTS_TIMEOUT, UNAVAILABLE_RETRY_AFTER},
    server::Server,
    trouble::chain,
    visit::Arrival,
};

/// The routes' state: what all requests share, and who knows the debts.
type Office<D> = State<(Arc<Server<D>>, Arc<dyn AnyDebts>)>;

/// The routes. Without debts there are none, and the paths are unknown.
pub(crate) fn router<D: Desk>(server: Arc<Server<D>>, debts: Arc<dyn AnyDebts>) -> Router {
    Router::new()
        .route("/admin/v1/debts", get(list::<D>))
        .route("/admin/v1/deletions", post(set_deletions::<D>))
        .with_state((server, debts))
}

async fn list<D: Desk>(
    State((server, debts)): Office<D>,
    Extension(arrival): Extension<Arrival>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    server.keys.caller(&headers, Scope::Admin)?;
    let query = query::parse(uri.query().unwrap_or_default())?;
    let page = in_time(&arrival, debts.page(query)).await?;
    Ok(answer::json(&DebtsBody::new(&page)))
}

/// The key comes first: whoever has none learns nothing of what the body should look like.
async fn set_deletions<D: Desk>(
    State((server, debts)): Office<D>,
    Extension(arrival): Extension<Arrival>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let key = match server.keys.caller(&parts.headers, Scope::Admin) {
        Ok(key) => key,
        Err(error) => return Err(body::refuse(&parts.headers, body, error).await.into()),
    };
    let held = server.bodies.read(&parts.headers, body).await?;
    let enabled = setting::parse(&held.bytes)?;
    in_time(&arrival, debts.set_deletions(enabled)).await?;
    // Whoever wonders later why nothing is deleted finds out who said so.
    warn!(
        request.id = arrival.id(),
        key.name = key.name,
        enabled,
        "deletions were allowed or forbidden"
    );
    Ok(answer::json(&DeletionsBody {
        deletions: Deletions { enabled },
    }))
}

/// An answer of the registry's, or what a client is told instead. Nothing keeps it from asking again:
/// a setting that is set twice is set.
async fn in_time<T>(
    arrival: &Arrival,
    answer: impl Future<Output = Result<T, DebtsError>>,
) -> Result<T, ApiError> {
    match timeout(DEBTS_TIMEOUT, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(DebtsError::After)) => Err(query::no_such_page()),
        Ok(Err(error)) => {
            warn!(
                request.id = arrival.id(),
                error = chain(&error),
                "the registry did not answer"
            );
            let message = "The registry does not answer at this time.";
            Err(ApiError::upstream_unavailable(message).retry_after(UNAVAILABLE_RETRY_AFTER))
        }
        Err(_) => {
            warn!(
                request.id = arrival.id(),
                "the registry did not answer in time"
            );
            let message = "The registry did not answer in time.";
            Err(ApiError::upstream_timeout(message))
        }
    }
}
