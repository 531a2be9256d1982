//! One run.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    net::Ipv4Addr,
    sync::Arc,
    time::Duration,
};

use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_lifecycle::{
    Channels, Clock, Isolation, LifecycleError, MarkKey, MemoryRegistry, Opening, Quota, Settings,
    lifecycle,
};
use cordboard_simulator::{Config, Simulator};
use secrecy::SecretString;
use tokio::{
    net::TcpListener,
    runtime::Builder,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use super::{
    case::{Case, Recovery},
    fuse::{Fuse, Fused},
    human::{Person, Point},
    oracle,
};

/// How long everybody waits for something to happen before somebody acts.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Longer than the ten seconds for which the driver may believe what the guild's special channels
/// are.
const DELETE_AFTER: Duration = Duration::from_secs(12);

/// How long faults go on after a channel was let go of, or after a new life has begun, if there is
/// still something to do.
const TROUBLE: Duration = Duration::from_mins(1);

/// What a run came to.
pub(crate) struct Ran {
    /// Effects until everything healed: a crash at any of them is another run.
    pub(crate) effects: u32,
    /// What the oracle says.
    pub(crate) verdict: Result<(), String>,
}

/// Our own clock. It is eleven months ahead of the simulator's, which must not matter.
#[derive(Clone, Copy, Debug)]
struct OurClock(Instant);

/// All that a run consists of.
pub(crate) struct World {
    pub(crate) case: Case,
    pub(crate) discord: Simulator,
    pub(crate) registry: MemoryRegistry,
    pub(crate) fuse: Arc<Fuse>,
    pub(crate) person: Arc<Person>,
    /// When the process died, on the simulator's clock.
    pub(crate) died_ms: u64,
    clock: OurClock,
    /// Aborted when they are dropped, as a killed process is.
    tasks: JoinSet<Result<(), LifecycleError>>,
    _server: JoinSet<()>,
}

/// Runs a case on a clock of its own.
pub(crate) fn run(case: Case) -> Ran {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let runtime = runtime.expect("a runtime can be built");
    // The driver's dice fall the same way whenever the case is run.
    let mut hasher = DefaultHasher::new();
    case.to_string().hash(&mut hasher);
    fastrand::seed(hasher.finish());
    runtime.block_on(async {
        let mut world = World::new(case).await;
        let effects = world.play().await;
        let verdict = oracle::judge(&mut world).await;
        let verdict = verdict.map_err(|wrong| {
            let trace = world.fuse.trace().join("\n    ");
            format!("{wrong}\n  effects:\n    {trace}")
        });
        Ran { effects, verdict }
    })
}

// === impl World ===

impl World {
    async fn new(case: Case) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let discord = Simulator::new(Config::default());
        let mut server = JoinSet::new();
        server.spawn(discord.serve(listener, std::future::pending()));
        Self {
            case,
            registry: MemoryRegistry::default(),
            fuse: Arc::new(Fuse::new()),
            person: Arc::new(Person::new(discord.clone(), case.human)),
            died_ms: 0,
            discord,
            clock: OurClock(Instant::now()),
            tasks: JoinSet::new(),
            _server: server,
        }
    }

    /// Opens, uses and releases a channel while everything goes wrong that is to go wrong, and
    /// heals it all; answers how many effects there were before that.
    async fn play(&mut self) -> u32 {
        let channels = self.begin().await;
        // The driver's first look at the guild is over before the trouble begins.
        sleep(A_MOMENT).await;
        for outcome in [self.case.post, self.case.delete] {
            if let Some(fault) = (outcome.fault)() {
                self.discord.fault(fault);
            }
        }
        self.fuse.arm(self.case.crash);
        let is_alive = tokio::select! {
            () = conversation(&channels, &self.person) => true,
            () = self.fuse.blown() => false,
        };
        if !is_alive {
            self.tasks.shutdown().await;
            self.died_ms = self.discord.now_ms();
        }
        let effects = self.fuse.disarm();
        if !is_alive {
            self.person.reached(Point::Down);
            if self.case.recovery == Recovery::Lost {
                self.registry = MemoryRegistry::default();
            }
            sleep(A_MOMENT).await;
            let channels = self.begin().await;
            sleep(A_MOMENT).await;
            // That there is something to do still, or not, is as good as a minute.
            let _ = timeout(TROUBLE, channels.settled()).await;
        }
        self.discord.clear_faults();
        self.person.relent();
        effects
    }

    /// A new life over the record as it is.
    async fn begin(&mut self) -> Channels {
        let settings = Settings {
            guild_id: Id::new(self.discord.guild_id()),
            category_ids: Vec::new(),
            isolation: Isolation::Channel,
            quota: Quota::default(),
            bot_id: Id::new(self.discord.user_id()),
            name_prefix: "test".to_owned(),
            delete_after: Some(DELETE_AFTER),
            protected: HashSet::new(),
            namespace: "test".to_owned(),
        };
        let sender = Discord::new(&DiscordSettings {
            rest_url: Some(self.discord.rest_url()),
            ..DiscordSettings::new(SecretString::from(self.discord.token()))
        });
        let sender = sender.expect("the sender takes its settings");
        let api = Fused::new(sender, &self.fuse, &self.person);
        let registry = Fused::new(self.registry.clone(), &self.fuse, &self.person);
        let key = MarkKey::new([7; 32]);
        let (channels, mut driver) = lifecycle(api, registry, key, self.clock, settings);
        if let Some(safeguard) = self.case.sabotage {
            driver.sabotage(safeguard);
        }
        driver.recover().await.expect("memory does not fail");
        self.tasks.spawn(driver.run(CancellationToken::new()));
        channels
    }

    /// What ended the driver, if something did.
    pub(crate) fn ended(&mut self) -> Option<String> {
        self.tasks.try_join_next().map(|ended| format!("{ended:?}"))
    }
}

/// One channel, from the request to the moment when nothing is left to do.
async fn conversation(channels: &Channels, person: &Person) {
    let lease = channels.open(Opening {
        request_id: "test-1".to_owned(),
        label: "A Test".to_owned(),
        tenant: String::new(),
        deadline: Instant::now() + Duration::from_mins(1),
        lifetime: Duration::from_mins(10),
    });
    let lease = lease.await;
    sleep(A_MOMENT).await;
    person.reached(Point::InUse);
    sleep(A_MOMENT).await;
    drop(lease);
    sleep(A_MOMENT).await;
    person.reached(Point::Released);
    // That there is something to do still, or not, is as good as a minute.
    let _ = timeout(TROUBLE, channels.settled()).await;
}

// === impl OurClock ===

impl Clock for OurClock {
    fn now_ms(&self) -> u64 {
        1_796_000_000_000 + u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
