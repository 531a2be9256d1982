//! How many rows a second the disk at hand can take, what a conversation waits for beyond the syncs
//! of the disk, and what rows that are long settled cost: on an empty store and on one with 200,000
//! tombstones. `cargo run --release -p cordboard-store --example planned_rows -- FOLDER`
//!
//! One write is waited for by whoever waits for an answer: that a channel is planned, before Discord is
//! asked for it. That it is named is written while the prompt is posted; and that it is condemned, asked
//! for, deleted and gone, when the lease is dropped.

#![expect(clippy::print_stdout, reason = "this program is there to print it")]

use std::{
    cell::Cell,
    error::Error,
    fs::File,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use cordboard_lifecycle::{
    AttemptId, Entry, Event, Kind, Owner, Registry, RegistryError, Row, Stage, Step,
};
use cordboard_store::{Location, SqliteRegistry, Store};
use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};
use twilight_model::id::Id;

/// Callers who plan one channel after the other.
const CALLERS: u64 = 256;
const ROWS_EACH: u64 = 50;
const ROUNDS: u64 = 5;

/// So many callers hold so many conversations each, and pause for so many milliseconds before each
/// write: from a few, so that one caller is done soon, to as long as a bot writes.
const CONVERSATIONS: [(u64, u64, u64); 3] = [(1, 300, 20), (16, 25, 80), (CALLERS, 3, 1_000)];

/// What a conversation's write appends to the store's log, most of the time: 8 pages, as strace tells.
const WRITE_BYTES: usize = 8 * 4_096;

/// After so much SQLite begins its log anew and overwrites what is there.
const LOG_BYTES: usize = 125 * WRITE_BYTES;

/// More than a busy guild settles in the 90 days for which tombstones are kept.
const TOMBSTONES: u32 = 200_000;

const NOW_MS: u64 = 1_800_000_000_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder)?;
    let empty = folder.path().join("empty.db");
    let full = folder.path().join("full.db");
    drop(Store::open(&Location::Path(full.clone())).await?);
    bury(&full)?;
    let (alone, beside) = (open(empty, "empty").await?, open(full, "full").await?);
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    // By turns, so that whatever else the machine does hits both.
    for round in 0..ROUNDS {
        let empty = measure(&alone, round, "empty").await?;
        let full = measure(&beside, round, "full").await?;
        rates.push(empty);
        ratios.push(full / empty);
    }
    for (what, mut values) in [("rows/s", rates), ("full to empty", ratios)] {
        values.sort_unstable_by(f64::total_cmp);
        println!("{what}, median: {:.2}", values[values.len() / 2]);
    }
    let bare = Bare::new(folder.path())?;
    for kind in CONVERSATIONS {
        conversations(&alone, &beside, &bare, kind).await?;
    }
    Ok(())
}

/// A file that is written and synced as the store's log is, and nothing else.
struct Bare {
    file: File,
    bytes: Vec<u8>,
    at: Cell<u64>,
}

/// Writes rows that have gone all their way, as fast as SQL can.
fn bury(path: &Path) -> rusqlite::Result<()> {
    let database = rusqlite::Connection::open(path)?;
    database.execute_batch("BEGIN")?;
    database.execute(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
         INSERT INTO channel
         SELECT NULL, substr(lower(hex(randomblob(13))), 1, 25) || '0', 'request-' || n, 7, 'text', 0, 0,
             'planned', NULL, NULL, n, n, n, n, 0, NULL, NULL
         FROM number",
        [TOMBSTONES],
    )?;
    let line = "INSERT INTO journal
        SELECT NULL, since_ms, id, attempt, :from, stage, :event, channel_id, evidence, 0, 0, NULL
        FROM channel";
    let write = |from: Option<&str>, event: &str| database.execute(line, (from, event)).map(drop);
    write(None, "inserted")?;
    database.execute_batch(
        "UPDATE channel SET (stage, channel_id, evidence) = ('live', 1000 + since_ms, 'E1')",
    )?;
    write(Some("planned"), "named")?;
    database.execute_batch("UPDATE channel SET stage = 'condemned'")?;
    write(Some("live"), "released")?;
    database.execute_batch("UPDATE channel SET asked_at_ms = since_ms")?;
    write(Some("condemned"), "asked")?;
    database.execute_batch("UPDATE channel SET stage = 'verifying'")?;
    write(Some("condemned"), "deleted")?;
    database.execute_batch("UPDATE channel SET stage = 'gone'")?;
    write(Some("verifying"), "absent")?;
    database.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
}

/// A store, and a life on it.
async fn open(path: PathBuf, name: &str) -> Result<(SqliteRegistry, Owner), Box<dyn Error>> {
    let began = Instant::now();
    let store = Store::open(&Location::Path(path.clone())).await?;
    let opened = began.elapsed();
    let mebibytes = std::fs::metadata(path)?.len() >> 20;
    println!("{name}: opened {mebibytes} MiB in {opened:.1?}");
    let entry = Entry {
        instance: 1,
        guild_id: Id::new(7),
        at_ms: NOW_MS,
    };
    let owner = store.registry().enter(entry).await?.owner;
    Ok((store.registry(), owner))
}

