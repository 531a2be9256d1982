//! `/relay/v1`: what was said, and what is being said, for bots that must not miss any of it. For
//! keys with the scope `relay`.

mod acknowledgement;
mod consumer;
mod dead_letter;
mod feed;
mod moment;
mod places;
mod query;
mod reader;
mod refusals;
mod stream;
mod streams;
mod trouble;
mod wire;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::State,
    response::Response,
    routing::{delete, get, post},
};
use http::{HeaderMap, Uri};

pub use self::streams::Streams;
use self::{
    places::Places,
    refusals::Refusals,
    trouble::from_log,
    wire::{GapBody, List, MessageBody},
};
use crate::{
    Consumers, DeadLetters, Desk, MessageLog, Scope,
    answer::{self, Refusal},
    consumers::AnyConsumers,
    dead_letters::AnyDeadLetters,
    message_log::AnyMessageLog,
    routes,
    server::Server,
    visit::Arrival,
};

/// What the routes share, beside what all requests do.
pub(crate) struct Relay {
    log: Arc<dyn AnyMessageLog>,
    consumers: Arc<dyn AnyConsumers>,
    dead_letters: Arc<dyn AnyDeadLetters>,
    places: Places,
    refusals: Arc<Refusals>,
}

// === impl Relay ===

impl Relay {
    pub(crate) fn new(log: impl MessageLog, consumers: impl Consumers + DeadLetters) -> Self {
        let consumers = Arc::new(consumers);
        Self {
            log: Arc::new(log),
            dead_letters: consumers.clone(),
            consumers,
            places: Places::default(),
            refusals: Arc::default(),
        }
    }

    /// Lets somebody else reach its consumers' streams.
    pub(crate) fn share(&mut self, streams: Streams) {
        self.places = streams.places;
    }

    /// What it counts of clients' mistakes.
    pub(crate) fn refusals(&self) -> Arc<Refusals> {
        Arc::clone(&self.refusals)
    }
}

/// The routes' state.
type Station<D> = State<(Arc<Server<D>>, Arc<Relay>)>;

/// The routes. Without a relay there are none, and the paths are unknown.
pub(crate) fn router<D: Desk>(server: Arc<Server<D>>, relay: Relay) -> Router {
    Router::new()
        .route("/relay/v1/messages", get(messages::<D>))
        .route("/relay/v1/gaps", get(gaps::<D>))
        // A HEAD would take a consumer's stream over, and read nothing.
        .route(
            "/relay/v1/stream",
            get(stream::open::<D>).head(routes::wrong_method),
        )
        .route("/relay/v1/consumers", get(consumer::list::<D>))
        .route("/relay/v1/consumers/{name}", delete(consumer::forget::<D>))
        .route(
            "/relay/v1/consumers/{name}/ack",
            post(consumer::acknowledge::<D>),
        )
        .route(
            "/relay/v1/consumers/{name}/dead_letters",
            get(dead_letter::list::<D>),
        )
        .route(
            "/relay/v1/consumers/{name}/dead_letters/{sequence}",
            delete(dead_letter::discard::<D>),
        )
        .with_state((server, Arc::new(relay)))
}

async fn messages<D: Desk>(
    State((server, relay)): Station<D>,
    Extension(arrival): Extension<Arrival>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    server.keys.caller(&headers, Scope::Relay)?;
    let query = query::messages(uri.query().unwrap_or_default())?;
    let page = from_log(&arrival, relay.log.messages(query)).await?;
    let data = page.messages.iter().map(MessageBody::new).collect();
    Ok(answer::json(&List::page(data, page.has_more)))
}

async fn gaps<D: Desk>(
    State((server, relay)): Station<D>,
    Extension(arrival): Extension<Arrival>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    server.keys.caller(&headers, Scope::Relay)?;
    let query = query::gaps(uri.query().unwrap_or_default())?;
    let page = from_log(&arrival, relay.log.gaps(query)).await?;
    let data = page.gaps.iter().map(GapBody::new).collect();
    Ok(answer::json(&List::page(data, page.has_more)))
}
