//! Cross-origin rules for clients in browsers. Keys travel in headers and never in cookies, so
//! any origin may ask: it learns nothing without a key.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
        VARY,
    },
};

const EXPOSED: HeaderValue = HeaderValue::from_static(
    "x-request-id, openai-processing-ms, retry-after, retry-after-ms, x-should-retry",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET,POST,PUT,PATCH,DELETE,OPTIONS");
const TWO_HOURS: HeaderValue = HeaderValue::from_static("7200");

/// The answer to `OPTIONS`, on any path and without a key: browsers send none.
pub(crate) fn preflight(request: &HeaderMap) -> Response {
    let mut response = (StatusCode::NO_CONTENT, Body::empty()).into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, TWO_HOURS);
    headers.insert(
        VARY,
        HeaderValue::from_static("access-control-request-headers"),
    );
    // A wildcard would not cover Authorization (Fetch standard), and SDKs send many of their own.
    if let Some(asked) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    if request.contains_key("access-control-request-private-network") {
        let allow = HeaderValue::from_static("true");
        headers.insert("access-control-allow-private-network", allow);
    }
    response
}

/// What every answer carries, errors and streams included.
pub(crate) fn allow(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
