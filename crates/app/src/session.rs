//! The gateway's session, from one process to the next.

use cordboard_discord::Discord;
use cordboard_gateway::{Gateway, Session};
use cordboard_store::{LeftSession, Store, StoreError};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{error::Source, limits::SESSION_LEAVE_TIMEOUT};

/// Goes on with the session that a former process left, if one did: a deploy loses no event and
/// spends no IDENTIFY.
pub(crate) async fn take_over(
    gateway: Gateway<Discord>,
    store: &Store,
    shard: u32,
) -> Result<Gateway<Discord>, StoreError> {
    let Some(left) = store.take_session(shard).await? else {
        return Ok(gateway);
    };
    tracing::info!("going on with the gateway session of a former process");
    Ok(gateway.resuming(Session {
        id: left.id,
        sequence: left.sequence,
        resume_url: left.resume_url,
    }))
}

/// Runs the gateway, and leaves its session to the next process.
pub(crate) async fn run(
    gateway: Gateway<Discord>,
    store: Store,
    shard: u32,
    stop: CancellationToken,
) -> Result<(), Source> {
    if let Some(session) = gateway.run(stop).await? {
        let left = LeftSession {
            id: session.id,
            sequence: session.sequence,
            resume_url: session.resume_url,
        };
        let leaving = timeout(SESSION_LEAVE_TIMEOUT, store.leave_session(shard, left));
        if let Ok(left) = leaving.await {
            left?;
        } else {
            tracing::warn!("the gateway session is not left: the store does not answer");
        }
    }
    Ok(())
}
