//! `/relay/v1/consumers`: how far each reader has come.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use cordboard_openai::ApiError;
use http::HeaderMap;
use tracing::{info, warn};

use super::{
    Station, acknowledgement,
    acknowledgement::Acknowledgement,
    feed::moved,
    places::Ending,
    trouble::from_consumers,
    wire::{AcknowledgedBody, ConsumerBody, FailedBody, ForgottenBody, List},
};
use crate::{
    Desk, Failure, Key, Scope,
    answer::{self, Refusal},
    body,
    limits::CONSUMER_NAME_BYTES_MAX,
    visit::Arrival,
};

/// A name in a path.
pub(super) type Named = Result<Path<String>, PathRejection>;

pub(super) async fn list<D: Desk>(
    State((server, relay)): Station<D>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    server.keys.caller(&headers, Scope::Relay)?;
    let consumers = from_consumers(&relay, &arrival, ("name", ""), relay.consumers.list()).await?;
    let data = consumers.iter().map(ConsumerBody::new).collect();
    Ok(answer::json(&List::whole(data)))
}

/// The key comes first, and the body is read before anything in it is judged.
pub(super) async fn acknowledge<D: Desk>(
    State((server, relay)): Station<D>,
    Extension(arrival): Extension<Arrival>,
    name: Named,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let key = match server.keys.caller(&parts.headers, Scope::Relay) {
        Ok(key) => key,
        Err(error) => return Err(body::refuse(&parts.headers, body, error).await.into()),
    };
    let held = server.bodies.read(&parts.headers, body).await?;
    let name = named(name)?;
    let Acknowledgement { sequence, failure } = acknowledgement::parse(&held.bytes)?;
    if relay.places.moved(&name).is_some() {
        return Err(moved().into());
    }
    let whom = ("name", name.as_str());
    let Some(reason) = failure else {
        let done = relay.consumers.acknowledge(&name, sequence);
        let acknowledged = from_consumers(&relay, &arrival, whom, done).await?;
        return Ok(answer::json(&AcknowledgedBody::new(&name, acknowledged)));
    };
    let failed = relay.consumers.fail(&name, Failure { sequence, reason });
    let verdict = from_consumers(&relay, &arrival, whom, failed).await?;
    if verdict.dead {
        gave_up(&arrival, &key, &name, sequence);
    }
    Ok(answer::json(&FailedBody::new(&name, verdict)))
}

pub(super) async fn forget<D: Desk>(
    State((server, relay)): Station<D>,
    Extension(arrival): Extension<Arrival>,
    name: Named,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let key = server.keys.caller(&headers, Scope::Relay)?;
    let name = named(name)?;
    let forgotten = relay.consumers.forget(&name);
    from_consumers(&relay, &arrival, ("name", &name), forgotten).await?;
    relay.places.end(&name, Ending::Forgotten);
    info!(
        request.id = arrival.id(),
        key.name = key.name,
        consumer = name,
        "a consumer was forgotten"
    );
    Ok(answer::json(&ForgottenBody::new(&name)))
}

/// Names go into paths, files and logs of other programs.
pub(super) fn check_name(param: &str, name: &str) -> Result<(), ApiError> {
    let fits = (1..=CONSUMER_NAME_BYTES_MAX).contains(&name.len());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if fits && name.bytes().all(plain) {
        return Ok(());
    }
    let why = format!(
        "a consumer's name is 1 to {CONSUMER_NAME_BYTES_MAX} characters of A-Z, a-z, 0-9, '.', '_' and '-'."
    );
    Err(ApiError::invalid_value(param, &why))
}

/// One that is no text is no name either.
pub(super) fn named(name: Named) -> Result<String, ApiError> {
    let name = name.map_or_else(|_| String::new(), |Path(name)| name);
    check_name("name", &name)?;
    Ok(name)
}

/// Without the reason: it may tell what was said.
fn gave_up(arrival: &Arrival, key: &Arc<Key>, name: &str, sequence: u64) {
    warn!(
        request.id = arrival.id(),
        key.name = key.name,
        consumer = name,
        sequence,
        "an event went to the dead letter"
    );
}
