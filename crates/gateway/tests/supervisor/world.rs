//! A simulator, a gateway connected to it, and a story.

use std::{
    cell::RefCell,
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use cordboard_gateway::{
    Delivery, Endpoint, Failure, Fatal, Gateway, GatewayDirectory, Hub, LapseReason, Settings,
    State, Subscription,
};
use cordboard_simulator::{Config, Simulator};
use serde_json::Value;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

/// What a story can hold on to.
pub(crate) struct World {
    pub(crate) simulator: Simulator,
    pub(crate) hub: Hub,
    pub(crate) stop: CancellationToken,
    outcome: RefCell<Option<Result<(), Fatal>>>,
}

/// A directory in memory: answers from a list first, and then always with the address.
#[derive(Clone, Default)]
pub(crate) struct Directory {
    pub(crate) url: String,
    pub(crate) answers: Arc<Mutex<VecDeque<Result<Endpoint, Failure>>>>,
}

impl Directory {
    pub(crate) fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            answers: Arc::default(),
        }
    }

    pub(crate) fn first(
        self,
        answers: impl IntoIterator<Item = Result<Endpoint, Failure>>,
    ) -> Self {
        self.answers.lock().unwrap().extend(answers);
        self
    }
}

impl GatewayDirectory for Directory {
    async fn gateway(&self) -> Result<Endpoint, Failure> {
        let next = self.answers.lock().unwrap().pop_front();
        next.unwrap_or_else(|| Ok(endpoint(&self.url, 1_000)))
    }
}

/// What `GET /gateway/bot` says.
pub(crate) fn endpoint(url: &str, identifies_left: u32) -> Endpoint {
    Endpoint {
        url: url.to_owned(),
        identifies_left,
        identifies_reset_after: Duration::from_mins(30),
        max_concurrency: 1,
        shards: 1,
    }
}

pub(crate) fn install_tls() {
    // The second test of this process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Runs `story` with a gateway that is ready.
pub(crate) async fn connected(story: impl AsyncFnOnce(&World)) {
    run(
        Config::default(),
        |_| {},
        |directory| directory,
        async |world| {
            world.ready().await;
            story(world).await;
        },
    )
    .await;
}

/// Runs `story` with a gateway that has just been started.
pub(crate) async fn run(
    config: Config,
    set_up: impl FnOnce(&mut Settings),
    prepare: impl FnOnce(Directory) -> Directory,
    story: impl AsyncFnOnce(&World),
) {
    install_tls();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let simulator = Simulator::new(config);
    let server = simulator.serve(listener, std::future::pending());
    let mut settings = Settings::new(simulator.token().into());
    set_up(&mut settings);
    let directory = prepare(Directory::at(&simulator.gateway_url()));
    let (hub, gateway) = Gateway::new(settings, directory);
    let stop = CancellationToken::new();
    let world = World {
        simulator,
        hub,
        stop: stop.clone(),
        outcome: RefCell::new(None),
    };
    let gateway = async {
        let outcome = gateway.run(stop).await.map(drop);
        *world.outcome.borrow_mut() = Some(outcome);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = server => panic!("the simulator stopped"),
        () = gateway => unreachable!("pending for ever"),
        () = story(&world) => {}
    }
}

impl World {
    /// Waits until events flow.
    pub(crate) async fn ready(&self) {
        self.until(State::is_ready).await;
    }

    /// Waits until the connection is lost, and then until events flow again.
    pub(crate) async fn ready_again(&self) {
        self.until(|state| !state.is_ready()).await;
        self.ready().await;
    }

    /// Waits until the state is so.
    pub(crate) async fn until(&self, mut so: impl FnMut(&State) -> bool) -> State {
        let mut status = self.hub.status();
        let so = status.wait_for(|status| so(&status.state));
        let reached = timeout(Duration::from_hours(24), so).await;
        reached.expect("within a day").unwrap().state.clone()
    }

    /// Waits until the gateway has ended, and tells how.
    pub(crate) async fn ended(&self) -> Result<(), Fatal> {
        self.until(State::is_over).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.outcome
            .borrow_mut()
            .take()
            .expect("`run` has returned")
    }

    /// Everything in the default channel.
    pub(crate) fn subscribe(&self) -> Subscription {
        self.hub
            .subscribe(Id::new(self.simulator.default_channel_id()))
    }

    /// A human says something in the default channel.
    pub(crate) fn say(&self, content: &str) {
        self.simulator
            .say(self.simulator.default_channel_id(), content);
    }

    /// Identifies, resumes, connections so far.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let counters = self.simulator.counters();
        (counters.identifies, counters.resumes, counters.connections)
    }
}

/// One delivery, as a test sees it.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Said(String),
    Lapse(LapseReason),
}

/// The next message or lapse, at most `within` from now.
pub(crate) async fn hear(subscription: &mut Subscription, within: Duration) -> Option<Heard> {
    let heard = async {
        loop {
            match subscription.next().await? {
                Delivery::Lapse(lapse) => return Some(Heard::Lapse(lapse.reason)),
                Delivery::Dispatch(dispatch) if &*dispatch.name == "MESSAGE_CREATE" => {
                    let message: Value = serde_json::from_str(dispatch.data.get()).unwrap();
                    return Some(Heard::Said(message["content"].as_str().unwrap().to_owned()));
                }
                Delivery::Dispatch(_) | Delivery::Acknowledged(_) => {}
            }
        }
    };
    timeout(within, heard).await.ok().flatten()
}

/// All that comes until nothing comes for a minute.
pub(crate) async fn hear_all(subscription: &mut Subscription) -> Vec<Heard> {
    let mut all = Vec::new();
    while let Some(heard) = hear(subscription, Duration::from_mins(1)).await {
        all.push(heard);
    }
    all
}

/// What [`hear_all`] gives for these messages.
pub(crate) fn said(contents: impl IntoIterator<Item = impl ToString>) -> Vec<Heard> {
    contents
        .into_iter()
        .map(|content| Heard::Said(content.to_string()))
        .collect()
}
