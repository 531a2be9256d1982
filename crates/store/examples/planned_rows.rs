//! How many rows a second the disk at hand can take, and what rows that are long settled cost: 256
//! callers, each planning one channel after the other, on an empty store and on one with 200,000
//! tombstones. `cargo run --release -p cordboard-store --example planned_rows -- FOLDER`

#![expect(clippy::print_stdout, reason = "this program is there to print it")]

use std::{
    error::Error,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use cordboard_lifecycle::{AttemptId, Entry, Kind, Owner, Registry, RegistryError, Row, Stage};
use cordboard_store::{Location, SqliteRegistry, Store};
use futures_util::future::try_join_all;
use tokio::time::Instant;
use twilight_model::id::Id;

const CALLERS: u64 = 256;
const ROWS_EACH: u64 = 50;
const ROUNDS: u64 = 5;

/// Pages that one planned row dirties: the row, its index, the journal, its two indexes, the hour.
const PAGES: usize = 6;

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
    let mut ratios = Vec::new();
    // By turns, so that whatever else the machine does hits both.
    for round in 0..ROUNDS {
        let empty = measure(&alone, round, "empty").await?;
        let full = measure(&beside, round, "full").await?;
        ratios.push(full / empty);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    println!("full to empty, median: {:.2}", ratios[ratios.len() / 2]);
    let mut rows = plan(&alone.0, alone.1, ROUNDS * CALLERS).await?;
    let mut syncs = sync(folder.path())?;
    rows.sort_unstable();
    syncs.sort_unstable();
    let (row, bare) = (rows[rows.len() / 2], syncs[syncs.len() / 2]);
    println!("one caller: {row:.1?} a row, {bare:.1?} a bare sync, median");
    Ok(())
}

/// How long the disk takes for as many pages as a row's commit writes, and nothing else.
fn sync(folder: &Path) -> std::io::Result<Vec<Duration>> {
    let mut file = std::fs::File::create(folder.join("bare"))?;
    let pages = vec![0_u8; PAGES * 4_096];
    (0..ROWS_EACH)
        .map(|_| {
            let began = Instant::now();
            file.write_all(&pages)?;
            file.sync_all()?;
            Ok(began.elapsed())
        })
        .collect()
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
        // Spread like random ones, which is what costs the index most.
        let spread = (caller * ROWS_EACH + number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let attempt = (u128::from(spread) << 64) | u128::from(number);
        let began = Instant::now();
        let row = Row {
            attempt: AttemptId::from_bytes(attempt.to_be_bytes()),
            request_id: format!("request-{caller}-{number}"),
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
        };
        registry.insert(row).await?;
        waits.push(began.elapsed());
    }
    Ok(waits)
}
