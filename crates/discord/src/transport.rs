//! Bytes out, bytes in, and the knowledge whether anything left.

use std::error::Error;

use bytes::{Bytes, BytesMut};
use cordboard_lifecycle::kp;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        self, Builder, Client,
        connect::{HttpConnector, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::{Instant, timeout_at};

use crate::limits::{CONNECT_TIMEOUT, PING_INTERVAL, PING_TIMEOUT, POOL_IDLE, POOL_IDLE_MAX};

/// A pooled HTTP/1 and HTTP/2 client over TLS (webpki roots, ring), or over plain TCP for the
/// loopback addresses that [`crate::settings::Base`] lets through.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// A reply whose head arrived. The body may have been lost all the same.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Result<Bytes, BodyLoss>,
}

/// Why a body is missing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyLoss {
    /// It did not end in time.
    #[error("the body stalled")]
    Deadline,
    /// It is larger than anything that is expected here.
    #[error("the body is longer than {max} bytes")]
    TooLong {
        /// The bound, in bytes.
        max: usize,
    },
    /// The connection broke.
    #[error("the body broke off")]
    Broken(#[source] hyper::Error),
}

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum Cut {
    /// Not one byte of the request left, or the peer says that it processed none.
    NotSent(Silence),
    /// It may have arrived.
    Lost(Silence),
}

/// What was observed instead of a reply.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Silence {
    /// Nothing came in time.
    #[error("no answer in time")]
    Deadline,
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] Box<dyn Error + Send + Sync>),
}

impl Transport {
    pub(crate) fn new() -> Self {
        Self::configured(|_| {})
    }

    fn configured(configure: impl FnOnce(&mut Builder)) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false); // the TLS layer above decides by scheme
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .expect("ring supports rustls' default protocol versions")
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        // The pool repeats a request by itself only when its connection closed before the request
        // was taken from the queue: then nothing left, and the next connection may have it.
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_IDLE_MAX)
            // All calls share one HTTP/2 connection: when its peer vanishes without a word, every
            // call would be lost until its deadline, and the next one sent the same way.
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_TIMEOUT);
        configure(&mut builder);
        Self {
            client: builder.build(connector),
        }
    }

    /// Sends one request and reads the reply up to `body_max` bytes, all before `deadline`.
    pub(crate) async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        deadline: Instant,
        body_max: usize,
    ) -> Result<Reply, Cut> {
        // Set when the pool hands a connection over. Until then nothing can have left; from then
        // on it is not known how much did.
        let connection = capture_connection(&mut request);
        let response = match timeout_at(deadline, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let unsent = never_left(&error);
                let silence = Silence::Connection(error.into());
                return Err(if unsent {
                    Cut::NotSent(silence)
                } else {
                    Cut::Lost(silence)
                });
            }
            Err(_) if connection.connection_metadata().is_none() => {
                return Err(Cut::NotSent(Silence::Deadline));
            }
            Err(_) => return Err(Cut::Lost(Silence::Deadline)),
        };
        kp!("discord.answer.head");
        let (head, body) = response.into_parts();
        let body = match timeout_at(deadline, read(body, body_max)).await {
            Ok(body) => body,
            Err(_) => Err(BodyLoss::Deadline),
        };
        kp!("discord.answer.body");
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

#[cfg(test)]
impl Transport {
    /// HTTP/2 without TLS, which plain sockets of tests can speak.
    pub(crate) fn http2() -> Self {
        Self::configured(|builder| {
            builder.http2_only(true);
        })
    }
}

/// Connecting failed; or the connection closed before it took the request from its queue (hyper
/// says "canceled" for that and for nothing else); or the peer says that it did not process it.
fn never_left(error: &legacy::Error) -> bool {
    if error.is_connect() {
        return true;
    }
    let Some(error) = source::<hyper::Error>(error) else {
        return false;
    };
    error.is_canceled() || source::<h2::Error>(error).is_some_and(not_processed)
}

/// A stream that was refused was not processed (RFC 9113, 8.7). Neither was one above the last
/// stream of a GOAWAY (6.8); those at or below it do not end with the GOAWAY, but with whatever
/// befalls them or the connection later.
fn not_processed(error: &h2::Error) -> bool {
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (refused || error.is_go_away())
}

fn source<T: Error + 'static>(error: &dyn Error) -> Option<&T> {
    error.source()?.downcast_ref()
}

async fn read(mut body: Incoming, max: usize) -> Result<Bytes, BodyLoss> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame.map_err(BodyLoss::Broken)?.into_data() else {
            continue;
        };
        if first.len() + rest.len() + chunk.len() > max {
            return Err(BodyLoss::TooLong { max });
        }
        if first.is_empty() {
            first = chunk; // most replies are one frame: no copy
        } else {
            rest.extend_from_slice(&chunk);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Ok(whole.freeze())
}
