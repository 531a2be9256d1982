//! The gateway's session, from one process to the next.

use std::convert::Infallible;

use cordboard_discord::Discord;
use cordboard_gateway::{Gateway, Hub, Session};
use cordboard_store::{LeftSession, Store, StoreError};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    Failed,
    error::Source,
    limits::{SESSION_KEEP_EVERY, SESSION_LEAVE_TIMEOUT},
    settings,
};

/// Goes on with the session that a former process left, if one did, or held when it was killed: the
/// next process loses no event and spends no IDENTIFY.
pub(crate) async fn take_over(
    gateway: Gateway<Discord>,
    store: &Store,
    shard: u32,
) -> Result<Gateway<Discord>, Failed> {
    let taken = store.take_session(shard).await;
    let Some(left) = taken.map_err(settings::store_failed)? else {
        return Ok(gateway);
    };
    tracing::info!("going on with the gateway session of a former process");
    Ok(gateway.resuming(Session {
        id: left.id,
        sequence: left.sequence,
        resume_url: left.resume_url,
    }))
}

/// Runs the gateway, keeps its session on record, and leaves it to the next process.
pub(crate) async fn run(
    gateway: Gateway<Discord>,
    hub: Hub,
    store: Store,
    shard: u32,
    stop: CancellationToken,
) -> Result<(), Source> {
    let left = tokio::select! {
        biased;
        left = gateway.run(stop) => left?,
        failed = keep(&hub, &store, shard) => {
            let Err(failed) = failed;
            return Err(failed.into());
        }
    };
    let leaving = timeout(SESSION_LEAVE_TIMEOUT, write(&store, shard, left));
    if let Ok(written) = leaving.await {
        written?;
    } else {
        tracing::warn!("the gateway session is not left: the store does not answer");
    }
    Ok(())
}

/// Writes the session down whenever it is another one, or has come further. What is on record is
/// always a little old, which only makes Discord send more of it again.
async fn keep(hub: &Hub, store: &Store, shard: u32) -> Result<Infallible, StoreError> {
    let mut state = hub.state();
    // What was taken over is on record, and counts as left again only when it has come further.
    let mut written = hub.session();
    loop {
        let session = hub.session();
        if session != written {
            write(store, shard, session.clone()).await?;
            written = session;
        }
        let id = written.as_ref().map(|session| session.id.clone());
        tokio::select! {
            () = sleep(SESSION_KEEP_EVERY) => {}
            // Sessions begin and end when the state changes. When it is over, the gateway's end is
            // what counts.
            _ = state.wait_for(|_| hub.session().map(|session| session.id) != id) => {}
        }
    }
}

async fn write(store: &Store, shard: u32, session: Option<Session>) -> Result<(), StoreError> {
    match session {
        Some(session) => {
            let left = LeftSession {
                id: session.id,
                sequence: session.sequence,
                resume_url: session.resume_url,
            };
            store.leave_session(shard, left).await
        }
        None => store.forget_session(shard).await,
    }
}
