//! A client of the relay's stream.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::{
    client::{Client, plain},
    world::{RELAY_KEY, World},
};

/// A stream as a client reads it.
pub(crate) struct Stream {
    client: Client,
    /// The last id it was told.
    pub(crate) id: u64,
}

impl Stream {
    pub(crate) async fn open(world: &World, query: &str, seen: Option<u64>) -> Self {
        let mut client = world.connect().await;
        let seen = seen.map_or_else(String::new, |id| format!("last-event-id: {id}\r\n"));
        let headers = format!("authorization: Bearer {RELAY_KEY}\r\n{seen}");
        let path = format!("/relay/v1/stream?{query}");
        client.send(&plain("GET", &path, &headers)).await;
        let head = client.head().await;
        assert_eq!(head.status, 200, "{query}");
        for (name, value) in [
            ("content-type", "text/event-stream; charset=utf-8"),
            ("cache-control", "no-cache"),
            ("x-accel-buffering", "no"),
        ] {
            assert_eq!(head.header(name), Some(value), "{name}");
        }
        let mut stream = Self { client, id: 0 };
        assert!(
            stream
                .block()
                .await
                .unwrap()
                .starts_with("retry: 1000\nid: ")
        );
        stream
    }

    /// What comes next, until a blank line; none: the stream has ended.
    pub(crate) async fn block(&mut self) -> Option<String> {
        let block = self.client.chunk().await?;
        let text = block.strip_suffix("\n\n").unwrap();
        let id = text.lines().find_map(|line| line.strip_prefix("id: "));
        self.id = id.map_or(self.id, |id| id.parse().unwrap());
        Some(block)
    }

    /// The next event. Comments are passed over.
    pub(crate) async fn event(&mut self) -> Value {
        loop {
            let block = self.block().await.expect("an event");
            let data = block.lines().find_map(|line| line.strip_prefix("data: "));
            if let Some(data) = data {
                assert!(!block.starts_with("event:"), "{block}");
                let event: Value = serde_json::from_str(data).unwrap();
                assert_eq!(event["sequence"], self.id);
                return event;
            }
        }
    }

    /// The sequence of the next event.
    pub(crate) async fn next(&mut self) -> u64 {
        self.event().await["sequence"].as_u64().unwrap()
    }

    pub(crate) async fn next_of(&mut self, count: usize) -> Vec<u64> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(self.next().await);
        }
        all
    }

    /// The code of the error that ends it.
    pub(crate) async fn error(&mut self) -> String {
        let block = self.block().await.unwrap();
        let data = block.strip_prefix("event: error\ndata: ").unwrap();
        let error: Value = serde_json::from_str(data).unwrap();
        assert!(self.block().await.is_none());
        error["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Whether nothing is told for so long, comments included.
    pub(crate) async fn is_silent(&mut self, within: Duration) -> bool {
        timeout(within, self.block()).await.is_err()
    }
}
