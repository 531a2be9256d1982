//! An HTTP/1.1 client that shows every byte and can leave at any of them.

use std::{net::SocketAddr, time::Duration};

use serde_json::Value;
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::world::KEY;

pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: String,
}

impl Head {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// Status, type, param and code, as the table of errors lists them.
    pub(crate) fn error(&self) -> (u16, String, Option<String>, Option<String>) {
        let error = &self.json()["error"];
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty()),
            "{error}"
        );
        let text = |key: &str| {
            let value = error
                .get(key)
                .unwrap_or_else(|| panic!("{key} is missing: {error}"));
            value.as_str().map(str::to_owned)
        };
        (
            self.head.status,
            text("type").unwrap(),
            text("param"),
            text("code"),
        )
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        Self {
            socket,
            read: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &str) {
        self.socket.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// Sends a chat request with a good key.
    pub(crate) async fn post(&mut self, body: &Value) {
        self.send(&post("/v1/chat/completions", KEY, &body.to_string()))
            .await;
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn ask(&mut self, request: &str) -> Answer {
        self.send(request).await;
        self.answer().await
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let body = if head.header("transfer-encoding") == Some("chunked") {
            let mut body = String::new();
            while let Some(chunk) = self.chunk().await {
                body += &chunk;
            }
            body
        } else {
            let length = head
                .header("content-length")
                .map_or(0, |length| length.parse().unwrap());
            String::from_utf8(self.take(length).await).unwrap()
        };
        Answer { head, body }
    }

    pub(crate) async fn head(&mut self) -> Head {
        let head = self.line(b"\r\n\r\n").await;
        let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Head { status, headers }
    }

    /// The next HTTP chunk, that is, one write of the server's; none at the end of the body.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let size = self.line(b"\r\n").await;
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let mut chunk = self.take(size + 2).await;
        chunk.truncate(size);
        (size > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    /// Whatever arrives in one read.
    pub(crate) async fn read_some(&mut self) -> Vec<u8> {
        if self.read.is_empty() {
            self.fill().await;
        }
        std::mem::take(&mut self.read)
    }

    /// Takes up to so many bytes off the wire, and throws them away.
    pub(crate) async fn take_some(&mut self, bytes_max: usize) {
        let mut buffer = vec![0; 64 << 10];
        let mut taken = 0;
        while taken < bytes_max {
            match self.socket.try_read(&mut buffer) {
                Ok(count) if count > 0 => taken += count,
                _ => break,
            }
            tokio::task::yield_now().await;
        }
    }

    /// Whether the server closes after at most so many more bytes, which are thrown away.
    pub(crate) async fn closed_after(&mut self, bytes_max: usize) -> bool {
        let mut buffer = vec![0; 64 << 10];
        let mut taken = 0;
        while taken <= bytes_max {
            match self.socket.read(&mut buffer).await {
                Ok(count) if count > 0 => taken += count,
                _ => return true,
            }
        }
        false
    }

    /// Whether the server closes without another byte.
    pub(crate) async fn closed(&mut self) -> bool {
        self.read.is_empty() && matches!(self.socket.read(&mut [0; 16]).await, Ok(0) | Err(_))
    }

    /// Leaves with a FIN.
    pub(crate) fn finish(self) {
        drop(self);
    }

    /// Leaves with an RST.
    pub(crate) fn reset(self) {
        SockRef::from(&self.socket)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
        drop(self);
    }

    async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            self.fill().await;
        }
        self.read.drain(..length).collect()
    }

    async fn line(&mut self, end: &[u8]) -> String {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|part| part == end) {
                return String::from_utf8(self.read.drain(..at + end.len()).collect()).unwrap();
            }
            self.fill().await;
        }
    }

    async fn fill(&mut self) {
        self.read.reserve(64 << 10);
        let count = self.socket.read_buf(&mut self.read).await.unwrap();
        assert!(
            count > 0,
            "the server closed; unread: {:?}",
            String::from_utf8_lossy(&self.read)
        );
    }
}

/// A POST request in full.
pub(crate) fn post(path: &str, key: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\naccept: application/json\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// A request without a body.
pub(crate) fn plain(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n")
}
