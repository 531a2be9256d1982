//! The flood: people write, edit, delete and open threads, while a watcher of messages loses its
//! connection, its process and its patience with REST. For some virtual minutes (the safety phase);
//! then everything is healed, and the record has to say what Discord has (the liveness phase). All of
//! it is drawn from one seed.

mod checked;
mod chronicle;
mod consumer;
mod crowd;
mod disk;
mod excuses;
mod fields;
mod gaps;
mod haste;
mod hush;
mod picky;
mod scale;
mod scrawl;
mod shore;
mod unwanted;
mod veil;

use std::{collections::BTreeMap, fmt, time::Duration};

use cordboard_recovery::{Sabotage, Standing};
use cordboard_simulator::Simulator;
use cordboard_store::sabotage::work_at_once;
use fastrand::Rng;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep},
};

use self::{
    checked::Checked, crowd::Crowd, disk::Disk, hush::Hush, scale::Scale, scrawl::Scrawl,
    shore::Shore, veil::Veil,
};
use crate::Watcher;

/// How long after the heal everything has to be on record.
const CONVERGES_WITHIN: Duration = Duration::from_mins(30);

/// What people do at most: a crowd that is in a hurry is done sooner.
const ACTS_MAX: u32 = 1_000;

/// How far behind the watermark may be then: some heartbeats, and a look at the lists.
const PROVEN_WITHIN_MS: u64 = 600_000;

/// Pause between two looks at whether it is.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// What a flood came to.
#[derive(Debug, Default)]
pub struct Flow {
    /// What is wrong.
    pub wrong: Vec<String>,
    /// Messages that were written.
    pub messages: usize,
    /// Lives of the watcher.
    pub lives: usize,
    /// Sessions that were begun.
    pub identifies: u64,
    /// Sessions that were resumed.
    pub resumes: u64,
    /// Pages of history that were read.
    pub pages: u64,
    /// How long after the heal all was on record, at the latest.
    pub converged: Duration,
    /// What struck, and how often.
    pub struck: BTreeMap<&'static str, u64>,
}

/// What has to have struck in a run of many seeds, by the names in [`Flow::struck`].
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    scrawl::KINDS.into_iter().chain(["veil", "hush"]).collect()
}

/// Runs the flood of one seed, with one safeguard taken away or with all.
///
/// # Panics
/// When the world cannot be made.
#[must_use]
pub fn run(seed: u64, safeguard: Option<Sabotage>) -> Flow {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime can be built");
    // With threads of its own a store decides what comes before what, and no run is like another: that is
    // for a few of them.
    work_at_once(!seed.is_multiple_of(10));
    let flow = runtime.block_on(flood(seed, safeguard));
    work_at_once(false);
    flow
}

