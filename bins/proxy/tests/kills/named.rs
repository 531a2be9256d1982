//! Every kill point in the source is passed, and the process dies there, again and again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::{seed, world::World};

/// Kills at each point (issue 3).
const KILLS_EACH: u64 = 5;

/// Fewer points than this (issue 3), and whole steps go untried.
const POINTS_MIN: usize = 40;

/// Worlds that a point may use up. Most need one: its lives follow each other, each with what the
/// one before has left. A point that is passed only in a fresh folder needs ten, one that needs a
/// rare fault some more.
const WORLDS_MAX: u64 = 200;

/// Worlds at the same time: they wait far more than they compute.
const WORLDS_AT_ONCE: usize = 32;

/// What became of one point.
struct Killed {
    name: String,
    kills: u64,
    lives: u64,
    channels: usize,
}

#[test]
fn kill_points_are_named_once_and_there_are_enough() {
    let names = names();
    let once: BTreeSet<&String> = names.iter().collect();
    assert_eq!(once.len(), names.len(), "a name is used twice: {names:?}");
    assert!(names.len() >= POINTS_MIN, "only {} points", names.len());
    let crates = ["app", "discord", "lifecycle", "store"];
    for name in names {
        let parts: Vec<&str> = name.split('.').collect();
        assert!(
            parts.len() == 3 && crates.contains(&parts[0]),
            "{name} is not crate.noun.moment"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_at_any_kill_point_leaves_no_channel() {
    // How: for each point, lives that die there, over one store, until there were five; then a last
    // life that does not die, and the truth.
    let seed = seed("named kills");
    let began = Instant::now();
    let points = names().into_iter().zip(0..);
    let mut all: Vec<Killed> = stream::iter(points)
        .map(|(name, number)| kill_at(name, seed.wrapping_add(number * 1_000)))
        .buffer_unordered(WORLDS_AT_ONCE)
        .collect()
        .await;
    all.sort_by_key(|killed| killed.lives);
    for rare in all.iter().rev().take(5) {
        println!(
            "{}: {} lives for {} kills",
            rare.name, rare.lives, rare.kills
        );
    }
    let sum = |value: fn(&Killed) -> u64| all.iter().map(value).sum::<u64>();
    println!(
        "{} kill points, {} kills in {} lives, {} channels, {:.1} s",
        all.len(),
        sum(|killed| killed.kills),
        sum(|killed| killed.lives),
        sum(|killed| killed.channels as u64),
        began.elapsed().as_secs_f64(),
    );
    let missed: BTreeMap<&str, u64> = all
        .iter()
        .filter(|killed| killed.kills < KILLS_EACH)
        .map(|killed| (killed.name.as_str(), killed.kills))
        .collect();
    assert!(missed.is_empty(), "too few kills: {missed:?}");
}

async fn kill_at(name: String, seed: u64) -> Killed {
    let (mut kills, mut lives, mut channels) = (0, 0, 0);
    // Later passages too, as far as there are any.
    let mut latest = 3;
    for number in 0..WORLDS_MAX {
        let mut world = World::watching(seed + number).await;
        // Some points are passed by a first life only, others only by one that takes over a lot.
        if number % 2 == 1 {
            world.leave_debts().await;
        }
        while kills < KILLS_EACH {
            let nth = world.dice.u64(1..=latest);
            let end = world.live_until(&name, nth).await;
            lives += 1;
            if end.is_killed() {
                kills += 1;
            } else {
                assert!(end.status.success(), "{name}, seed {seed}: {end:#?}");
                if nth == 1 {
                    break;
                }
                latest = nth - 1;
            }
        }
        channels += world.settle().await;
        if kills >= KILLS_EACH {
            break;
        }
    }
    Killed {
        name,
        kills,
        lives,
        channels,
    }
}

/// All names in the source, in the order of the files.
fn names() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![root.join("crates"), root.join("bins")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.components().any(|part| part.as_os_str() == "src") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut names = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
    {
        let text = fs::read_to_string(file).expect("a source can be read");
        let code = text.lines().filter(|line| !line.trim().starts_with("//"));
        for line in code {
            let points = line.split("kp!(\"").skip(1);
            names.extend(points.filter_map(|rest| Some(rest.split_once("\")")?.0.to_owned())));
        }
    }
    names
}
