//! A disk that fails: the process ends with its documented code, and the next one repairs.

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::{seed, strace, world::World};

/// Exit codes that docs/CONFIGURATION.md names for it: the system refused something, the store
/// failed.
const DOCUMENTED: [i32; 2] = [71, 74];

/// Worlds at the same time.
const WORLDS_AT_ONCE: usize = 16;

/// The disk works for so many calls of a thread, every third number tried. Beyond them, the short
/// life is over.
const CALLS: std::ops::Range<u64> = 1..90;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_cannot_write_ends_as_documented_and_leaves_no_channel() {
    // How: strace lets a thread's writes or syncs fail from the n-th on; then a life with a disk
    // that works.
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
        .map(|((set, error), nth)| has_failed(seed, set, error, nth))
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

async fn has_failed(seed: u64, set: &str, error: &str, nth: u64) -> bool {
    let mut world = World::new(seed.wrapping_add(nth)).await;
    let mut command = strace::failing_from(&world.command(), set, error, nth);
    let end = world.live_briefly(&mut command).await;
    let code = end.status.code();
    let is_documented = code.is_some_and(|code| DOCUMENTED.contains(&code));
    assert!(
        is_documented || end.status.success(),
        "{set} {error} from {nth}: {end:#?}"
    );
    world.settle().await;
    is_documented
}
