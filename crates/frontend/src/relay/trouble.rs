//! What clients are told when the relay has no answer for them.

use std::error::Error;

use cordboard_openai::ApiError;
use tokio::time::timeout;
use tracing::warn;

use super::Relay;
use crate::{
    consumers::ConsumersError,
    limits::{RELAY_TIMEOUT, UNAVAILABLE_RETRY_AFTER},
    message_log::MessageLogError,
    trouble::chain,
    visit::Arrival,
};

/// An answer of the log's, or what a client is told instead.
pub(super) async fn from_log<T>(
    arrival: &Arrival,
    answer: impl Future<Output = Result<T, MessageLogError>>,
) -> Result<T, ApiError> {
    in_time(arrival, answer)
        .await?
        .map_err(|error| unavailable(arrival, &error))
}

/// An answer about the consumer `name`, or what a client is told instead. `param` is where it gave
/// the name.
pub(super) async fn from_consumers<T>(
    relay: &Relay,
    arrival: &Arrival,
    (param, name): (&str, &str),
    answer: impl Future<Output = Result<T, ConsumersError>>,
) -> Result<T, ApiError> {
    in_time(arrival, answer).await?.map_err(|error| match error {
        ConsumersError::Unknown => {
            relay.refusals.unknown_consumer(arrival, name);
            let message = format!(
                "There is no consumer `{name}`. Opening /relay/v1/stream?consumer={name} makes it."
            );
            ApiError::not_found(param, message)
        }
        ConsumersError::Future { newest } => beyond(relay, arrival, "sequence", newest),
        ConsumersError::Full { max } => {
            relay.refusals.too_many_consumers(arrival, name);
            let why = format!(
                "there are {max} consumers already, and no more are made. Forget one with DELETE /relay/v1/consumers/NAME."
            );
            ApiError::invalid_value(param, &why)
        }
        error @ ConsumersError::Unavailable { .. } => unavailable(arrival, &error),
    })
}

/// A sequence that has not come yet. Whoever remembers it knows another log than this one.
pub(super) fn beyond(relay: &Relay, arrival: &Arrival, param: &str, newest: u64) -> ApiError {
    relay.refusals.future_sequence(arrival, newest);
    let why = format!(
        "it is beyond the newest sequence, which is {newest}. It is from another log, such as one before a \
         backup was restored: forget it, since one day another event will have it."
    );
    ApiError::invalid_value(param, &why)
}

/// What the client asked may be asked again: it changes nothing, or the same as before.
async fn in_time<T>(arrival: &Arrival, answer: impl Future<Output = T>) -> Result<T, ApiError> {
    timeout(RELAY_TIMEOUT, answer).await.map_err(|_| {
        warn!(
            request.id = arrival.id(),
            "the relay did not answer in time"
        );
        ApiError::upstream_timeout("The relay did not answer in time.")
    })
}

fn unavailable(arrival: &Arrival, error: &(dyn Error + 'static)) -> ApiError {
    warn!(
        request.id = arrival.id(),
        error = chain(error),
        "the relay did not answer"
    );
    ApiError::upstream_unavailable("The relay does not answer at this time.")
        .retry_after(UNAVAILABLE_RETRY_AFTER)
}
