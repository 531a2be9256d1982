//! Room on the disk: no new channels when it runs out, while deletions go on.

use std::time::Duration;

use cordboard_lifecycle::Channels;
use cordboard_store::{Space, Store, StoreError};
use tokio::time::sleep;

use crate::limits::{SPACE_LOOK_EVERY, SPACE_LOOK_STUCK_MAX};

/// Looks at the disk now and then, and holds openings as long as it is nearly full. Deletions are on
/// record already, and go on.
pub(crate) async fn watch(store: Store, channels: Channels, free_min_bytes: Option<u64>) {
    let mut is_held = false;
    let mut pause = SPACE_LOOK_EVERY;
    loop {
        let mut is_stuck = false;
        match store.space().await {
            Ok(space) => {
                let low = space.and_then(|space| low(space, free_min_bytes));
                if low.is_some() || is_held {
                    is_held = low.is_some();
                    channels.hold_openings(low);
                }
            }
            // No reason to stop: a write that fails is. And no reason to go on: a disk that was full
            // a moment ago has not been seen to be anything else.
            Err(error) => {
                tracing::warn!(%error, "the disk of the store cannot be asked for its room");
                is_stuck = matches!(error, StoreError::Stuck { .. });
            }
        }
        pause = next_pause(pause, is_stuck);
        sleep(pause).await;
    }
}

/// The pause after a look. One that hangs goes on hanging, and keeps its thread.
fn next_pause(last: Duration, is_stuck: bool) -> Duration {
    if is_stuck {
        (last * 2).min(SPACE_LOOK_STUCK_MAX)
    } else {
        SPACE_LOOK_EVERY
    }
}

/// Why no row should be added to the store, if so.
pub(crate) fn low(space: Space, free_min_bytes: Option<u64>) -> Option<String> {
    space.is_low(free_min_bytes).then(|| {
        format!(
            "the disk of the store is nearly full: {} of {} MiB are free, and {} have to be",
            space.free_bytes >> 20,
            space.total_bytes >> 20,
            space.free_min_bytes(free_min_bytes) >> 20
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_hangs_for_weeks_does_not_take_all_threads() {
        let (mut pause, mut passed, mut looks) = (SPACE_LOOK_EVERY, Duration::ZERO, 0);
        while passed < Duration::from_hours(14 * 24) {
            pause = next_pause(pause, true);
            passed += pause;
            looks += 1;
        }
        assert!(looks < 400, "{looks} of tokio's 512 threads");
        assert_eq!(next_pause(pause, false), SPACE_LOOK_EVERY);
    }
}
