//! Histories are read as fast when the record is in SQLite, on a disk that takes its time.

use cordboard_store::{Location, Store, sabotage};

use super::*;

/// What a commit takes: a slow disk.
const COMMIT: Duration = Duration::from_millis(11);

/// As [`backfill`], into a store in a file, each of whose commits takes its time.
fn backfill_into_store(guild: Config, messages: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Path(folder.path().join("cordboard.db"));
    sabotage::work_at_once(true);
    sabotage::take_for_each(Some(COMMIT));
    let took = backfill_into(guild, messages, async || {
        Store::open(&location).await.unwrap().inbox()
    });
    sabotage::take_for_each(None);
    sabotage::work_at_once(false);
    took
}

#[test]
fn one_long_history_is_read_into_the_store_as_fast_as_discord_allows() {
    let took = backfill_into_store(guild(1, 100), 10_000);
    let permitted = Duration::from_secs(10_000 / 100);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.9), "{took:?}");
}

#[test]
fn the_histories_of_two_thousand_channels_are_read_into_the_store_as_fast_as_discord_allows() {
    // How: pages come while others are written down, and are written down together.
    let took = backfill_into_store(guild(2_000, 250), 2);
    let permitted = Duration::from_secs(2_000 / 50);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.9), "{took:?}");
}
