//! Old records are dropped, a little at a time.

use cordboard_lifecycle::Clock as _;
use cordboard_store::{Store, StoreError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{WallClock, limits::HOUSEKEEPING_EVERY};

/// Drops what is long settled, now and then, until the store fails.
pub(crate) async fn run(
    store: Store,
    clock: WallClock,
    stop: CancellationToken,
) -> Result<(), StoreError> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = sleep(HOUSEKEEPING_EVERY) => {}
        }
        // A batch at a time: the first pruning of an old store may go on for longer than a stop waits.
        let pruned = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            pruned = store.prune(clock.now_ms()) => pruned?,
        };
        tracing::debug!(?pruned, "old records dropped");
    }
}
