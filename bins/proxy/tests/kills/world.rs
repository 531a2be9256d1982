//! One Discord, one store, and the lives that follow each other over it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::Command,
    time::Duration,
};

use cordboard_simulator::Violation;
use fastrand::Rng;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{
    discord::{Discord, LATE_MAX},
    image::STORE,
    life::{End, Life, PATIENCE},
    load,
};

/// The model that the world's bot serves.
pub(crate) const MODEL: &str = "demo";

/// The key that the world's clients use.
pub(crate) const KEY: &str = "sk-kills";

/// How often the truth is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long a life goes on that is to leave debts: some conversations, and their deletions.
const DEBTS_TIME: Duration = Duration::from_millis(1_200);

/// Rows that a last life has to settle or take over. A creation whose answer was lost may stay
/// `unknown`: it is watched for long after the truth has said that there is no channel. A channel that
/// is gone may be `verifying` for a minute, if its deletion was answered to a process that was dead.
const DEBTS: &str = "SELECT count(*) FROM channel WHERE stage IN (
    'planned', 'quarantined', 'live', 'condemned', 'parked')";

/// One Discord, and the folder with configuration, store and key of the proxy in front of it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) discord: Discord,
    pub(crate) dice: Rng,
    seed: u64,
    folder: TempDir,
    lives: Vec<String>,
    /// Whether people talk, and the proxy keeps a record of it.
    is_watching: bool,
}

