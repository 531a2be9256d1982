//! What an incoming request is about.

use std::{future::pending, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use super::{
    Tasks,
    exchange::{self, Ending},
    link::Reset,
    page::{HangUp, Page},
};
use crate::{
    control, gateway,
    limits::BODY_BYTES_MAX,
    rest::{self, Answer, AnswerBody},
    shared::Shared,
    world::ApiError,
};

/// What is in front of the paths of a client that has a name.
pub(crate) const CLIENT: &str = "/__client/";

/// What all connections share.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) shared: Arc<Shared>,
    pub(super) tasks: Tasks,
    dice: Mutex<fastrand::Rng>,
}

/// A request whose body has been read.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    /// Who sent it, if they have a name ([`Simulator::rest_url_of`](crate::Simulator::rest_url_of)).
    pub(super) client: Option<Arc<str>>,
    /// Without the `/api/v10` in front.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Front {
    pub(super) fn new(shared: Arc<Shared>, tasks: Tasks) -> Self {
        let dice = Mutex::new(fastrand::Rng::with_seed(shared.config.seed.wrapping_add(1)));
        Self {
            shared,
            tasks,
            dice,
        }
    }

    /// Answers one request; the error ends the connection.
    pub(super) async fn answer(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        reset: &Reset,
    ) -> Result<Response<Page>, HangUp> {
        if request.headers().contains_key(http::header::UPGRADE) {
            if self.shared.sessions.refusing(Instant::now()) {
                self.shared.faults.note("gateway", "refuse", 1);
                return Err(HangUp);
            }
            if let Some((response, life)) = gateway::accept(&self.shared, &mut request) {
                self.tasks.start(life);
                return Ok(response.map(|()| Page::whole(Bytes::new())));
            }
        }
        let (head, body) = request.into_parts();
        let (client, path) = client_of(head.uri.path());
        let (api, path) = match below_api(path) {
            Some(below) => (true, below.to_owned()),
            None => (false, path.to_owned()),
        };
        let query = head.uri.query().unwrap_or_default().to_owned();
        let body = match Limited::new(body, BODY_BYTES_MAX).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                return Ok(response(ApiError::too_large().into()));
            }
            // The client went away in the middle of its own words.
            Err(_) => return Err(HangUp),
        };
        let asked = Asked {
            method: head.method,
            client: client.map(Arc::from),
            path,
            query,
            headers: head.headers,
            body,
        };
        if api {
            return self.exchange(asked, reset).await;
        }
        sleep(self.latency().0.max(Duration::from_millis(1))).await;
        Ok(response(if asked.path.starts_with("/attachments/") {
            rest::attachment(&self.shared, &asked.path, &asked.query)
        } else if let Some(path) = asked.path.strip_prefix("/__sim/") {
            control::act(&self.shared, &asked.method, path, &asked.query, &asked.body)
        } else {
            ApiError::not_found().into()
        }))
    }

    /// Runs the exchange as a task of its own: Discord acts on what it has read, also when the
    /// client no longer listens.
    async fn exchange(
        self: &Arc<Self>,
        asked: Asked,
        reset: &Reset,
    ) -> Result<Response<Page>, HangUp> {
        let front = Arc::clone(self);
        let ending = self
            .tasks
            .start(async move { exchange::run(&front, asked).await })
            .await;
        match ending {
            Ok(Some(Ending::Answer(response))) => Ok(response),
            Ok(Some(Ending::Silence)) => pending().await,
            Ok(Some(Ending::Reset)) => {
                reset.on_end();
                Err(HangUp)
            }
            // No ending: the server stops, or the exchange broke and the server says so.
            Ok(Some(Ending::HangUp) | None) | Err(_) => Err(HangUp),
        }
    }

    /// What this answer costs: the way there and the way back, together whole milliseconds. A
    /// paused clock steps in milliseconds, so one is not halved.
    pub(super) fn latency(&self) -> (Duration, Duration) {
        let config = &self.shared.config;
        let jitter_ms = match config.jitter_ms {
            0 => 0,
            jitter_ms => self.dice.lock().u64(..=jitter_ms),
        };
        let total_ms = config.latency_ms + jitter_ms;
        let there_ms = total_ms.div_ceil(2);
        (
            Duration::from_millis(there_ms),
            Duration::from_millis(total_ms - there_ms),
        )
    }
}

/// Whom a path names as its sender, and the path without that.
fn client_of(path: &str) -> (Option<&str>, &str) {
    let named = path.strip_prefix(CLIENT).and_then(|named| {
        let end = named.find('/')?;
        Some((Some(&named[..end]), &named[end..]))
    });
    named.unwrap_or((None, path))
}

/// The path below `/api`, `/api/v8`, `/api/v9` or `/api/v10`.
fn below_api(path: &str) -> Option<&str> {
    let below = path.strip_prefix("/api")?;
    let versioned = ["/v10", "/v9", "/v8"]
        .iter()
        .find_map(|version| below.strip_prefix(version));
    Some(versioned.unwrap_or(below)).filter(|below| below.starts_with('/'))
}

/// An answer as HTTP.
pub(super) fn response(answer: Answer) -> Response<Page> {
    let (bytes, content_type) = match answer.body {
        AnswerBody::Empty => (Bytes::new(), None),
        AnswerBody::Json(value) => {
            let text = value.to_string();
            (
                Bytes::from(text),
                Some(HeaderValue::from_static("application/json")),
            )
        }
        AnswerBody::Raw {
            content_type,
            bytes,
        } => (bytes, HeaderValue::from_str(&content_type).ok()),
    };
    let mut response = Response::new(Page::whole(bytes));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(content_type) = content_type {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_versions_that_clients_use_are_served() {
        for path in [
            "/api/v10/users/@me",
            "/api/v9/users/@me",
            "/api/v8/users/@me",
        ] {
            assert_eq!(below_api(path), Some("/users/@me"));
        }
        assert_eq!(below_api("/api/users/@me"), Some("/users/@me"));
        assert_eq!(below_api("/apis/users"), None);
        assert_eq!(below_api("/"), None);
    }

    #[test]
    fn a_client_may_have_a_name_before_its_paths() {
        let named = (Some("second"), "/api/v10/users/@me");
        assert_eq!(client_of("/__client/second/api/v10/users/@me"), named);
        for path in ["/api/v10/users/@me", "/__client/second", "/"] {
            assert_eq!(client_of(path), (None, path));
        }
    }
}
