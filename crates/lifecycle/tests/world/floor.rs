//! What the tests stand on.

use std::{collections::HashSet, net::Ipv4Addr, time::Duration};

use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_lifecycle::{
    Channels, Clock, Counts, Driver, Isolation, Lease, LifecycleError, MarkKey, MemoryRegistry,
    OpenError, Opening, Quota, Registry as _, Settings, Shown, Stage, lifecycle,
};
use cordboard_simulator::{Config, Simulator, Violation};
use secrecy::SecretString;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use super::haunted::{Ghosts, Haunted};

pub(crate) const CREATE: &str = "POST /guilds/{guild_id}/channels";
pub(crate) const THREAD: &str = "POST /channels/{channel_id}/threads";
pub(crate) const DELETE: &str = "DELETE /channels/{channel_id}";
pub(crate) const LOOK: &str = "GET /channels/{channel_id}";
pub(crate) const AUDIT_LOG: &str = "GET /guilds/{guild_id}/audit-logs";
pub(crate) const LIST: &str = "GET /guilds/{guild_id}/channels";
pub(crate) const GUILD: &str = "GET /guilds/{guild_id}";

const A_DAY: Duration = Duration::from_hours(24);

/// Our own clock. It is eleven months ahead of the simulator's, which must not matter.
#[derive(Clone, Copy, Debug)]
struct OurClock(Instant);

impl Clock for OurClock {
    fn now_ms(&self) -> u64 {
        1_796_000_000_000 + u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A Discord, a record, and at most one driver.
pub(crate) struct World {
    pub(crate) discord: Simulator,
    pub(crate) registry: MemoryRegistry,
    pub(crate) delete_after: Option<Duration>,
    pub(crate) protected: HashSet<u64>,
    pub(crate) category_ids: Vec<u64>,
    pub(crate) isolation: Isolation,
    pub(crate) quota: Quota,
    pub(crate) ghosts: Ghosts,
    clock: OurClock,
    life: Option<Life>,
    _server: JoinSet<()>,
}

struct Life {
    channels: Channels,
    /// Aborted when it is dropped, as a killed process is.
    driver: JoinSet<Result<(), LifecycleError>>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Config::default(), |_| ()).await
    }

    /// A world in a guild of one's own making, with settings of one's own.
    pub(crate) async fn with(config: Config, adjust: impl FnOnce(&mut Self)) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let discord = Simulator::new(config);
        let mut server = JoinSet::new();
        server.spawn(discord.serve(listener, std::future::pending()));
        let mut world = Self {
            discord,
            registry: MemoryRegistry::default(),
            delete_after: Some(Duration::from_secs(5)),
            protected: HashSet::new(),
            category_ids: Vec::new(),
            isolation: Isolation::Channel,
            quota: Quota::default(),
            ghosts: Ghosts::default(),
            clock: OurClock(Instant::now()),
            life: None,
            _server: server,
        };
        adjust(&mut world);
        world.start().await;
        // The driver's first look at the audit log is over before the test begins.
        sleep(Duration::from_secs(1)).await;
        world
    }

    /// A new life over the same record.
    pub(crate) async fn start(&mut self) {
        let (channels, mut driver) = self.life(self.clock);
        driver.recover().await.expect("memory does not fail");
        let mut tasks = JoinSet::new();
        tasks.spawn(driver.run(CancellationToken::new()));
        self.life = Some(Life {
            channels,
            driver: tasks,
        });
    }

    /// A new life that has not begun yet, by a clock of its own.
    pub(crate) fn life<C: Clock>(
        &self,
        clock: C,
    ) -> (Channels, Driver<Haunted, MemoryRegistry, C>) {
        let settings = Settings {
            guild_id: Id::new(self.discord.guild_id()),
            category_ids: self.category_ids.iter().map(|id| Id::new(*id)).collect(),
            isolation: self.isolation,
            quota: self.quota,
            bot_id: Id::new(self.discord.user_id()),
            name_prefix: "test".to_owned(),
            delete_after: self.delete_after,
            protected: self.protected.iter().map(|id| Id::new(*id)).collect(),
            namespace: "test".to_owned(),
        };
        let sender = Discord::new(&DiscordSettings {
            rest_url: Some(self.discord.rest_url()),
            ..DiscordSettings::new(SecretString::from(self.discord.token()))
        });
        let sender = sender.expect("the sender takes its settings");
        let haunted = Haunted {
            discord: sender,
            ghosts: Ghosts::clone(&self.ghosts),
        };
        let key = MarkKey::new([7; 32]);
        lifecycle(haunted, self.registry.clone(), key, clock, settings)
    }

    /// Ends the driver between two instructions.
    pub(crate) async fn kill(&mut self) {
        let mut life = self.life.take().expect("it lives");
        life.driver.shutdown().await;
    }

    pub(crate) fn channels(&self) -> Channels {
        self.life.as_ref().expect("it lives").channels.clone()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.channels().counts()
    }

    pub(crate) async fn open(&self) -> Result<Lease, OpenError> {
        self.channels().open(opening(Duration::from_mins(1))).await
    }

    /// How many channels our bot has created.
    pub(crate) fn created(&self) -> usize {
        self.ours().count()
    }

    /// How many of them are there.
    pub(crate) fn alive(&self) -> usize {
        self.ours().filter(|alive| *alive).count()
    }

    fn ours(&self) -> impl Iterator<Item = bool> {
        let me = self.discord.user_id();
        let channels = self.discord.truth().channels.into_iter();
        channels
            .filter(move |channel| channel.creator_id == me)
            .map(|channel| channel.alive)
    }

    /// How many requests of a kind Discord has seen.
    pub(crate) fn requests(&self, route: &str) -> usize {
        self.discord.requests(Some(route)).len()
    }

    /// Lets a day pass and asserts what has to hold after every test.
    pub(crate) async fn settle(self) {
        sleep(A_DAY).await;
        assert_eq!(self.alive(), 0, "of {} channels", self.created());
        let mut violations = self.discord.check();
        // A look whose answer was lost has to be repeated; the simulator allows one in all.
        violations
            .retain(|seen| !matches!(seen, Violation::GoneChannel { route, .. } if *route == LOOK));
        assert!(violations.is_empty(), "{violations:?}");
        let rows = self
            .registry
            .open(None, usize::MAX)
            .await
            .expect("memory does not fail");
        let open: Vec<_> = rows
            .iter()
            .filter(|row| row.stage != Stage::Abandoned)
            .collect();
        assert!(open.is_empty(), "{open:?}");
    }
}

pub(crate) fn opening(patience: Duration) -> Opening {
    Opening {
        request_id: "test-1".to_owned(),
        label: "A Test".to_owned(),
        tenant: String::new(),
        deadline: Instant::now() + patience,
        lifetime: Duration::from_mins(10),
    }
}

/// A channel that can be seen.
pub(crate) fn shown(channel_id: u64) -> Shown {
    Shown {
        channel_id: Id::new(channel_id),
        parent_id: None,
        topic: None,
        is_hidden: false,
    }
}
