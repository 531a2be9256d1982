//! One request from its head to the last byte of its answer: its id, its headers, its log line.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cordboard_openai::ApiError;
use data_encoding::HEXLOWER;
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Method, Request};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::Instant;
use tower::ServiceExt;
use tracing::{debug, error, info};

use crate::{
    Key,
    answer::{Code, Refusal},
    connection::Stay,
    cors, routes,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROCESSING_MS: HeaderName = HeaderName::from_static("openai-processing-ms");
const VERSION: HeaderName = HeaderName::from_static("openai-version");

/// What is known of a request from its head, and what is found out on the way. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Arrival(Arc<Known>);

#[derive(Debug)]
struct Known {
    id: String,
    at: Instant,
    method: Method,
    path: String,
    caller: OnceLock<(Arc<Key>, String)>,
}

impl Arrival {
    fn new(request: &Request<Incoming>) -> Self {
        let mut random = [0_u8; 12];
        // Without random bytes ids would repeat, which confuses logs and nothing else.
        let _ = getrandom::fill(&mut random);
        Self(Arc::new(Known {
            id: HEXLOWER.encode(&random),
            at: Instant::now(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            caller: OnceLock::new(),
        }))
    }

    /// Names the request everywhere: `[0-9a-f]{24}`.
    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }

    /// When its head had been read.
    pub(crate) fn at(&self) -> Instant {
        self.0.at
    }

    /// The path as the client wrote it.
    pub(crate) fn path(&self) -> &str {
        &self.0.path
    }

    /// Notes for the log who asks for what.
    pub(crate) fn note(&self, key: &Arc<Key>, model: &str) {
        let _ = self.0.caller.set((Arc::clone(key), model.to_owned()));
    }
}

/// Answers one request. `stay` tells the connection that it is in use.
pub(crate) async fn visit(
    router: Router,
    stay: Stay,
    request: Request<Incoming>,
) -> Result<http::Response<Answer>, Infallible> {
    let arrival = Arrival::new(&request);
    let mut visit = Visit {
        arrival: arrival.clone(),
        status: None,
        code: None,
        complete: false,
        _stay: stay,
    };
    let mut response = if request.method() == Method::OPTIONS {
        cors::preflight(request.headers())
    } else {
        let mut request = request.map(Body::new);
        routes::straighten(request.uri_mut());
        request.extensions_mut().insert(arrival.clone());
        respond(router, request, &arrival).await
    };
    visit.status = Some(response.status().as_u16());
    visit.code = response.extensions_mut().remove().map(|Code(code)| code);
    let headers = response.headers_mut();
    cors::allow(headers);
    headers.insert(VERSION, HeaderValue::from_static("2020-10-01"));
    let id = format!("req-{}", arrival.id());
    headers.insert(
        REQUEST_ID,
        id.try_into().expect("hexadecimal digits make a header"),
    );
    headers.insert(PROCESSING_MS, duration_ms(arrival.at()).into());
    Ok(response.map(|body| Answer { body, visit }))
}

/// A panic is ours to answer for; the client is told so, and other requests go on.
async fn respond(router: Router, request: Request<Body>, arrival: &Arrival) -> Response {
    match AssertUnwindSafe(router.oneshot(request))
        .catch_unwind()
        .await
    {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => {
            error!(request.id = arrival.id(), "a request ran into a bug");
            Refusal::from(ApiError::internal()).into_response()
        }
    }
}

/// The body of every answer. It carries the visit to the last byte.
#[derive(Debug)]
pub(crate) struct Answer {
    body: Body,
    visit: Visit,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(None) = frame {
            self.visit.complete = true;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.visit.complete |= self.body.is_end_stream();
    }
}

/// Writes the request's log line when the answer is out, or when the client has left.
#[derive(Debug)]
struct Visit {
    arrival: Arrival,
    status: Option<u16>,
    code: Option<&'static str>,
    complete: bool,
    _stay: Stay,
}

impl Drop for Visit {
    fn drop(&mut self) {
        let Known {
            id,
            at,
            method,
            path,
            caller,
        } = &*self.arrival.0;
        let (status, code) = (self.status, self.code);
        let (method, path) = (method.as_str(), path.as_str());
        let duration_ms = duration_ms(*at);
        let Some((key, model)) = caller.get() else {
            debug!(
                request.id = id,
                method, path, status, code, duration_ms, "answered"
            );
            return;
        };
        let (key, model) = (key.name.as_str(), model.as_str());
        if self.complete {
            info!(
                request.id = id,
                method,
                path,
                status,
                code,
                key.name = key,
                model,
                duration_ms,
                "answered"
            );
        } else {
            info!(
                request.id = id,
                method,
                path,
                status,
                code,
                key.name = key,
                model,
                duration_ms,
                "the client left"
            );
        }
    }
}

fn duration_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
