//! Room on the disk: no new channels when it runs out, while deletions go on.

use cordboard_lifecycle::Channels;
use cordboard_store::{Space, Store};
use tokio::time::sleep;

use crate::limits::SPACE_LOOK_EVERY;

/// Looks at the disk now and then, and holds openings as long as it is nearly full. Deletions are on
/// record already, and go on.
pub(crate) async fn watch(store: Store, channels: Channels, free_min_bytes: Option<u64>) {
    let mut is_held = false;
    loop {
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
            }
        }
        sleep(SPACE_LOOK_EVERY).await;
    }
}

/// Why no row should be added to the store, if so.
fn low(space: Space, free_min_bytes: Option<u64>) -> Option<String> {
    space.is_low(free_min_bytes).then(|| {
        format!(
            "the disk of the store is nearly full: {} of {} MiB are free, and {} have to be",
            space.free_bytes >> 20,
            space.total_bytes >> 20,
            space.free_min_bytes(free_min_bytes) >> 20
        )
    })
}
