//! One Discord, one proxy and one client, and what a test can do to them.

use std::{
    cell::{Cell, RefCell},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};

use cordboard_app::{Config, Environment, Failed, Proxy, WallClock};
use cordboard_simulator::{ChannelTruth, Config as SimulatorConfig, Simulator};
use hyper::Method;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use crate::{Client, clock::WorldClock, promises};

/// The model that the world's bot serves.
pub const MODEL: &str = "demo";

/// The key that the world's client uses.
const KEY: &str = "sk-world";

/// What the wall clock of a world reads when it begins, months ahead of the simulator's: nobody may
/// compare the two.
pub const BEGINS_MS: u64 = 1_790_000_000_000;

/// What passes after each test's body before the promises are checked.
const A_DAY: Duration = Duration::from_hours(24);

/// What a world is made of.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The simulated Discord.
    pub discord: SimulatorConfig,
    /// Lines of configuration laid over the world's own, as environment variables
    /// (`CORDBOARD__CHANNELS__DELETE_AFTER`).
    pub variables: Vec<(String, String)>,
    /// More TOML for the end of the configuration, such as `[profiles.…]`.
    pub toml: String,
}

impl Setup {
    /// A world with this Discord.
    #[must_use]
    pub fn with_discord(discord: SimulatorConfig) -> Self {
        Self {
            discord,
            ..Self::default()
        }
    }

    /// The same world with one key of the configuration set otherwise.
    #[must_use]
    pub fn set(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }
}

/// One Discord, one proxy and one client.
#[derive(Debug)]
pub struct World {
    /// The simulated Discord: faults, human acts, ground truth.
    pub discord: Simulator,
    setup: Setup,
    more: RefCell<Vec<(String, String)>>,
    folder: TempDir,
    proxy: RefCell<Option<Running>>,
    killed: Cell<bool>,
    clock: WorldClock,
}

/// A proxy that runs as a task, as the binary would run it.
#[derive(Debug)]
struct Running {
    client: Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Failed>>,
}

/// Runs a test's body in a fresh world with the default Discord, then checks the promises.
///
/// # Panics
/// As [`sim_with`].
pub fn sim(body: impl AsyncFnOnce(&World)) {
    sim_with(Setup::default(), body);
}

/// Runs a test's body in a fresh world, lets a virtual day pass, and checks the promises.
///
/// # Panics
/// When a promise is broken, or the world cannot be made.
pub fn sim_with(setup: Setup, body: impl AsyncFnOnce(&World)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let discord = Simulator::new(setup.discord.clone());
        let mut background = JoinSet::new();
        background.spawn(discord.serve(listener, std::future::pending()));
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let world = World {
            discord,
            setup,
            more: RefCell::default(),
            folder,
            proxy: RefCell::new(None),
            killed: Cell::new(false),
            clock: WorldClock::new(BEGINS_MS, 100),
        };
        world.start_proxy().await;
        body(&world).await;
        if world.proxy.borrow().is_none() {
            world.start_proxy().await;
        }
        sleep(A_DAY).await;
        world.stop_proxy().await;
        promises::check(&world).await;
    });
}

impl World {
    /// A client of the running proxy.
    ///
    /// # Panics
    /// When no proxy runs.
    #[must_use]
    pub fn client(&self) -> Client {
        self.proxy
            .borrow()
            .as_ref()
            .expect("a proxy runs")
            .client
            .clone()
    }

    /// Starts the proxy over the world's store and waits until it is ready.
    ///
    /// # Panics
    /// When it does not start, or runs already.
    pub async fn start_proxy(&self) {
        self.start_with(self.config()).await;
    }

    /// As [`Self::start_proxy`], with the configuration file that daemons follow, which it follows as well.
    ///
    /// # Panics
    /// When it does not start, or the file cannot be used.
    pub async fn start_following_proxy(&self) {
        let config = Config::load(Some(&self.config_file()), &self.variables(&[]));
        self.start_with(config.expect("the file can be used")).await;
    }

