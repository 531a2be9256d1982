//! Doing what blocks on a thread that may.

use std::time::Duration;

use tokio::{task::spawn_blocking, time::timeout};

use crate::{StoreError, limits::ANSWER_TIMEOUT};

/// Does what blocks on a thread that may, and waits for it as long as for any answer of a database.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    within(ANSWER_TIMEOUT, work).await
}

/// As [`blocking`], for what may take longer, or less long.
pub(crate) async fn within<T: Send + 'static>(
    time: Duration,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    #[cfg(feature = "sabotage")]
    if crate::sabotage::works_at_once() {
        let done = work();
        // As ever, who asked may be gone before the answer.
        tokio::task::yield_now().await;
        return done;
    }
    let stuck = |_| StoreError::Stuck { within: time };
    let done = timeout(time, spawn_blocking(work)).await;
    let failed = |_| StoreError::Failed { source: None };
    done.map_err(stuck)?.map_err(failed)?
}
