//! `GET /relay/v1/stream`: what happened from some place on, and then what happens.

use axum::{Extension, extract::State, response::Response};
use cordboard_openai::ApiError;
use http::{HeaderMap, Uri};
use tracing::info;

use super::{
    Relay, Station,
    feed::{Bounds, Feed},
    places::Move,
    query::{self, StreamQuery},
    reader::Reader,
    trouble::{beyond, from_consumers, from_log},
};
use crate::{
    Desk, Scope,
    answer::{self, Refusal},
    visit::Arrival,
};

/// As the standard has it, and as browsers send it when they connect again.
const LAST_EVENT_ID: &str = "last-event-id";

pub(super) async fn open<D: Desk>(
    State((server, relay)): Station<D>,
    Extension(arrival): Extension<Arrival>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let key = server.keys.caller(&headers, Scope::Relay)?;
    let query = query::stream(uri.query().unwrap_or_default())?;
    let seen = last_event_id(&headers)?;
    let mut place = relay.places.enter()?;
    let consumer = query.consumer.as_deref();
    let known = consumer.and_then(|name| relay.places.moved(name));
    let after = start(&relay, &arrival, &query, seen, known).await?;
    info!(
        request.id = arrival.id(),
        key.name = key.name,
        consumer = query.consumer,
        after,
        "a stream begins"
    );
    // Last: whoever had the name keeps its stream if this one fails.
    if let Some(name) = query.consumer {
        relay.places.take(&mut place, name, known)?;
    }
    let bounds = Bounds {
        place,
        until: arrival.at() + server.settings.request_timeout,
        soft: server.soft.clone(),
    };
    let reader = Reader::new(relay.log.clone(), after, query.channels, arrival);
    Ok(answer::events(Feed::new(reader, bounds).into_body()))
}

/// Behind which sequence a stream begins.
///
/// A consumer goes on where it has acknowledged, or where this connection broke off if that is
/// later. Without one, the client says where; if it does not, the stream begins now.
async fn start(
    relay: &Relay,
    arrival: &Arrival,
    query: &StreamQuery,
    seen: Option<u64>,
    known: Option<Move>,
) -> Result<u64, ApiError> {
    let newest = from_log(arrival, relay.log.newest()).await?;
    // It would wait for its own past, in silence.
    for (param, sequence) in [("Last-Event-ID", seen), ("after", query.after)] {
        if sequence.is_some_and(|sequence| sequence > newest) {
            return Err(beyond(relay, arrival, param, newest));
        }
    }
    let Some(name) = &query.consumer else {
        return Ok(seen.or(query.after).unwrap_or(newest));
    };
    let position = relay.consumers.open(name, query.after);
    let position = from_consumers(relay, arrival, ("consumer", name), position).await?;
    // What it has seen before it was set somewhere else is what it is to be told again.
    let seen = seen.filter(|_| known.is_none());
    Ok(position.max(seen.unwrap_or(0)))
}

/// An empty one is none: nothing was seen yet.
fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    query::sequence("Last-Event-ID", value.to_str().unwrap_or_default()).map(Some)
}
