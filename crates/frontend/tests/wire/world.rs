//! A front on a real socket, and everything a test needs around it.

use std::{net::SocketAddr, time::Duration};

use cordboard_frontend::{Frontend, Key, Scope, Settings};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{client::Client, desk::Script};

/// The key that may do everything, the one for a single model, the one that may not chat.
pub(crate) const KEY: &str = "sk-cordboard-aaaaaaaa";
pub(crate) const NARROW_KEY: &str = "sk-cordboard-bbbbbbbb";
pub(crate) const RELAY_KEY: &str = "sk-cordboard-cccccccc";

/// What the front's clock always says.
pub(crate) const NOW: u64 = 1_700_000_000;

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) desk: Script,
    pub(crate) soft: CancellationToken,
    pub(crate) hard: CancellationToken,
    tasks: JoinSet<()>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::built(change, |frontend| frontend).await
    }

    pub(crate) async fn built(
        change: impl FnOnce(&mut Settings),
        finish: impl FnOnce(Frontend<Script>) -> Frontend<Script>,
    ) -> Self {
        let mut settings = Settings {
            keys: vec![
                Key::new("all", &KEY.into(), None, vec![Scope::Chat, Scope::Admin]),
                Key::new(
                    "narrow",
                    &NARROW_KEY.into(),
                    Some(vec!["maker/other".into()]),
                    vec![Scope::Chat],
                ),
                Key::new("relay", &RELAY_KEY.into(), None, vec![Scope::Relay]),
            ],
            version: "1.2.3".into(),
            ..Settings::default()
        };
        change(&mut settings);
        let desk = Script::default();
        let frontend = Frontend::new(desk.clone(), settings, || NOW)
            .with_details(|| [("gateway", Value::from("ready"))].into());
        let frontend = finish(frontend);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(frontend.serve(listener, soft.clone(), hard.clone()));
        Self {
            address,
            desk,
            soft,
            hard,
            tasks,
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Until `serve` has returned.
    pub(crate) async fn served(&mut self) {
        self.tasks.join_next().await.unwrap().unwrap();
    }

    /// Drops `serve` in the middle.
    pub(crate) async fn abandon(&mut self) {
        self.tasks.shutdown().await;
    }

    /// Waits for a condition, and fails when it takes longer than `within` (virtual time).
    pub(crate) async fn until(
        &self,
        what: &str,
        within: Duration,
        condition: impl Fn(&Script) -> bool,
    ) {
        let start = Instant::now();
        while !condition(&self.desk) {
            assert!(start.elapsed() <= within, "not within {within:?}: {what}");
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// The measure of every hang-up: the conversation is let go of at once.
    pub(crate) async fn let_go(&self) {
        let within = Duration::from_millis(100);
        self.until("the conversation is let go of", within, |desk| {
            desk.open() == 0
        })
        .await;
    }

    /// Until a question has reached the desk.
    pub(crate) async fn asked(&self) {
        let within = Duration::from_secs(1);
        self.until("the desk is asked", within, |desk| desk.open() > 0)
            .await;
    }
}

/// A chat request whose question is a script for the desk.
pub(crate) fn chat(script: &str, stream: bool) -> Value {
    json!({"model": "demo", "stream": stream, "messages": [{"role": "user", "content": script}]})
}
