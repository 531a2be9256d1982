//! SIGKILL at random times.

use std::time::Duration;

use fastrand::Rng;
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::{seed, setting, world::World};

/// Lives that follow each other in one world.
const LIVES: u64 = 5;

/// Worlds at the same time.
const WORLDS_AT_ONCE: usize = 12;

/// The longest life in milliseconds: a start, and two rounds of conversations.
const LIFE_MS_MAX: u64 = 2_000;

/// For so many lives there is a channel at the least: with fewer, the kills are not where it matters.
/// There are seven times as many on two cores that have nothing else to do.
const LIVES_A_CHANNEL_MAX: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_killed_at_any_time_leaves_no_channel() {
    let kills = setting("CORDBOARD_KILLS", 200);
    let seed = seed("random kills");
    let began = Instant::now();
    let worlds = kills.div_ceil(LIVES);
    let channels: usize = stream::iter(0..worlds)
        .map(|number| world(seed.wrapping_add(number)))
        .buffer_unordered(WORLDS_AT_ONCE)
        .fold(0, async |sum, channels| sum + channels)
        .await;
    let kills = worlds * LIVES;
    println!(
        "{kills} kills at random times, {channels} channels, {:.1} s",
        began.elapsed().as_secs_f64()
    );
    assert!(
        channels as u64 >= kills / LIVES_A_CHANNEL_MAX,
        "only {channels} channels, for most lives had ended before their first"
    );
}

async fn world(seed: u64) -> usize {
    let mut world = World::watching(seed).await;
    let mut times = Rng::with_seed(!seed);
    for _ in 0..LIVES {
        let time = Duration::from_millis(times.u64(0..=LIFE_MS_MAX));
        let end = world.live_for(world.command(), time).await;
        assert!(end.is_killed(), "seed {seed}: it ended by itself: {end:#?}");
    }
    world.settle().await
}
