//! Where a storm takes place: a Discord, a folder with a store, a proxy, clients.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::OpenOptions,
    io::Write as _,
    net::Ipv4Addr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use cordboard_app::{Config, Environment};
use cordboard_simulator::{ChannelTruth, Simulator};
use fastrand::Rng;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    Report, Safeguard,
    checks::STALL_TOLD,
    load::Load,
    lookout::Lookout,
    operator::{self, Operator, Said},
    others::Others,
    people::alive,
    process::Process,
    strikes::{STORE_FAILED, Strikes},
    terrain::Terrain,
};
use crate::{
    clock::WorldClock,
    world::{BEGINS_MS, configuration},
};

/// The key that the storm's clients use.
pub(super) const KEY: &str = "sk-storm";

/// How long clients wait for a proxy that is not ready.
const WAITS_FOR_PROXY: Duration = Duration::from_secs(20);

/// Where a storm takes place.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Field {
    pub(super) dice: Rng,
    pub(super) discord: Simulator,
    pub(super) process: Process,
    pub(super) load: Load,
    pub(super) strikes: Strikes,
    pub(super) terrain: Terrain,
    pub(super) lookout: Lookout,
    /// The clock of the proxy's machine.
    pub(super) clock: WorldClock,
    pub(super) wrong: Vec<String>,
    /// Whether Discord is well again, so that it is no excuse any more.
    pub(super) is_healed: bool,
    pub(super) others: Others,
    /// Whether the bot was thrown out: it comes back with a role below all others.
    pub(super) was_kicked: bool,
    /// Somebody who cares for the guild meanwhile, if there is anybody.
    pub(super) operator: Option<Operator>,
    /// What they have said of single channels.
    pub(super) said: Arc<Mutex<Said>>,
    /// Whether the store works on this thread.
    pub(super) works_at_once: bool,
    /// Until when the disk does not answer.
    pub(super) stalled_until: Option<Instant>,
    /// Whether something panicked in a process that ran since there was only one.
    pub(super) has_panicked: bool,
    /// Since when the record is what it is, by Discord's clock.
    pub(super) record_since_ms: u64,
    safeguard: Option<Safeguard>,
    folder: TempDir,
    _server: JoinSet<()>,
}

/// A folder for a store. The storm kills processes and not machines, so that what it writes need not
/// reach a disk.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    folder.expect("a temporary folder can be made")
}

/// The key that signs marks, drawn like everything else: marks are in what people copy.
fn write_key(folder: &TempDir, dice: &mut Rng) -> [u8; 32] {
    let mut key = [0; 32];
    dice.fill(&mut key);
    let mut file = OpenOptions::new();
    let file = file.write(true).create(true).mode(0o600);
    let file = file.open(folder.path().join("cordboard.db.key"));
    file.and_then(|mut file| file.write_all(&key))
        .expect("the key can be written");
    key
}

// === impl Field ===

impl Field {
    pub(super) async fn new(
        seed: u64,
        safeguard: Option<Safeguard>,
        works_at_once: bool,
        lookout: Lookout,
    ) -> Self {
        let mut dice = Rng::with_seed(seed);
        let mut terrain = Terrain::draw(&mut dice);
        let operator =
            operator::is_there(seed, safeguard).then(|| Operator::draw(seed, &mut terrain));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let discord = Simulator::new(terrain.discord.clone());
        let mut server = JoinSet::new();
        server.spawn(discord.serve(listener, std::future::pending()));
        let folder = folder();
        let key = write_key(&folder, &mut dice);
        let others = Others::new(key, discord.guild_id(), Safeguard::of_lifecycle(safeguard));
        let clock = WorldClock::new(BEGINS_MS, terrain.clock_percent);
        let strikes = Strikes::draw(&mut dice);
        let mut field = Self {
            dice,
            discord,
            process: Process::default(),
            load: Load::default(),
            strikes,
            terrain,
            lookout,
            clock,
            wrong: Vec::new(),
            is_healed: false,
            others,
            was_kicked: false,
            operator: None,
            said: Arc::default(),
            works_at_once,
            stalled_until: None,
            has_panicked: false,
            record_since_ms: 0,
            safeguard,
            folder,
            _server: server,
        };
        field.lookout.begin(field.discord.clone(), &field.store());
        if let Some(mut operator) = operator {
            operator.settle_in(&mut field);
            field.operator = Some(operator);
        }
        field
    }

    pub(super) fn store(&self) -> PathBuf {
        self.folder.path().join("cordboard.db")
    }

