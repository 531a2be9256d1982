//! A simulator that serves, and a plain HTTP client beside it in the same runtime.

use std::{fmt::Write as _, time::Duration};

use bytes::Bytes;
use cordboard_simulator::{Config, Simulator};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const CREATE_CHANNEL: &str = "POST /guilds/{guild_id}/channels";
pub(crate) const CREATE_MESSAGE: &str = "POST /channels/{channel_id}/messages";
pub(crate) const DELETE_CHANNEL: &str = "DELETE /channels/{channel_id}";

/// The simulator and the client.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) discord: Simulator,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer that came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn id(&self) -> u64 {
        self.json()["id"]
            .as_str()
            .expect("an object with an id")
            .parse()
            .unwrap()
    }
}

/// Runs `body` beside a simulator.
pub(crate) async fn world(config: Config, body: impl AsyncFnOnce(World)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let discord = Simulator::new(config);
    let serving = discord.serve(listener, std::future::pending());
    let client = Client::builder(TokioExecutor::new()).build_http();
    tokio::select! {
        () = serving => unreachable!("nobody stops it"),
        () = body(World { discord, client }) => {}
    }
}

impl World {
    /// Sends as the proxy's bot; the error is a lost connection.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&'static str, &str)],
    ) -> Result<Reply, String> {
        let kind = body.is_some().then_some("application/json");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send_bytes(method, path, kind, body, headers).await
    }

    async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        kind: Option<&str>,
        body: String,
        headers: &[(&'static str, &str)],
    ) -> Result<Reply, String> {
        let uri = format!("{}{path}", self.discord.rest_url());
        let mut request = Request::builder().method(method).uri(uri);
        let anonymous = headers.iter().any(|(name, _)| *name == "authorization");
        if path.contains("/api") && !anonymous {
            request = request.header("authorization", format!("Bot {}", self.discord.token()));
        }
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| chain(&error))?;
        let (head, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| chain(&error))?
            .to_bytes();
        Ok(Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, &[]).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body), &[])
            .await
            .unwrap()
    }

    /// Posts a multipart form.
    pub(crate) async fn post_form(&self, path: &str, boundary: &str, form: String) -> Reply {
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.send_bytes(Method::POST, path, Some(&kind), form, &[])
            .await
            .unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body), &[])
            .await
            .unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None, &[]).await.unwrap()
    }

    /// Tries to create a channel.
    pub(crate) async fn try_create(&self, name: &str) -> Result<Reply, String> {
        let path = format!("/api/v10/guilds/{}/channels", self.discord.guild_id());
        self.send(Method::POST, &path, Some(json!({ "name": name })), &[])
            .await
    }

    /// Creates a channel with a mark.
    pub(crate) async fn create(&self, name: &str, mark: &str) -> Reply {
        let path = format!("/api/v10/guilds/{}/channels", self.discord.guild_id());
        let reason = format!("cordboard%20~{mark}");
        let headers = [("x-audit-log-reason", reason.as_str())];
        self.send(Method::POST, &path, Some(json!({ "name": name })), &headers)
            .await
            .unwrap()
    }

    /// Sends a message that pings nobody.
    pub(crate) async fn speak(&self, channel_id: u64, content: &str) -> Reply {
        let body = json!({ "content": content, "allowed_mentions": { "parse": [] } });
        self.post(&format!("/api/v10/channels/{channel_id}/messages"), body)
            .await
    }

    /// Names of the living channels, without the default one.
    pub(crate) fn living(&self) -> Vec<String> {
        let channels = self.discord.truth().channels.into_iter();
        let default = self.discord.default_channel_id();
        let living = channels.filter(|channel| channel.alive && channel.id != default);
        living.map(|channel| channel.name).collect()
    }
}

/// An error with its sources on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}

/// Lets simulated seconds pass.
pub(crate) async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
