//! SIGKILL at every system call that writes to the disk or to Discord.

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::{
    seed,
    strace::{self, DISK, NETWORK},
    world::World,
};

/// Worlds at the same time.
const WORLDS_AT_ONCE: u64 = 16;

/// Fewer calls than this by one thread in a short life, and strace has missed most of them.
const CALLS_MIN: u64 = 8;

/// More calls than this would be a surprise.
const CALLS_MAX: u64 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_at_any_system_call_leaves_no_channel() {
    // How: strace kills at a thread's first call of a set, in the next world at its second, and so
    // on until the whole life passes. It counts by thread: SQLite's calls come from one at a time,
    // those of the network from two, of which the first to get so far is killed.
    if !strace::is_there() {
        return;
    }
    let seed = seed("kills at system calls");
    for set in [DISK, NETWORK] {
        let began = Instant::now();
        let mut kills = 0;
        for first in (1..CALLS_MAX).step_by(usize::try_from(WORLDS_AT_ONCE).expect("small")) {
            let worlds = (first..first + WORLDS_AT_ONCE).map(|nth| is_killed(seed, set, nth));
            let killed = join_all(worlds).await.into_iter().filter(|killed| *killed);
            let killed = killed.count() as u64;
            kills += killed;
            // Which thread does what differs from life to life, so one that passes is not the end.
            if killed < WORLDS_AT_ONCE / 2 {
                break;
            }
        }
        let expected = CALLS_MIN..CALLS_MAX - WORLDS_AT_ONCE;
        assert!(expected.contains(&kills), "{set}: {kills} kills");
        println!(
            "{kills} kills at each call of {set}, {:.1} s",
            began.elapsed().as_secs_f64()
        );
    }
}

async fn is_killed(seed: u64, set: &str, nth: u64) -> bool {
    let mut world = World::new(seed.wrapping_add(nth)).await;
    let mut command = strace::killed_at(&world.command(), set, nth);
    let end = world.live_briefly(&mut command).await;
    let killed = end.is_killed();
    assert!(killed || end.status.success(), "{set}, {nth}: {end:#?}");
    world.settle().await;
    killed
}
