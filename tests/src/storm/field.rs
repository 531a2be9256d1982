//! Where a storm takes place: a Discord, a folder with a store, a proxy, clients.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::OpenOptions,
    io::Write as _,
    net::Ipv4Addr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use cordboard_app::{Config, Environment};
use cordboard_lifecycle::Sabotage;
use cordboard_simulator::{Simulator, Violation};
use fastrand::Rng;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet, time::sleep};

use super::{
    Report, ledger,
    load::Load,
    lookout::Lookout,
    people::alive,
    process::{End, Process},
    strikes::Strikes,
    terrain::Terrain,
};
use crate::{
    clock::WorldClock,
    world::{BEGINS_MS, configuration},
};

/// The key that the storm's clients use.
pub(super) const KEY: &str = "sk-storm";

/// How often a process may ask on one route for a channel that Discord has told gone: a replica may
/// lag, one absence is no proof, and an answer may be a fault that says nothing about it.
const ASKED_AGAIN_MAX: usize = 8;

/// Milliseconds, times a hundred, that rounding may add to a drift.
const DRIFT_ROUNDING_MS: u64 = 10_000;

/// How long clients wait for a proxy that is not ready.
const WAITS_FOR_PROXY: Duration = Duration::from_secs(20);

/// Where a storm takes place.
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
    sabotage: Option<Sabotage>,
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
fn write_key(folder: &TempDir, dice: &mut Rng) {
    let mut key = [0; 32];
    dice.fill(&mut key);
    let mut file = OpenOptions::new();
    let file = file.write(true).create(true).mode(0o600);
    let file = file.open(folder.path().join("cordboard.db.key"));
    file.and_then(|mut file| file.write_all(&key))
        .expect("the key can be written");
}

// === impl Field ===

impl Field {
    pub(super) async fn new(seed: u64, sabotage: Option<Sabotage>, lookout: Lookout) -> Self {
        let mut dice = Rng::with_seed(seed);
        let terrain = Terrain::draw(&mut dice);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let discord = Simulator::new(terrain.discord.clone());
        let mut server = JoinSet::new();
        server.spawn(discord.serve(listener, std::future::pending()));
        let folder = folder();
        write_key(&folder, &mut dice);
        let clock = WorldClock::new(BEGINS_MS, terrain.clock_percent);
        let strikes = Strikes::draw(&mut dice, terrain.has("with: channels kept"));
        let field = Self {
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
            sabotage,
            folder,
            _server: server,
        };
        field.lookout.begin(field.discord.clone(), &field.store());
        field
    }

    pub(super) fn store(&self) -> PathBuf {
        self.folder.path().join("cordboard.db")
    }

    fn config(&self) -> Config {
        let text = configuration(&self.discord, &self.store(), KEY, "");
        let variables: Environment = self.terrain.variables.iter().cloned().collect();
        let config = Config::parse(&text, "the storm", &variables);
        let mut config = config.expect("the storm's configuration is right");
        config.sabotage = self.sabotage;
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
        if let Some(end) = self.process.found_dead().await {
            self.ended(&end);
        }
        if !self.process.is_running() {
            let (config, lookout) = (self.config(), self.lookout.clone());
            let clock = self.clock.wall_clock();
            self.process
                .start(config, clock, self.discord.now_ms(), lookout);
        }
    }

    /// C24: a process ends for a reason that it can name, and Discord is one as long as it is sick.
    pub(super) fn ended(&mut self, end: &End) {
        if self.is_healed || !end.is_discords_doing() {
            self.wrong.push(format!("C24: {}", end.told()));
        }
    }

    /// Looks for what must never happen.
    pub(super) fn watch(&mut self) {
        let violations = self.discord.violations_so_far();
        let violations = violations.iter().filter(|seen| !self.is_excused(seen));
        let violations: Vec<_> = violations.map(|seen| format!("{seen:?}")).collect();
        self.wrong.extend(violations);
        self.wrong.extend(self.lookout.found());
        if self.process.address().is_some() && self.process.is_alive() {
            self.wrong.extend(ledger::orphans(&self.store()));
        }
    }

