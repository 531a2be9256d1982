//! One request to the API, ready to be sent as often as needed.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
use tokio::time::Instant;
use twilight_http::{
    request::{Request, TryIntoRequest},
    routing::Route as TwilightRoute,
};

use crate::{
    Trouble,
    limiter::{Resource, Route, Share},
    limits::CALL_TIMEOUT,
    send::WHO_AM_I,
};

const AUDIT_REASON: HeaderName = HeaderName::from_static("x-audit-log-reason");

/// Whether sending it twice can act twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Reads, and posts that carry an enforced nonce.
    Safe,
    /// Everything else: once it may have left, it is not sent again.
    Unsafe,
}

/// One request to the API.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) route: Route,
    pub(crate) method: Method,
    /// Path and query, without a leading slash and without the API's version.
    pub(crate) path: String,
    pub(crate) body: Bytes,
    pub(crate) content_type: Option<HeaderValue>,
    /// Percent-encoded by twilight.
    pub(crate) audit_reason: Option<HeaderValue>,
    pub(crate) repeat: Repeat,
    /// When the caller stops caring: everything ends before.
    pub(crate) deadline: Instant,
}

impl Call {
    /// Takes a request from one of twilight's builders, which check Discord's limits.
    pub(crate) fn new(
        name: &'static str,
        share: Share,
        resource: Resource,
        request: impl TryIntoRequest,
    ) -> Result<Self, Trouble> {
        let request = request
            .try_into_request()
            .map_err(|error| Trouble::Unbuildable(error.into()))?;
        let route = Route {
            name,
            resource,
            share,
        };
        Ok(Self::of(route, &request))
    }

    /// The request that tells whether the token is good.
    pub(crate) fn who_am_i() -> Self {
        Self::of(
            Route {
                name: WHO_AM_I,
                resource: Resource::None,
                share: Share::Conversation,
            },
            &Request::from_route(&TwilightRoute::GetCurrentUser),
        )
    }

    fn of(route: Route, request: &Request) -> Self {
        let (body, content_type) = match (request.form(), request.body()) {
            (Some(form), _) => {
                let content_type = HeaderValue::from_bytes(&form.content_type());
                (form.clone().build(), content_type.ok())
            }
            (None, Some(body)) => (
                body.to_vec(),
                Some(HeaderValue::from_static("application/json")),
            ),
            (None, None) => (Vec::new(), None),
        };
        let method = Method::from_bytes(request.method().name().as_bytes())
            .expect("twilight knows HTTP's methods");
        Self {
            route,
            repeat: if method == Method::GET {
                Repeat::Safe
            } else {
                Repeat::Unsafe
            },
            method,
            path: request.path().to_owned(),
            body: Bytes::from(body),
            content_type,
            audit_reason: request
                .headers()
                .and_then(|headers| headers.get(AUDIT_REASON))
                .cloned(),
            deadline: Instant::now() + CALL_TIMEOUT,
        }
    }

    /// Replaces the ordinary time-out.
    pub(crate) fn until(mut self, deadline: Instant) -> Self {
        self.deadline = deadline;
        self
    }

    /// Declares that a second copy does not act: it carries an enforced nonce.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Safe;
        self
    }

    pub(crate) fn headers(&self, headers: &mut HeaderMap) {
        if let Some(content_type) = &self.content_type {
            headers.insert(CONTENT_TYPE, content_type.clone());
        }
        if let Some(reason) = &self.audit_reason {
            headers.insert(AUDIT_REASON, reason.clone());
        }
    }
}
