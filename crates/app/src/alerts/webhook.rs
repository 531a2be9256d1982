//! One signed request to a server.

use std::{error::Error, time::Duration};

use cordboard_upkeep::{Failure, alerts::Delivery};
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use http_body_util::Full;
use hyper::{
    Request, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::Sha256;
use tokio::time::timeout;

use crate::{
    config::WebhookUrl,
    limits::{WEBHOOK_CONNECT_TIMEOUT, WEBHOOK_HEAD_BYTES_MAX, WEBHOOK_TIMEOUT},
};

/// What sends webhooks. Each has a connection of its own: they are few.
#[derive(Clone, Debug)]
pub(crate) struct Webhooks {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// What a server is told.
#[derive(Debug, Serialize)]
struct Body<'a> {
    id: &'a str,
    kind: &'a str,
    subject: &'a str,
    text: &'a str,
    fix: &'a str,
    state: &'a str,
    /// As RFC 3339 has it.
    at: String,
    count: u64,
    untold: u64,
    installation: &'a str,
}

// === impl Webhooks ===

impl Webhooks {
    pub(crate) fn new() -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false); // the TLS layer above decides by scheme
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(WEBHOOK_CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .expect("ring supports rustls' default protocol versions")
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_max_idle_per_host(0)
            .http1_max_buf_size(WEBHOOK_HEAD_BYTES_MAX)
            .build(connector);
        Self { client }
    }

    /// Sends one. Any 2xx says that it has arrived; the body of the answer is not read. Redirects are not
    /// followed: what is signed is for whom the operator has named, and nobody else says where else to ask.
    pub(crate) async fn send(
        &self,
        url: &WebhookUrl,
        secret: &SecretString,
        delivery: &Delivery,
        installation: &str,
        now: Duration,
    ) -> Result<(), Failure> {
        let request = request(url, secret, delivery, installation, now);
        let request = request.map_err(|source| Failure::Never { source })?;
        let answer = timeout(WEBHOOK_TIMEOUT, self.client.request(request)).await;
        match answer {
            Ok(Ok(answer)) => verdict(answer.status(), answer.headers()),
            Ok(Err(error)) if error.is_connect() => Err(Failure::NotDone {
                wait: None,
                source: error.into(),
            }),
            // It may have arrived.
            Ok(Err(error)) => Err(Failure::Unknown {
                source: error.into(),
            }),
            Err(_) => Err(Failure::Unknown {
                source: format!("no answer within {} s", WEBHOOK_TIMEOUT.as_secs()).into(),
            }),
        }
    }
}

fn request(
    url: &WebhookUrl,
    secret: &SecretString,
    delivery: &Delivery,
    installation: &str,
    now: Duration,
) -> Result<Request<Full<Bytes>>, Box<dyn Error + Send + Sync>> {
    let body = serde_json::to_string(&Body {
        id: &delivery.id,
        kind: delivery.kind.name(),
        subject: &delivery.subject,
        text: &delivery.text,
        fix: &delivery.fix,
        state: delivery.state.name(),
        at: rfc3339(delivery.at_ms),
        count: delivery.count,
        untold: delivery.untold,
        installation,
    })?;
    let timestamp = now.as_secs().to_string();
    let signature = signature(secret, &timestamp, &body);
    Ok(Request::post(url.expose())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("cordboard/", env!("CARGO_PKG_VERSION")))
        .header("X-Cordboard-Delivery", &delivery.id)
        .header("X-Cordboard-Timestamp", timestamp)
        .header("X-Cordboard-Signature", format!("v1={signature}"))
        .body(Full::new(Bytes::from(body)))?)
}

/// `hex(hmac-sha256(secret, "timestamp.body"))`. The time is in it, so that a server can refuse what somebody
/// has recorded and sends again later.
fn signature(secret: &SecretString, timestamp: &str, body: &str) -> String {
    let secret = secret.expose_secret().trim();
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    for part in [timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// A moment for people and programs; the raw number if it is none of this world's.
pub(crate) fn rfc3339(at_ms: u64) -> String {
    let at = i64::try_from(at_ms).ok();
    let at = at.and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
    at.map_or_else(|| at_ms.to_string(), |at| at.to_string())
}

/// What an answer means (RFC 9110, 15).
fn verdict(status: StatusCode, headers: &HeaderMap) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    let source = format!("the server answered {status}");
    if status.is_redirection() {
        let source =
            format!("{source}; redirects are not followed: write the address that it leads to");
        return Err(Failure::Never {
            source: source.into(),
        });
    }
    let is_for_now = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
    );
    if status.is_client_error() && !is_for_now {
        return Err(Failure::Never {
            source: source.into(),
        });
    }
    let wait = headers.get(RETRY_AFTER).and_then(|wait| {
        let seconds = wait.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    });
    Err(Failure::NotDone {
        wait,
        source: source.into(),
    })
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn a_signature_is_what_others_compute() {
        // How: compared with `printf '%s' '1700000000.{"id":"1"}' | openssl dgst -sha256 -hmac 'a secret of sixteen'`.
        let secret = SecretString::from("a secret of sixteen");
        assert_eq!(
            signature(&secret, "1700000000", "{\"id\":\"1\"}"),
            "bba4f1c5355fe563ac36d9584c3ee402b083b35a630cc0f6d19320ad8889a677"
        );
    }

    #[test]
    fn what_an_answer_means_follows_from_its_status() {
        let wait = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("7"))]);
        let of = |status: u16| verdict(StatusCode::from_u16(status).unwrap(), &wait);
        for status in [200, 202, 204] {
            assert!(of(status).is_ok(), "{status}");
        }
        for status in [301, 302, 307, 308, 400, 401, 404, 410, 413] {
            assert!(matches!(of(status), Err(Failure::Never { .. })), "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503, 504] {
            let told = of(status);
            let seven = Some(Duration::from_secs(7));
            assert!(
                matches!(told, Err(Failure::NotDone { wait, .. }) if wait == seven),
                "{status}"
            );
        }
        assert!(of(302).unwrap_err().reason().contains("not followed"));
    }

    #[test]
    fn a_moment_is_told_as_people_and_programs_read_it() {
        assert_eq!(rfc3339(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(rfc3339(u64::MAX), u64::MAX.to_string());
    }
}
