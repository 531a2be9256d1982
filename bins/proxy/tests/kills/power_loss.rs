//! Power losses: what the disk may hold after one, and whether that covers what was done.

use std::{collections::BTreeMap, fs, path::Path};

use cordboard_store::{Location, Store};
use fastrand::Rng;
use futures_util::{StreamExt as _, stream};
use rusqlite::{Connection, OpenFlags};
use tempfile::tempdir;
use tokio::time::Instant;

use crate::{
    image::{Disk, STORE},
    seed, setting, strace,
    trace::{self, Happened},
    world::World,
};

/// Lives that are recorded; the images are drawn from all of them.
const LIVES: u64 = 3;

/// Images that are opened at the same time.
const IMAGES_AT_ONCE: usize = 4;

/// Something done in Discord that has to be on record.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Effect {
    /// A channel was asked for, with the mark of this attempt.
    Create { attempt: String },
    /// A prompt was posted in a channel that Discord had named for this attempt. The name may still be
    /// on its way to the record (docs/decisions/0009).
    Post { attempt: String, channel_id: i64 },
    /// A channel was to be deleted.
    Delete { channel_id: i64 },
}

/// What a row says, by attempt.
type Rows = BTreeMap<String, (String, Option<i64>)>;

/// One life, as strace saw it.
struct History {
    happened: Vec<Happened>,
    /// Which attempt each channel was created by, in truth.
    attempts: BTreeMap<i64, String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_is_on_record_after_a_power_loss() {
    if !strace::is_there() {
        return;
    }
    let images = setting("CORDBOARD_POWER_LOSSES", 300);
    let seed = seed("power losses");
    let began = Instant::now();
    let histories = record(seed, &[]).await;
    let effects = histories.iter().map(|life| life.effects(&life.happened));
    let effects: Vec<Effect> = effects.flatten().collect();
    let count = |kind: fn(&Effect) -> bool| effects.iter().filter(|effect| kind(effect)).count();
    let counts = [
        count(|effect| matches!(effect, Effect::Create { .. })),
        count(|effect| matches!(effect, Effect::Post { .. })),
        count(|effect| matches!(effect, Effect::Delete { .. })),
    ];
    assert!(counts.iter().all(|count| *count > 3), "too few: {counts:?}");
    let wrong = lose_power(&histories, seed, images).await;
    println!(
        "{images} power losses, {} effects, {:.1} s",
        effects.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(
        wrong.is_empty(),
        "{} of {images} images: {wrong:#?}",
        wrong.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_does_not_sync_is_caught_by_power_losses() {
    // How: the sabotage opens the store with synchronous=NORMAL, which never loses a row to a killed
    // process.
    const IMAGES: u64 = 300;
    if !strace::is_there() {
        return;
    }
    let seed = seed("power losses without syncs");
    let histories = record(seed, &[("CORDBOARD_SABOTAGE", "synchronous-normal")]).await;
    let wrong = lose_power(&histories, seed, IMAGES).await;
    println!("{} of {IMAGES} images have lost something", wrong.len());
    assert!(!wrong.is_empty(), "nobody noticed");
}

/// Records some lives, each in a world of its own, from their start to their end.
async fn record(seed: u64, variables: &[(&str, &str)]) -> Vec<History> {
    let lives = (0..LIVES).map(async |number| {
        let mut world = World::new(seed.wrapping_add(number)).await;
        let log = world.file("strace");
        let mut command = world.command();
        command.envs(variables.iter().copied());
        let end = world.live(&mut strace::recorded(&command, &log)).await;
        assert!(end.status.success(), "{end:#?}");
        let happened = trace::read(&fs::read_to_string(log).expect("there is a log"));
        let channels = world.discord.simulator.truth().channels;
        let attempts = channels.iter().filter_map(|channel| {
            let attempt = attempt_of(channel.topic.as_deref()?)?;
            Some((channel.id.cast_signed(), attempt))
        });
        let attempts = attempts.collect();
        world.settle().await;
        History { happened, attempts }
    });
    futures_util::future::join_all(lives).await
}

/// Loses the power at random instants; what is wrong with the images.
async fn lose_power(histories: &[History], seed: u64, images: u64) -> Vec<String> {
    let losses = (0..images).map(|number| {
        let mut dice = Rng::with_seed(seed.wrapping_add(number));
        let history = &histories[dice.usize(..histories.len())];
        let happened = &history.happened[..dice.usize(..=history.happened.len())];
        let files = Disk::after(happened).lose_power(&mut dice);
        (number, files, history.effects(happened))
    });
    stream::iter(losses)
        .map(async |(number, files, effects)| {
            let missing = missing(&files, &effects).await;
            (!missing.is_empty()).then(|| format!("image {number}: {missing:?}"))
        })
        .buffer_unordered(IMAGES_AT_ONCE)
        .filter_map(async |wrong| wrong)
        .collect()
        .await
}

/// What an image should say and does not.
async fn missing(files: &BTreeMap<String, Vec<u8>>, effects: &[Effect]) -> Vec<String> {
    let folder = tempdir().expect("a temporary folder can be made");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("a file is written");
    }
    let path = folder.path().join(STORE[0]);
    match Store::open(&Location::Path(path.clone())).await {
        Ok(store) => drop(store),
        Err(error) => return vec![format!("it does not open: {error:?}")],
    }
    let rows = match rows(&path) {
        Ok(rows) => rows,
        Err(error) => return vec![format!("it cannot be read: {error}")],
    };
    let unrecorded = effects.iter().filter(|effect| !is_recorded(effect, &rows));
    unrecorded.map(|effect| format!("{effect:?}")).collect()
}

fn rows(path: &Path) -> rusqlite::Result<Rows> {
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let integrity: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if integrity != "ok" {
        return Err(rusqlite::Error::InvalidColumnName(integrity));
    }
    let mut query = database.prepare("SELECT attempt, stage, channel_id FROM channel")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    rows.collect()
}

/// Whether a row was there before the effect, as it has to be.
fn is_recorded(effect: &Effect, rows: &Rows) -> bool {
    let row_of = |channel_id: &i64| rows.values().find(|row| row.1 == Some(*channel_id));
    match effect {
        Effect::Create { attempt } => rows.contains_key(attempt),
        Effect::Post {
            attempt,
            channel_id,
        } => rows.get(attempt).is_some_and(|(stage, named)| {
            named.map_or(stage == "planned", |named| named == *channel_id)
        }),
        Effect::Delete { channel_id } => row_of(channel_id)
            .is_some_and(|(stage, _)| !matches!(stage.as_str(), "planned" | "unknown" | "live")),
    }
}

/// The attempt that a mark names: `~namespace.attempt.mac`.
fn attempt_of(mark: &str) -> Option<String> {
    let mut parts = mark.strip_prefix('~')?.split('.');
    parts.nth(1).map(str::to_owned)
}

// === impl History ===

impl History {
    /// What was done in Discord, or may have been, by what had happened.
    fn effects(&self, happened: &[Happened]) -> Vec<Effect> {
        let sent = happened.iter().filter_map(|happened| match happened {
            Happened::Send { bytes } => self.effect(&String::from_utf8_lossy(bytes)),
            _ => None,
        });
        sent.collect()
    }

    fn effect(&self, request: &str) -> Option<Effect> {
        let line = request.lines().next()?;
        let (method, path) = line.strip_suffix(" HTTP/1.1")?.split_once(' ')?;
        let path = path.strip_prefix("/api/v10/")?;
        let channel_id = || path.split('/').nth(1)?.parse().ok();
        if method == "POST" && path.starts_with("guilds/") && path.ends_with("/channels") {
            let (_, topic) = request.split_once("\"topic\":\"")?;
            let attempt = attempt_of(topic)?;
            return Some(Effect::Create { attempt });
        }
        if method == "POST" && path.ends_with("/messages") {
            let channel_id = channel_id()?;
            let attempt = self.attempts.get(&channel_id).cloned();
            return Some(Effect::Post {
                attempt: attempt.expect("prompts go to channels of ours"),
                channel_id,
            });
        }
        (method == "DELETE" && path.starts_with("channels/")).then_some(Effect::Delete {
            channel_id: channel_id()?,
        })
    }
}
