//! `/relay/v1/consumers/{name}/dead_letters`: what a reader has given up.

use axum::{
    Extension,
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use cordboard_openai::ApiError;
use http::{HeaderMap, Uri};
use tracing::info;

use super::{
    Station, consumer, query,
    trouble::from_consumers,
    wire::{DeadLetterBody, DiscardedBody, List},
};
use crate::{
    Desk, Scope,
    answer::{self, Refusal},
    visit::Arrival,
};

pub(super) async fn list<D: Desk>(
    State((server, relay)): Station<D>,
    Extension(arrival): Extension<Arrival>,
    name: consumer::Named,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    server.keys.caller(&headers, Scope::Relay)?;
    let name = consumer::named(name)?;
    let query = query::dead_letters(uri.query().unwrap_or_default())?;
    let letters = relay.dead_letters.dead_letters(&name, query);
    let page = from_consumers(&relay, &arrival, ("name", &name), letters).await?;
    let letters = page.letters.iter();
    let data = letters.map(|letter| DeadLetterBody::new(&name, letter));
    Ok(answer::json(&List::page(data.collect(), page.has_more)))
}

pub(super) async fn discard<D: Desk>(
    State((server, relay)): Station<D>,
    Extension(arrival): Extension<Arrival>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let key = server.keys.caller(&headers, Scope::Relay)?;
    let (name, sequence) = path.map_or_else(|_| <_>::default(), |Path(path)| path);
    consumer::check_name("name", &name)?;
    let sequence = query::sequence("sequence", &sequence)?;
    let discarded = relay.dead_letters.discard(&name, sequence);
    if !from_consumers(&relay, &arrival, ("name", &name), discarded).await? {
        let message = format!("`{name}` has no dead letter with the sequence {sequence}.");
        return Err(ApiError::not_found("sequence", message).into());
    }
    info!(
        request.id = arrival.id(),
        key.name = key.name,
        consumer = name,
        sequence,
        "a dead letter was discarded"
    );
    Ok(answer::json(&DiscardedBody::new(&name, sequence)))
}
