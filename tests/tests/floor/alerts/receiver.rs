//! A server that receives webhooks, checks their signatures, and is as unkind as it is told to be.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use hmac::{Hmac, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{HeaderMap, LOCATION},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::Value;
use sha2::Sha256;
use tokio::{net::TcpListener, task::JoinSet, time::sleep};

pub(super) const SECRET: &str = "a secret of sixteen";

/// What it does with a request.
#[derive(Clone, Debug, Default)]
pub(super) enum Manner {
    /// Takes it.
    #[default]
    Take,
    /// Takes it, and hangs up before it has said so.
    TakeAndHangUp,
    /// Refuses it with this status.
    Refuse(u16),
    /// Sends whoever asks elsewhere.
    Redirect(String),
    /// Says nothing for ever.
    Hang,
}

/// A server that receives webhooks; a handle that is cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    address: SocketAddr,
    listener: Arc<Mutex<Option<std::net::TcpListener>>>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    manner: Manner,
    taken: Vec<Value>,
    /// By their ids, whatever came of them.
    tried: Vec<String>,
    wrong: Vec<String>,
}

// === impl Receiver ===

impl Receiver {
    /// One that has an address, and answers once it is served.
    pub(super) fn new() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            listener: Arc::new(Mutex::new(Some(listener))),
            seen: Arc::default(),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook?key=k-planted", self.address)
    }

    /// One of `[[alerts]]` that is told here.
    pub(super) fn alert(&self, name: &str, more: &str) -> String {
        format!(
            "[[alerts]]\nname = \"{name}\"\nurl = \"{}\"\nsecret = \"{SECRET}\"\n{more}\n",
            self.url()
        )
    }

    /// From now on it does this.
    pub(super) fn is(&self, manner: Manner) {
        self.seen.lock().manner = manner;
    }

    /// What it has taken, in order: kind, subject and state of each.
    pub(super) fn told(&self) -> Vec<String> {
        let word = |told: &Value, key: &str| told[key].as_str().unwrap().to_owned();
        let taken = self.taken();
        let line = |told: &Value| {
            let [kind, subject, state] = ["kind", "subject", "state"].map(|key| word(told, key));
            format!("{kind} {subject} {state}")
        };
        taken.iter().map(line).collect()
    }

    /// All of it.
    pub(super) fn taken(&self) -> Vec<Value> {
        let seen = self.seen.lock();
        assert!(seen.wrong.is_empty(), "{:?}", seen.wrong);
        seen.taken.clone()
    }

    /// The ids of all requests that came, whatever came of them.
    pub(super) fn tried(&self) -> Vec<String> {
        self.seen.lock().tried.clone()
    }

    /// Starts it, for as long as what is returned lives.
    pub(super) fn serve(&self) -> JoinSet<()> {
        let listener = self.listener.lock().take().unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let server = self.clone();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let server = server.clone();
                let service = service_fn(move |request| server.clone().answer(request));
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move { drop(connection.await) });
            }
        });
        serving
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, HangUp> {
        // An answer that costs no virtual time stops a clock that waits for nobody.
        sleep(Duration::from_millis(3)).await;
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let told: Value = serde_json::from_slice(&body).unwrap_or_default();
        let id = told["id"].as_str().unwrap_or_default().to_owned();
        let manner = {
            let mut seen = self.seen.lock();
            seen.wrong.extend(wrong(&parts.headers, &body, &id).err());
            seen.tried.push(id);
            if matches!(seen.manner, Manner::Take | Manner::TakeAndHangUp) {
                seen.taken.push(told);
            }
            seen.manner.clone()
        };
        let answer = Response::builder();
        Ok(match manner {
            Manner::Take => answer.status(204),
            Manner::TakeAndHangUp => return Err(HangUp),
            Manner::Refuse(status) => answer.status(status),
            Manner::Redirect(to) => answer.status(307).header(LOCATION, to),
            Manner::Hang => match std::future::pending::<Infallible>().await {},
        }
        .body(Full::default())
        .unwrap())
    }
}

/// Ends the connection without an answer.
#[derive(Debug)]
struct HangUp;

impl std::fmt::Display for HangUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hung up")
    }
}

impl std::error::Error for HangUp {}

/// What is wrong with a request: as the documentation tells others to check it.
fn wrong(headers: &HeaderMap, body: &[u8], id: &str) -> Result<(), String> {
    let header = |name: &str| {
        let value = headers.get(name).ok_or(format!("no {name}"))?;
        value.to_str().map_err(|error| error.to_string())
    };
    let timestamp = header("x-cordboard-timestamp")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    let expected = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
    if header("x-cordboard-signature")? != format!("v1={expected}") {
        return Err("the signature is wrong".to_owned());
    }
    if header("x-cordboard-delivery")? != id || id.is_empty() {
        return Err("the id in the header is not the one in the body".to_owned());
    }
    let text = String::from_utf8_lossy(body);
    if text.contains("k-planted") || text.contains(SECRET) || text.contains("sk-world") {
        return Err(format!("a secret is in it: {text}"));
    }
    Ok(())
}
