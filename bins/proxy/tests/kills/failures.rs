//! A disk that fails: the process ends with its documented code, and the next one repairs.

use std::{collections::HashMap, fs};

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::{image, seed, strace, world::World};

/// The exit codes that docs/CONFIGURATION.md names for it: the system refused something.
const SYSTEM: i32 = 71;

/// The store failed.
const STORE: i32 = 74;

/// Worlds at the same time.
const WORLDS_AT_ONCE: usize = 16;

/// The disk works for so many calls of a thread, every third number tried. Beyond them, the short
/// life is over.
const CALLS: std::ops::Range<u64> = 1..90;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_cannot_write_ends_as_documented_and_leaves_no_channel() {
    // How: strace lets a thread's writes or syncs fail from the n-th on, and writes down which; then a
    // life with a disk that works. It may end well only if nothing that it wrote needed what failed. Every
    // second world keeps a record of messages: then its part may be the first to meet the failure.
    if !strace::is_there() {
        return;
    }
    let seed = seed("a failing disk");
    let began = Instant::now();
    let kinds = [
        ("pwrite64", "EIO"),
        ("pwrite64", "ENOSPC"),
        ("fsync,fdatasync", "EIO"),
    ];
    let cases = kinds
        .into_iter()
        .flat_map(|kind| CALLS.step_by(3).map(move |nth| (kind, nth)));
    let ends: Vec<bool> = stream::iter(cases)
        .enumerate()
        .map(|(index, ((set, error), nth))| has_failed(seed, index % 2 == 1, (set, error), nth))
        .buffer_unordered(WORLDS_AT_ONCE)
        .collect()
        .await;
    let failed = ends.iter().filter(|failed| **failed).count();
    println!(
        "{failed} of {} lives ended at a failing disk, {:.1} s",
        ends.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(failed > 20, "strace has spared the disk: {failed}");
}

async fn has_failed(seed: u64, is_watching: bool, (set, error): (&str, &str), nth: u64) -> bool {
    let seed = seed.wrapping_add(nth);
    let mut world = if is_watching {
        World::watching(seed).await
    } else {
        World::new(seed).await
    };
    let log = world.file("strace.log");
    let mut command = strace::failing_from(&world.command(), set, error, nth, &log);
    let end = world.live_briefly(&mut command).await;
    let struck = Struck::read(&fs::read_to_string(log).expect("strace writes its log"));
    let is_right = match end.status.code() {
        Some(STORE) => struck.first.is_some(),
        Some(SYSTEM) => struck.is_beside,
        Some(0) => !struck.is_missed,
        _ => false,
    };
    assert!(
        is_right,
        "{set} {error} from {nth}: {struck:?} and then {end:#?}"
    );
    world.settle().await;
    !end.status.success()
}

/// What the failing disk did to a life.
#[derive(Debug, Default)]
struct Struck {
    /// The file of the first call that failed.
    first: Option<String>,
    /// Whether a call failed on a file that is none of the store's. One before it may have met the store
    /// on the same thread, where nothing was lost by it.
    is_beside: bool,
    /// Whether the store cannot have what it was given: a call that a commit needs has failed, or
    /// something was written after a failure. When the log of writes is moved into the database, at
    /// the end of a life, nothing is missed that fails.
    is_missed: bool,
}

fn is_store(file: &str) -> bool {
    image::STORE.contains(&file)
}

// === impl Struck ===

impl Struck {
    /// Reads the log of [`strace::failing_from`].
    fn read(log: &str) -> Self {
        let mut struck = Self::default();
        // Calls of other threads stand between the two halves of a call that takes long.
        let mut halves: HashMap<&str, &str> = HashMap::new();
        let (mut has_log, mut is_synced) = (false, true);
        for line in log.lines() {
            let (thread, call) = line.trim_start().split_once(' ').expect("a thread's id");
            let call = call.trim_start();
            if call.starts_with("+++") || call.starts_with("---") {
                continue;
            }
            if let Some(first) = call.strip_suffix("<unfinished ...>") {
                halves.insert(thread, first);
                continue;
            }
            let begun = if call.starts_with("<... ") {
                halves.remove(thread).expect("a first half")
            } else {
                call
            };
            let has_failed = call.ends_with("(INJECTED)");
            let file = file(begun);
            let is_write = begun.starts_with("pwrite64(");
            let is_log = file.ends_with("-wal");
            let is_needed = match (is_log, is_write) {
                (true, true) => has_failed || struck.first.is_some(),
                (true, false) => has_failed && !is_synced,
                // Before there is a log, the database is written in place.
                (false, _) => has_failed && is_store(file) && !has_log,
            };
            struck.is_missed |= is_needed;
            has_log |= is_log;
            if is_log {
                is_synced = !is_write;
            }
            struck.is_beside |= has_failed && !is_store(file);
            if has_failed && struck.first.is_none() {
                struck.first = Some(file.to_owned());
            }
        }
        struck
    }
}

/// The name of the file that a call's first argument, `7<…>`, stands for.
fn file(call: &str) -> &str {
    let path = call
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    let (path, _) = path.expect("a descriptor's path");
    path.rsplit('/').next().expect("a name")
}

#[test]
fn a_failure_is_told_from_one_that_nothing_depends_on() {
    let commit = "1 pwrite64(9</a/cordboard.db-wal>, \"\"..., 24, 32) = 24\n";
    let synced = "1 fdatasync(9</a/cordboard.db-wal>) = 0\n";
    let unsynced = "1 fdatasync(9</a/cordboard.db-wal> <unfinished ...>\n2 +++ exited with 0 +++\n\
        1 <... fdatasync resumed>) = -1 EIO (Input/output error) (INJECTED)\n";
    let moved = "1 pwrite64(8</a/cordboard.db>, \"\"..., 4096, 0) = -1 EIO (Input/output error) (INJECTED)\n";
    let key = "1 fsync(7</a/cordboard.db.key.new>) = -1 EIO (Input/output error) (INJECTED)\n";
    for (log, first, is_missed) in [
        (vec![commit, synced], None, false),
        (vec![commit, unsynced], Some("cordboard.db-wal"), true),
        (
            vec![commit, synced, unsynced],
            Some("cordboard.db-wal"),
            false,
        ),
        (vec![moved], Some("cordboard.db"), true),
        (vec![commit, synced, moved], Some("cordboard.db"), false),
        (
            vec![commit, synced, moved, commit],
            Some("cordboard.db"),
            true,
        ),
        (vec![key], Some("cordboard.db.key.new"), false),
    ] {
        let struck = Struck::read(&log.concat());
        assert_eq!(struck.first.as_deref(), first, "{log:?}");
        assert_eq!(struck.is_missed, is_missed, "{log:?}");
    }
}
