//! The power fails in the middle of a life, and the next one starts from what the disk has kept.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::{image::Disk, seed, setting, strace, trace, world::World};

/// Power losses that follow each other in one world.
const LOSSES: u64 = 5;

/// Worlds at the same time.
const WORLDS_AT_ONCE: usize = 8;

/// The longest life in milliseconds: a start under strace, and some rounds of conversations.
const LIFE_MS_MAX: u64 = 2_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_loses_the_power_leaves_no_channel() {
    // How: strace writes down a life until SIGKILL; then the store's files are replaced by an image
    // of what was synced and some of what was not.
    if !strace::is_there() {
        return;
    }
    let losses = setting("CORDBOARD_BLACKOUTS", 50);
    let seed = seed("blackouts");
    let began = Instant::now();
    let worlds = losses.div_ceil(LOSSES);
    let channels: usize = stream::iter(0..worlds)
        .map(|number| world(seed.wrapping_add(number)))
        .buffer_unordered(WORLDS_AT_ONCE)
        .fold(0, async |sum, channels| sum + channels)
        .await;
    assert!(channels > 0, "no life came so far as to open a channel");
    println!(
        "{} blackouts, {channels} channels, {:.1} s",
        worlds * LOSSES,
        began.elapsed().as_secs_f64()
    );
}

async fn world(seed: u64) -> usize {
    let mut world = World::new(seed).await;
    let mut found = BTreeMap::new();
    for _ in 0..LOSSES {
        let time = Duration::from_millis(world.dice.u64(0..=LIFE_MS_MAX));
        let log = world.file("strace");
        let command = strace::recorded(&world.command(), &log);
        world.live_for(command, time).await;
        let mut disk = Disk::with(found);
        // A process that died before strace was at work has written nothing.
        for happened in trace::read(&std::fs::read_to_string(&log).unwrap_or_default()) {
            disk.take(&happened);
        }
        found = disk.lose_power(&mut world.dice);
        world.replace_store(&found);
        drop(std::fs::remove_file(log));
    }
    world.settle().await
}