    /// What a process was told dies with it: the next one may ask for a channel that is gone, and
    /// knock at a door of which it was not told that it is closed. Once Discord tells it too,
    /// `told_ms` is later than its start, and there is no excuse any more.
    fn is_excused(&self, seen: &Violation) -> bool {
        let has_begun = |told_ms: u64, at_ms: u64| {
            let mut starts = self.process.starts_ms.iter();
            starts.any(|start| (told_ms..=at_ms).contains(start))
        };
        match *seen {
            Violation::ClosedDoor {
                told_ms,
                at_ms,
                until_ms,
                ..
            } => has_begun(told_ms, at_ms) || self.is_early_by_drift(told_ms, at_ms, until_ms),
            Violation::GoneChannel {
                channel_id,
                route,
                told_ms,
                at_ms,
            } => {
                let channel = format!("/channels/{channel_id}");
                let same = self.discord.requests(Some(route)).into_iter().filter(|of| {
                    (told_ms + 1..=at_ms).contains(&of.arrived_ms) && of.path.contains(&channel)
                });
                has_begun(told_ms, at_ms) || same.count() <= ASKED_AGAIN_MAX
            }
            _ => false,
        }
    }

    /// Whether somebody waited as long as they were told, by a clock that goes faster than Discord's.
    fn is_early_by_drift(&self, told_ms: u64, at_ms: u64, until_ms: u64) -> bool {
        let percent = self.terrain.discord.clock_percent;
        (until_ms - told_ms) * percent <= (at_ms - told_ms) * 100 + DRIFT_ROUNDING_MS
    }

    /// What is not in order yet.
    pub(super) fn unsettled(&self) -> Vec<String> {
        let Some(mut rows) = ledger::open_rows(&self.store()) else {
            return vec!["C07: there is no record".to_owned()];
        };
        let mut kept = BTreeSet::new();
        if self.terrain.has("with: channels kept") {
            // By choice; nobody but the one who keeps a channel is left to delete it.
            let is_kept = |row: &ledger::OpenRow| row.stage == "kept";
            kept.extend(
                rows.iter()
                    .filter(|row| is_kept(row))
                    .map(|row| row.channel_id),
            );
            rows.retain(|row| !is_kept(row));
        }
        let mut alive = alive(&self.discord);
        alive.retain(|channel| !kept.contains(&Some(channel.id)));
        if !alive.is_empty() {
            let told = alive.iter().map(|channel| {
                let (id, age) = (channel.id, self.discord.now_ms() - channel.created_at);
                let topic = &channel.topic;
                format!("C01: channel {id} is there, {age} ms old: {topic:?}")
            });
            return told.collect();
        }
        let me = self.discord.user_id();
        let truth = self.discord.truth().channels;
        let is_foreign = |id: Option<u64>| {
            let mut of = truth.iter().filter(|channel| Some(channel.id) == id);
            of.any(|channel| channel.creator_id != me)
        };
        // What somebody else created and marked is never deleted, and told for ever.
        rows.retain(|row| row.stage != "quarantined" || !is_foreign(row.channel_id));
        let told = rows.iter().map(|row| &row.text);
        told.map(|row| format!("C07: open at the end: {row}"))
            .collect()
    }

    /// Looks at what is on record, now that nobody writes to it.
    pub(super) fn settle(&mut self) {
        self.wrong.extend(self.lookout.found());
        self.wrong.extend(ledger::history(&self.store()));
    }

    pub(super) fn report(&self, people: &BTreeMap<String, u64>, converged_in: Duration) -> Report {
        let mut struck = people.clone();
        for (kind, count) in self.discord.counters().struck.values().flatten() {
            *struck.entry((*kind).to_owned()).or_default() += count;
        }
        let strikes = self.strikes.struck.iter();
        struck.extend(strikes.map(|(strike, count)| (format!("process: {strike:?}"), *count)));
        let features = self.terrain.features.iter();
        struck.extend(features.map(|feature| ((*feature).to_owned(), 1)));
        let me = self.discord.user_id();
        let channels = self.discord.truth().channels;
        Report {
            wrong: unlike(&self.wrong),
            channels: channels.iter().filter(|of| of.creator_id == me).count(),
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