    pub(super) fn config(&self) -> Config {
        self.parsed(&self.terrain.variables.iter().cloned().collect())
    }

    /// The same for another process, which Discord tells apart from the proxy by this name.
    pub(super) fn config_of(&self, client: &str) -> Config {
        self.parsed(&self.variables_of(client))
    }

    pub(super) fn variables_of(&self, client: &str) -> Environment {
        let url = self.discord.rest_url_of(client);
        let reached = ("CORDBOARD__DISCORD__REST_URL".to_owned(), url);
        let variables = self.terrain.variables.iter().cloned();
        variables.chain([reached]).collect()
    }

    fn parsed(&self, variables: &Environment) -> Config {
        let more = &self.terrain.toml;
        let text = configuration(&self.discord, &self.store(), KEY, more);
        let config = Config::parse(&text, "the storm", variables);
        let mut config = config.expect("the storm's configuration is right");
        config.sabotage = Safeguard::of_lifecycle(self.safeguard);
        config
    }

    /// A client asks, if there is anybody to ask.
    pub(super) fn ask(&mut self) {
        if let Some(address) = self.process.address() {
            self.load.ask(address, KEY, &mut self.dice);
        }
    }

    /// Many clients ask at once, those that have waited for the proxy to come back.
    pub(super) async fn ask_at_once(&mut self) {
        self.revive().await;
        let mut waited = Duration::ZERO;
        while self.process.address().is_none() && waited < WAITS_FOR_PROXY {
            sleep(Duration::from_millis(100)).await;
            waited += Duration::from_millis(100);
        }
        for _ in 0..self.dice.usize(3..12) {
            self.ask();
            // The kernel decides in which order it tells of what happens at one instant.
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Starts the process again if it has ended, as its supervisor would.
    pub(super) async fn revive(&mut self) {
        let now_ms = self.discord.now_ms();
        while let Some(end) = self.process.former_found_dead(now_ms).await {
            // It has noticed that it was followed, or ended for what any other ends for.
            if end.exit_code() != Some(STORE_FAILED) {
                self.ended(&end);
            }
        }
        if let Some(end) = self.process.found_dead().await {
            self.ended(&end);
        }
        if !self.process.is_running() {
            let (config, lookout) = (self.config(), self.lookout.clone());
            let clock = self.clock.wall_clock();
            self.note_panic();
            self.has_panicked &= self.process.has_former();
            self.process
                .start(config, clock, self.discord.now_ms(), lookout);
        }
    }

    /// Whether the disk does not answer, or did not a moment ago.
    pub(super) fn is_stalled(&self) -> bool {
        let until = self.stalled_until.map(|until| until + STALL_TOLD);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// The channels of ours that are there: of all that the proxy's bot made.
    pub(super) fn ours(&self) -> Vec<ChannelTruth> {
        let mut alive = alive(&self.discord);
        alive.retain(|channel| !self.others.made(channel.id));
        alive
    }

    pub(super) fn report(&self, people: &BTreeMap<String, u64>, converged_in: Duration) -> Report {
        let mut struck = people.clone();
        for (kind, count) in self.discord.counters().struck.values().flatten() {
            *struck.entry((*kind).to_owned()).or_default() += count;
        }
        let strikes = self.strikes.struck.iter();
        struck.extend(strikes.map(|(strike, count)| (format!("process: {strike:?}"), *count)));
        let rude = self.load.rude.iter();
        struck.extend(rude.map(|(how, count)| (format!("client: {how:?}"), *count)));
        if self.terrain.spends_day(self.discord.counters().identifies) {
            struck.insert("identifies_spent".to_owned(), 1);
        }
        struck.extend(self.operator.iter().flat_map(Operator::counted));
        let features = self.terrain.features.iter();
        struck.extend(features.map(|feature| ((*feature).to_owned(), 1)));
        let me = self.discord.user_id();
        let channels = self.discord.truth().channels;
        Report {
            wrong: unlike(&self.wrong),
            channels: channels
                .iter()
                .filter(|of| of.creator_id == me && !self.others.made(of.id))
                .count(),
            asked: self.load.asked,
            answered: self.load.answered(),
            lives: self.process.starts_ms.len(),
            struck,
            trace: self.discord.trace_hash(),
            converged_in,
        }
    }
}

/// Each thing once, in the order in which it was first seen.
fn unlike(wrong: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let first = wrong.iter().filter(|wrong| seen.insert(*wrong));
    first.cloned().collect()
}