async fn flood(seed: u64, safeguard: Option<Sabotage>) -> Flow {
    fastrand::seed(seed);
    let mut dice = Rng::with_seed(seed);
    let scale = Scale::of(seed);
    let mut shore = Shore::draw(&mut dice, scale, safeguard.is_none());
    let mut veil = Veil::of(seed, scale.slowness, &mut shore.config);
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("loopback has a free port");
    let discord = Simulator::new(shore.config.clone());
    let mut server = JoinSet::new();
    server.spawn(discord.serve(listener, std::future::pending()));
    let disk = Disk::draw(&mut dice).await;
    let scrawl = Scrawl::of(seed, safeguard.is_none());
    let record = Checked::new(discord.clone(), disk, &shore, scrawl.unsaid);
    let mut crowd = Crowd::new(&discord, &mut dice, record.clone(), scale);
    // What was said before anybody watched.
    for _ in 0..dice.usize(0..20) {
        crowd.act(&discord, &mut dice);
        sleep(Duration::from_millis(dice.u64(1..2_000))).await;
    }
    if shore.begins_now {
        record.begins_now();
    }
    let settings = shore.watch(discord.guild_id());
    let mut watcher = Watcher::new(discord.clone(), record.clone(), settings).without(safeguard);
    watcher.start().await;
    sleep(Duration::from_secs(5)).await;
    shore.arm(&discord);
    scrawl.arm(&discord);
    let mut hush = Hush::of(seed, scale.slowness);
    let until = Instant::now() + scale.slowness * Duration::from_secs(dice.u64(60..900));
    for _ in 0..ACTS_MAX {
        if Instant::now() >= until || !record.wrong().is_empty() {
            break;
        }
        if dice.f64() < shore.unrest {
            shore.strike(&discord, &mut watcher, &mut dice).await;
        }
        if !shore.is_away {
            veil.stir(&discord, &record, &crowd.rooms());
            hush.stir(&discord);
        }
        crowd.act(&discord, &mut dice);
        sleep(scale.slowness * Duration::from_millis(dice.u64(1..=crowd.pause_ms))).await;
    }
    discord.clear_faults();
    shore.heal(&discord);
    veil.lift(&discord, &record, &crowd.rooms());
    watcher.start().await;
    let (converged, mut wrong) = converge(&discord, &record, &watcher).await;
    wrong.extend(watcher.ended());
    let counters = discord.truth().counters;
    let mut struck = shore.struck.clone();
    struck.extend([("veil", veil.thrown), ("hush", hush.fallen)]);
    let faults = counters.struck.into_values().flatten();
    faults.for_each(|(kind, count)| *struck.entry(kind).or_default() += count);
    Flow {
        wrong,
        messages: crowd.written_count,
        lives: watcher.lives,
        identifies: counters.identifies,
        resumes: counters.resumes,
        pages: counters
            .routes
            .get("GET /channels/{channel_id}/messages")
            .copied()
            .unwrap_or(0),
        converged,
        struck,
    }
}

/// Waits until the record says what Discord has; how long that took, and what is wrong.
async fn converge(
    discord: &Simulator,
    record: &Checked,
    watcher: &Watcher<Checked>,
) -> (Duration, Vec<String>) {
    let healed = Instant::now();
    let mut wrong = record.wrong();
    let mut converged = Duration::ZERO;
    while wrong.is_empty() {
        sleep(LOOK_EVERY).await;
        converged = healed.elapsed();
        let mut missing = record.differences().await;
        missing.extend(
            watcher
                .standing()
                .and_then(|it| unsettled(it, discord.now_ms())),
        );
        wrong = record.wrong();
        if missing.is_empty() {
            break;
        }
        if converged > CONVERGES_WITHIN {
            wrong.extend(missing);
        }
    }
    (converged, wrong)
}

/// What is open of a watch that has nothing left to read, if anything is.
fn unsettled(standing: Standing, now_ms: u64) -> Option<String> {
    let since_ms = now_ms.saturating_sub(PROVEN_WITHIN_MS);
    let is_settled = standing.is_covered
        && standing.catching_up == 0
        && standing.refused == 0
        && standing.watermark_ms >= since_ms;
    (!is_settled).then(|| format!("not settled, since {since_ms}: {standing:?}"))
}

// === impl Flow ===

impl Flow {
    /// Takes another one in.
    pub fn add(&mut self, other: Self) {
        self.wrong.extend(other.wrong);
        self.messages += other.messages;
        self.lives += other.lives;
        self.identifies += other.identifies;
        self.resumes += other.resumes;
        self.pages += other.pages;
        self.converged = self.converged.max(other.converged);
        for (kind, count) in other.struck {
            *self.struck.entry(kind).or_default() += count;
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {} messages, {} lives, {} sessions begun and {} resumed, {} pages read; all on record {} s after \
             the heal at the latest; struck: {:?}",
            self.messages,
            self.lives,
            self.identifies,
            self.resumes,
            self.pages,
            self.converged.as_secs(),
            self.struck
        )?;
        for wrong in &self.wrong {
            writeln!(f, "  {wrong}")?;
        }
        Ok(())
    }
}