/// Rows a second.
async fn measure(
    (registry, owner): &(SqliteRegistry, Owner),
    round: u64,
    name: &str,
) -> Result<f64, Box<dyn Error>> {
    let began = Instant::now();
    let callers = round * CALLERS..(round + 1) * CALLERS;
    let callers = callers.map(|caller| plan(registry, *owner, caller));
    let mut waits: Vec<Duration> = try_join_all(callers).await?.into_iter().flatten().collect();
    let rows_per_s = f64::from(u32::try_from(CALLERS * ROWS_EACH)?) / began.elapsed().as_secs_f64();
    waits.sort_unstable();
    let (median, last) = (waits[waits.len() / 2], waits[waits.len() * 99 / 100]);
    println!("{name}: {rows_per_s:.0} rows/s, median {median:.1?}, p99 {last:.1?}");
    Ok(rows_per_s)
}

async fn plan(
    registry: &impl Registry,
    owner: Owner,
    caller: u64,
) -> Result<Vec<Duration>, RegistryError> {
    let mut waits = Vec::new();
    for number in 0..ROWS_EACH {
        let row = row(owner, caller * ROWS_EACH + number);
        let began = Instant::now();
        registry.insert(row).await?;
        waits.push(began.elapsed());
    }
    Ok(waits)
}

/// What conversations wait for, by turns with what the bare syncs take in the same rhythm.
async fn conversations(
    alone: &(SqliteRegistry, Owner),
    beside: &(SqliteRegistry, Owner),
    bare: &Bare,
    (callers, each, pause_ms): (u64, u64, u64),
) -> Result<(), Box<dyn Error>> {
    let (mut empty, mut full, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..each {
        // Numbers that no row has yet.
        let numbers = || (1..=callers).map(|caller| (callers << 32) + round * callers + caller);
        for (registry, waits) in [(alone, &mut empty), (beside, &mut full)] {
            let talking = numbers().map(|number| converse(registry, number, pause_ms));
            waits.extend(try_join_all(talking).await?);
            let syncing = numbers().map(|number| bare.converse(number, pause_ms));
            syncs.extend(try_join_all(syncing).await?);
        }
    }
    let (empty, full, syncs) = (median(empty), median(full), median(syncs));
    let beyond_ms = |waits: Duration| (waits.as_secs_f64() - syncs.as_secs_f64()) * 1e3;
    println!(
        "{callers} at a time: a conversation waits {empty:.2?}, with tombstones {full:.2?}, a bare sync \
         takes {syncs:.2?}, median; beyond: {:.2} ms and {:.2} ms",
        beyond_ms(empty),
        beyond_ms(full)
    );
    Ok(())
}

/// What a conversation waits for: that a channel is planned. Nobody waits until it is named, but the next
/// conversation finds the disk and its caches as that has left them.
async fn converse(
    (registry, owner): &(SqliteRegistry, Owner),
    number: u64,
    pause_ms: u64,
) -> Result<Duration, RegistryError> {
    let row = row(*owner, number);
    let named = Step {
        attempt: row.attempt,
        event: Event::Named(Id::new(number)),
        owner: *owner,
        at_ms: NOW_MS,
        next_at_ms: NOW_MS,
        tries: 0,
        reason: None,
    };
    pause(number, pause_ms).await;
    let began = Instant::now();
    registry.insert(row).await?;
    let planned = began.elapsed();
    pause(spread(number), pause_ms).await;
    registry.step(named).await?;
    Ok(planned)
}

/// Half as long to one and a half times as long.
async fn pause(number: u64, pause_ms: u64) {
    sleep(Duration::from_millis(
        pause_ms / 2 + (spread(number) >> 32) % pause_ms,
    ))
    .await;
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}

/// The row of an attempt that is about to be made.
fn row(owner: Owner, number: u64) -> Row {
    let attempt = (u128::from(spread(number)) << 64) | u128::from(number);
    Row {
        attempt: AttemptId::from_bytes(attempt.to_be_bytes()),
        request_id: format!("request-{number}"),
        guild_id: Id::new(7),
        kind: Kind::Text,
        owner,
        stage: Stage::Planned,
        since_ms: NOW_MS,
        not_before_ms: NOW_MS,
        deadline_at_ms: NOW_MS,
        next_at_ms: NOW_MS,
        tries: 0,
        reason: None,
    }
}

/// Numbers that are spread like random ones, which is what costs the index most.
fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

// === impl Bare ===

impl Bare {
    fn new(folder: &Path) -> std::io::Result<Self> {
        let file = File::create(folder.join("bare"))?;
        let (bytes, at) = (vec![1; WRITE_BYTES], Cell::new(0));
        let bare = Self { file, bytes, at };
        for _ in 0..LOG_BYTES / WRITE_BYTES {
            bare.sync()?;
        }
        Ok(bare)
    }

    /// What the disk takes for the write that a conversation waits for, when it is followed by the other.
    async fn converse(&self, number: u64, pause_ms: u64) -> std::io::Result<Duration> {
        pause(number, pause_ms).await;
        let planned = self.sync()?;
        pause(spread(number), pause_ms).await;
        self.sync()?;
        Ok(planned)
    }

    fn sync(&self) -> std::io::Result<Duration> {
        let began = Instant::now();
        self.file.write_all_at(&self.bytes, self.at.get())?;
        self.file.sync_all()?;
        let took = began.elapsed();
        self.at
            .set((self.at.get() + WRITE_BYTES as u64) % LOG_BYTES as u64);
        Ok(took)
    }
}