// === impl World ===

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        Self::made(seed, false).await
    }

    /// A world in which people talk as well, and the proxy has to keep a record of it.
    pub(crate) async fn watching(seed: u64) -> Self {
        Self::made(seed, true).await
    }

    async fn made(seed: u64, is_watching: bool) -> Self {
        let discord = Discord::start(seed).await;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let world = Self {
            discord,
            dice: Rng::with_seed(seed),
            seed,
            folder,
            lives: Vec::new(),
            is_watching,
        };
        fs::write(world.file("cordboard.toml"), world.configuration()).expect("a file is written");
        world
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command that starts the binary over this world.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cordboard-proxy"));
        command.arg("--config").arg(self.file("cordboard.toml"));
        command
    }

    /// A life that dies at the `nth` passage of a kill point, if it gets there: it starts, talks, is
    /// told to stop, and stops.
    pub(crate) async fn live_until(&mut self, point: &str, nth: u64) -> End {
        let point = format!("{point}:{nth}");
        let mut command = self.command();
        command.env("CORDBOARD_KILL", &point);
        self.lives.push(point);
        self.live(&mut command).await
    }

    /// A life of a command from its start to its end.
    pub(crate) async fn live(&mut self, command: &mut Command) -> End {
        self.discord.go_wrong(&mut self.dice);
        let mut dice = self.dice.fork();
        self.among_people(async {
            let mut life = Life::start(command);
            if let Some(address) = life.ready().await {
                load::talk(address, &mut dice).await;
                life.terminate();
            }
            life.ended().await
        })
        .await
    }

    /// A life, while people talk.
    async fn among_people(&self, life: impl Future<Output = End>) -> End {
        let mut dice = Rng::with_seed(self.seed);
        tokio::select! {
            end = life => end,
            () = self.discord.people_talk(&mut dice), if self.is_watching => unreachable!("they go on"),
        }
    }

    /// A life with two conversations that is the same each time: the answer to one creation is
    /// lost, and one deletion fails.
    pub(crate) async fn live_briefly(&mut self, command: &mut Command) -> End {
        self.lives.push(format!("{command:?}"));
        self.discord.go_wrong_a_little();
        self.among_people(async {
            let mut life = Life::start(command);
            if let Some(address) = life.ready().await {
                load::talk_briefly(address).await;
                life.terminate();
            }
            life.ended().await
        })
        .await
    }

    /// A life that is killed when Discord has refused all its deletions for a while.
    pub(crate) async fn leave_debts(&mut self) {
        self.lives.push("debts".to_owned());
        self.discord.go_wrong(&mut self.dice);
        self.discord.refuse_deletions();
        self.live_on(self.command(), DEBTS_TIME).await;
    }

    /// A life of a command that is killed from outside after a time.
    pub(crate) async fn live_for(&mut self, command: Command, time: Duration) -> End {
        self.lives.push(format!("{time:?}"));
        self.discord.go_wrong(&mut self.dice);
        self.live_on(command, time).await
    }

    async fn live_on(&mut self, mut command: Command, time: Duration) -> End {
        let mut dice = self.dice.fork();
        self.among_people(async {
            let mut life = Life::start(&mut command);
            let talking = async {
                let Some(address) = life.ready().await else {
                    return;
                };
                loop {
                    load::talk(address, &mut dice).await;
                }
            };
            drop(tokio::time::timeout(time, talking).await);
            life.kill();
            life.ended().await
        })
        .await
    }

    /// Puts other files in the place of the store's.
    pub(crate) fn replace_store(&self, files: &BTreeMap<String, Vec<u8>>) {
        for name in STORE.into_iter().chain(["cordboard.db-shm"]) {
            drop(fs::remove_file(self.file(name)));
        }
        for (name, content) in files {
            fs::write(self.file(name), content).expect("a file is written");
        }
    }

    /// A last life, in which nothing goes wrong any more, and then the promises. How many channels
    /// the bot has created in this world.
    ///
    /// # Panics
    /// When a promise is broken.
    pub(crate) async fn settle(self) -> usize {
        self.discord.simulator.clear_faults();
        let mut life = Life::start(&mut self.command());
        if life.ready().await.is_none() {
            let end = life.ended().await;
            panic!("{}: it does not start again: {:#?}", self.story(), end);
        }
        let began = Instant::now();
        // What former lives asked for may come late.
        sleep(LATE_MAX).await;
        while self.discord.alive() > 0 || self.debts() > 0 || self.untold() > 0 {
            if began.elapsed() > PATIENCE {
                life.terminate();
                let log = life.ended().await.log;
                let (alive, stages) = (self.discord.alive(), self.stages());
                let untold = self.untold();
                panic!(
                    "{}: {alive} channels are still there, the rows are {stages:?}, and {untold} \
                     messages are on no record: {log:#?}",
                    self.story()
                );
            }
            sleep(LOOK_EVERY).await;
        }
        life.terminate();
        let end = life.ended().await;
        assert!(end.status.success(), "{}: {end:#?}", self.story());
        self.check();
        self.discord.created()
    }

    /// What must be true of a world in which no proxy is alive any more.
    ///
    /// # Panics
    /// When it is not.
    pub(crate) fn check(&self) {
        let mut violations = self.discord.simulator.check();
        violations.retain(|violation| !is_excused(violation));
        assert!(violations.is_empty(), "{}: {violations:#?}", self.story());
        let gone = self.discord.foreign_gone();
        assert!(gone.is_empty(), "{}: foreign {gone:?}", self.story());
        if self.is_watching {
            let said = self.discord.said();
            assert_eq!(self.told(), said, "{}: once, and in order", self.story());
        }
        let integrity: String = self
            .database()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("the database can be read");
        assert_eq!(integrity, "ok", "{}", self.story());
    }

    /// What happened in this world, to be run again.
    fn story(&self) -> String {
        format!("seed {}, lives {:?}", self.seed, self.lives)
    }

    fn database(&self) -> Connection {
        let path = self.file("cordboard.db");
        let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .expect("there is a database");
        database.busy_timeout(PATIENCE).expect("a time-out");
        database
    }

    fn debts(&self) -> u64 {
        let count = self
            .database()
            .query_row(DEBTS, [], |row| row.get::<_, i64>(0));
        count.expect("rows can be counted").unsigned_abs()
    }

    /// What people said that is not on record yet.
    fn untold(&self) -> usize {
        if !self.is_watching {
            return 0;
        }
        let told: BTreeSet<u64> = self.told().into_iter().collect();
        let said = self.discord.said();
        said.iter().filter(|id| !told.contains(id)).count()
    }

    /// What of it consumers are told, in that order.
    fn told(&self) -> Vec<u64> {
        let database = self.database();
        let mut query = database
            .prepare("SELECT message_id FROM entry WHERE kind = 'created' ORDER BY sequence")
            .expect("entries can be read");
        let told = query.query_map([], |row| row.get(0)).expect("entries");
        told.map(|id| id.map(i64::cast_unsigned).expect("an entry"))
            .collect()
    }

    fn stages(&self) -> Vec<String> {
        let database = self.database();
        let mut query = database
            .prepare("SELECT stage FROM channel ORDER BY stage")
            .expect("rows can be read");
        let stages = query.query_map([], |row| row.get(0)).expect("rows");
        stages.map(|stage| stage.expect("a row")).collect()
    }

    fn configuration(&self) -> String {
        let me = self.discord.simulator.introduction();
        let relay = if self.is_watching {
            let place = self.discord.place();
            format!("[relay]\nchannels = [\"{place}\"]\nstart = \"beginning\"\n")
        } else {
            String::new()
        };
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
{relay}[channels]
delete_after = "20ms"
[[bots]]
name = "bot"
user_id = "{}"
models = ["{MODEL}"]
default_channel_id = "{}"
[[keys]]
name = "kills"
secret = "{KEY}"
"#,
            me.token,
            me.guild_id,
            me.rest_url,
            me.gateway_url,
            self.file("cordboard.db").display(),
            me.bots[0].user_id,
            me.default_channel_id,
        )
    }
}

/// What a process was told dies with it: the next one may ask for a channel that is gone. And on the
/// real clock a request may be on its way while the answer that closes its door is; the simulator
/// floor, where neither takes unknown time, sees to that.
fn is_excused(violation: &Violation) -> bool {
    matches!(
        violation,
        Violation::GoneChannel { .. } | Violation::ClosedDoor { .. }
    )
}
