//! An HTTP client for tests: asks as OpenAI's clients do, and reads answers piece by piece.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, StatusCode,
    body::{Bytes, Incoming},
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap},
};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde_json::{Value, json};

/// A client of one proxy. Each request uses a connection of the pool; dropping an [`Answer`] before
/// its end closes its connection, as a client that hangs up does.
#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    key: String,
    pool: Pool<HttpConnector, Full<Bytes>>,
}

/// An answer whose body is still on its way.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    body: Incoming,
    buffer: Vec<u8>,
}

impl Client {
    /// A client that sends `key` as its bearer token.
    #[must_use]
    pub fn new(address: SocketAddr, key: &str) -> Self {
        // Nagle's algorithm waits on the real clock, while the paused one would run away.
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self {
            address,
            key: key.to_owned(),
            pool,
        }
    }

    /// Where its proxy is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same client with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            ..self.clone()
        }
    }

    /// Sends any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> anyhow::Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header(AUTHORIZATION, format!("Bearer {}", self.key))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body.into()))?;
        let (parts, body) = self.pool.request(request).await?.into_parts();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
            buffer: Vec::new(),
        })
    }

    /// `POST /v1/chat/completions` with a body of your own.
    pub async fn complete(&self, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, "/v1/chat/completions", body.to_string())
            .await
    }

    /// Asks `model` one question and waits for the whole answer.
    pub async fn ask(&self, model: &str, question: &str) -> anyhow::Result<(StatusCode, Value)> {
        let body = json!({"model": model, "messages": [{"role": "user", "content": question}]});
        self.complete(&body).await?.json().await
    }

    /// Asks `model` one question, streaming; resolves when the head of the answer is there.
    pub async fn stream(&self, model: &str, question: &str) -> anyhow::Result<Answer> {
        let messages = json!([{"role": "user", "content": question}]);
        self.complete(&json!({"model": model, "stream": true, "messages": messages}))
            .await
    }
}

impl Answer {
    /// The whole body as text.
    pub async fn text(self) -> anyhow::Result<String> {
        Ok(String::from_utf8(
            self.body.collect().await?.to_bytes().to_vec(),
        )?)
    }

    /// The status and the whole body as JSON.
    pub async fn json(self) -> anyhow::Result<(StatusCode, Value)> {
        let status = self.status;
        Ok((status, serde_json::from_str(&self.text().await?)?))
    }

    /// The next server-sent event (or comment) as it came, without its blank line; `None` at the end.
    pub async fn event(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let event = self.buffer.drain(..end + 2).take(end).collect();
                return Ok(Some(String::from_utf8(event)?));
            }
            match self.body.frame().await {
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                None if self.buffer.is_empty() => return Ok(None),
                None => anyhow::bail!("the stream ended in the middle of an event"),
            }
        }
    }

    /// Reads a chat stream to its end.
    pub async fn transcript(mut self) -> anyhow::Result<Transcript> {
        let mut transcript = Transcript::default();
        while let Some(event) = self.event().await? {
            transcript.take(&event)?;
        }
        Ok(transcript)
    }
}

/// What a chat stream said.
#[derive(Debug, Default)]
pub struct Transcript {
    /// All content deltas, joined.
    pub text: String,
    /// How many deltas had content.
    pub deltas: usize,
    /// The last `finish_reason` that was not null.
    pub finish_reason: Option<String>,
    /// The error object, when the stream ended in one.
    pub error: Option<Value>,
    /// The usage object, when one came.
    pub usage: Option<Value>,
    /// Whether `[DONE]` came.
    pub done: bool,
}

impl Transcript {
    fn take(&mut self, event: &str) -> anyhow::Result<()> {
        if event.starts_with(':') {
            return Ok(());
        }
        anyhow::ensure!(!self.done, "something came after [DONE]: {event}");
        let data = event
            .strip_prefix("data: ")
            .ok_or_else(|| anyhow::anyhow!("not data: {event}"))?;
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let chunk: Value = serde_json::from_str(data)?;
        if chunk.get("error").is_some() {
            self.error = Some(chunk["error"].clone());
        }
        if chunk["usage"].is_object() {
            self.usage = Some(chunk["usage"].clone());
        }
        if let Some(text) = chunk["choices"][0]["delta"]["content"].as_str()
            && !text.is_empty()
        {
            self.text.push_str(text);
            self.deltas += 1;
        }
        if let Some(reason) = chunk["choices"][0]["finish_reason"].as_str() {
            self.finish_reason = Some(reason.to_owned());
        }
        Ok(())
    }
}