    async fn start_with(&self, config: Config) {
        assert!(self.proxy.borrow().is_none(), "a proxy runs already");
        let proxy = Proxy::start(config, self.clock.wall_clock()).await;
        let proxy = proxy.expect("the proxy starts");
        let client = Client::new(proxy.address(), KEY);
        let (stop, stopped) = oneshot::channel();
        #[expect(
            clippy::disallowed_methods,
            reason = "the harness stands in for a process"
        )]
        let task = tokio::spawn(proxy.run(async move { drop(stopped.await) }));
        self.proxy.replace(Some(Running { client, stop, task }));
    }

    /// Tries to start another proxy beside the one that runs.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn start_another_proxy(&self) -> Result<Proxy, Failed> {
        Proxy::start(self.config(), self.clock.wall_clock()).await
    }

    /// Stops the proxy as SIGTERM does, and waits for its end.
    ///
    /// # Panics
    /// When it ends with an error.
    pub async fn stop_proxy(&self) {
        let running = self.proxy.take().expect("a proxy runs");
        drop(running.stop);
        running
            .task
            .await
            .expect("the proxy does not panic")
            .expect("the proxy ends well");
    }

    /// Waits until the proxy ends by itself, and tells why it did.
    ///
    /// # Panics
    /// When none runs, or it ends well.
    pub async fn proxy_ended(&self) -> Failed {
        let running = self.proxy.take().expect("a proxy runs");
        self.killed.set(true);
        let ended = running.task.await.expect("the proxy does not panic");
        drop(running.stop);
        ended.expect_err("nobody has told it to end")
    }

    /// Ends the proxy between two instructions, as SIGKILL does: nothing it holds is put down.
    ///
    /// # Panics
    /// When none runs.
    pub async fn kill_proxy(&self) {
        let running = self.proxy.take().expect("a proxy runs");
        self.killed.set(true);
        running.task.abort();
        // Cancelled, or it had ended by itself: both are an end.
        drop(running.task.await);
    }

    /// Sets the machine's clock ahead, or back, by so many milliseconds.
    pub fn jump_clock(&self, milliseconds: i64) {
        self.clock.jump(milliseconds);
    }

    /// Loses the store while no proxy runs, but not the key beside it.
    ///
    /// # Panics
    /// When a proxy runs, or there is no store.
    pub fn lose_store(&self) {
        assert!(self.proxy.borrow().is_none(), "a proxy runs");
        let store = self.store();
        std::fs::remove_file(&store).expect("there is a store");
        for ending in ["db-wal", "db-shm"] {
            // Left behind only by a process that was killed.
            drop(std::fs::remove_file(store.with_extension(ending)));
        }
    }

    /// Where the world's database is.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("cordboard.db")
    }

    /// Where the key that signs its marks is.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("cordboard.db.key")
    }

    /// Whether a proxy of this world was ever killed.
    pub(crate) fn has_killed(&self) -> bool {
        self.killed.get()
    }

    /// Sets one key of the configuration otherwise, from the next start on.
    pub fn set(&self, variable: &str, value: &str) {
        let set = (variable.to_owned(), value.to_owned());
        self.more.borrow_mut().push(set);
    }

    /// What `/admin/v1/debts` says.
    ///
    /// # Panics
    /// When it says nothing.
    pub async fn debts(&self, query: &str) -> Value {
        let path = format!("/admin/v1/debts{query}");
        let answer = self.client().send(Method::GET, &path, "").await;
        let (status, debts) = answer
            .expect("the proxy answers")
            .json()
            .await
            .expect("in JSON");
        assert_eq!(status, 200, "{debts}");
        debts
    }

    /// What `/metrics` says.
    ///
    /// # Panics
    /// When it says nothing.
    pub async fn metrics(&self) -> String {
        let answer = self.client().send(Method::GET, "/metrics", "").await;
        let text = answer.expect("the proxy answers").text().await;
        text.expect("in text")
    }

    /// Whether a channel is there.
    #[must_use]
    pub fn is_alive(&self, channel_id: u64) -> bool {
        let channels = self.discord.truth().channels;
        let mut of = channels.iter().filter(|channel| channel.id == channel_id);
        of.any(|channel| channel.alive)
    }

    /// All channels that the proxy's bot ever created, as Discord knows it.
    #[must_use]
    pub fn channels(&self) -> Vec<ChannelTruth> {
        let mut channels = self.discord.truth().channels;
        channels.retain(|channel| channel.creator_id == self.discord.user_id());
        channels
    }

    /// How many channels the proxy's bot has created.
    #[must_use]
    pub fn channels_created(&self) -> usize {
        self.channels().len()
    }

    /// How many of them are still there.
    #[must_use]
    pub fn channels_alive(&self) -> usize {
        self.channels()
            .iter()
            .filter(|channel| channel.alive)
            .count()
    }

    /// What the proxy's bot has posted, oldest first, in channels that are gone too.
    #[must_use]
    pub fn posts(&self) -> Vec<Value> {
        let me = self.discord.user_id().to_string();
        let messages = self
            .channels()
            .into_iter()
            .flat_map(|channel| self.discord.messages(channel.id));
        messages
            .filter(|message| message["author"]["id"] == *me)
            .collect()
    }

    /// The text of the proxy's configuration file.
    #[must_use]
    pub fn configuration(&self) -> String {
        configuration(&self.discord, &self.store(), KEY, &self.setup.toml)
    }

    /// The proxy's configuration, as a file and variables would give it.
    pub(crate) fn config(&self) -> Config {
        let parsed = Config::parse(&self.configuration(), "the world", &self.variables(&[]));
        parsed.expect("the world's configuration is right")
    }

    /// What is laid over it, with some of it otherwise.
    pub(crate) fn variables(&self, otherwise: &[(&str, &str)]) -> Environment {
        let more = self.more.borrow();
        let variables = self.setup.variables.iter().chain(more.iter()).cloned();
        let otherwise = otherwise.iter();
        let otherwise = otherwise.map(|(key, value)| (key.to_string(), value.to_string()));
        variables.chain(otherwise).collect()
    }

    /// The wall clock of this world, which moves with tokio's.
    #[must_use]
    pub fn wall_clock(&self) -> WallClock {
        self.clock.wall_clock()
    }
}

/// A configuration for a proxy in front of `discord`, with `more` TOML at its end.
pub(crate) fn configuration(discord: &Simulator, store: &Path, key: &str, more: &str) -> String {
    let me = discord.introduction();
    format!(
        r#"
listen = "127.0.0.1:0"
[discord]
token = "{}"
guild_id = "{}"
rest_url = "{}"
gateway_url = "{}"
[store]
url = "sqlite:{}"
[[bots]]
name = "bot"
user_id = "{}"
models = ["{MODEL}"]
default_channel_id = "{}"
[[keys]]
name = "world"
secret = "{key}"
scopes = ["chat", "admin"]
{more}"#,
        me.token,
        me.guild_id,
        me.rest_url,
        me.gateway_url,
        store.display(),
        me.bots[0].user_id,
        me.default_channel_id,
    )
}
