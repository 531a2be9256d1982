//! Query strings, read strictly: whoever misspells a name must not get everything for something.

use std::borrow::Cow;

use cordboard_openai::ApiError;
use percent_encoding::percent_decode_str;

use crate::limits::QUERY_NAME_CHARS_MAX;

/// Names and values in their order, decoded. What is no text becomes replacement characters, and no
/// value has those.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// A name that nobody knows. `why` tells the ones that are known.
pub(crate) fn unknown(name: &str, why: &str) -> ApiError {
    let name: String = name.chars().take(QUERY_NAME_CHARS_MAX).collect();
    ApiError::unsupported_parameter(&name, why)
}

/// A name that may be given once, and was given before.
pub(crate) fn twice(name: &str) -> ApiError {
    ApiError::invalid_value(name, "it is given twice.")
}

/// How many of something are asked for.
pub(crate) fn limit(value: &str, max: usize) -> Result<usize, ApiError> {
    let limit = value.parse().ok();
    limit
        .filter(|limit| (1..=max).contains(limit))
        .ok_or_else(|| {
            let why = format!("expected a whole number from 1 to {max}.");
            ApiError::invalid_value("limit", &why)
        })
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
