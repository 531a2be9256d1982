//! Temporary channels to speak to a bot in, each owned and deleted as every other channel of ours.

use std::time::Duration;

use cordboard_lifecycle::{Channels, Lease, OpenError, Opening};
use cordboard_store::{Store, StoreError};
use cordboard_upkeep::{Failure, Room, Rooms};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};
use tokio_util::task::TaskTracker;

use crate::{
    Failed,
    limits::{ROOM_SETTLE_TIMEOUT, ROOM_TIMEOUT},
    maintenance::{Maintenance, errand::Alone},
    settings,
};

/// Channels of the proxy that this is part of.
#[derive(Clone, Debug)]
pub(crate) struct OwnedRooms(pub(crate) Channels);

/// Channels of whoever has the store: it is opened for each, and let go of when the channel is gone,
/// since a proxy may want to start. While one runs, there are none.
#[derive(Clone, Debug)]
pub(crate) struct VisitingRooms {
    maintenance: Maintenance,
    tasks: TaskTracker,
}

/// A channel in use, whose end somebody waits for.
#[derive(Debug)]
struct Visit {
    _lease: Lease,
    /// Nothing is ever sent: the drop of this end, after that of the lease, is the message.
    _left: oneshot::Sender<()>,
}

fn opening(bot: &str, lifetime: Duration) -> Opening {
    Opening {
        request_id: format!("keepalive {bot}"),
        label: bot.to_owned(),
        tenant: "keepalive".to_owned(),
        deadline: Instant::now() + ROOM_TIMEOUT,
        lifetime,
    }
}

fn not_opened(error: OpenError) -> Failure {
    match error {
        OpenError::Never { .. } => Failure::Never {
            source: error.into(),
        },
        OpenError::NotDone { wait, .. } => Failure::NotDone {
            wait,
            source: error.into(),
        },
        _ => Failure::NotDone {
            wait: None,
            source: error.into(),
        },
    }
}

// === impl OwnedRooms ===

impl Rooms for OwnedRooms {
    fn open<'a>(
        &'a self,
        bot: &'a str,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<Room, Failure>> {
        async move {
            let opened = self.0.open(opening(bot, lifetime)).await;
            let lease = opened.map_err(not_opened)?;
            Ok(Room {
                channel_id: lease.channel_id(),
                lease: Box::new(lease),
            })
        }
        .boxed()
    }
}

// === impl VisitingRooms ===

impl VisitingRooms {
    pub(crate) fn new(maintenance: Maintenance) -> Self {
        Self {
            maintenance,
            tasks: TaskTracker::new(),
        }
    }

    /// Waits until all channels are gone, or on record for whoever opens the store next.
    pub(crate) async fn left(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn enter(&self, bot: &str, lifetime: Duration) -> Result<Room, Failure> {
        let config = &self.maintenance.config;
        let opened = Store::open_at_once(&config.store, settings::store(config)).await;
        let store = opened.map_err(|error| match error {
            StoreError::Busy { .. } => Failure::Never {
                source: "a proxy holds the store: set upkeep.in_proxy, so that it opens temporary \
                         channels itself, or bots.default_channel_id"
                    .into(),
            },
            error => sorted(settings::store_failed(error)),
        })?;
        let (channels, left) = self.drive(store).await.map_err(sorted)?;
        let opened = channels.open(opening(bot, lifetime)).await;
        let lease = opened.map_err(not_opened)?;
        Ok(Room {
            channel_id: lease.channel_id(),
            lease: Box::new(Visit {
                _lease: lease,
                _left: left,
            }),
        })
    }

    /// Does what the holder of the store does, until the other end of what it gives is dropped and nothing
    /// is left to delete.
    async fn drive(&self, store: Store) -> Result<(Channels, oneshot::Sender<()>), Failed> {
        let daybook = self.maintenance.daybook().await?;
        let mut alone = Alone::start(&self.maintenance, store, daybook).await?;
        let channels = alone.channels.clone();
        let (leave, left) = oneshot::channel::<()>();
        self.tasks.spawn(async move {
            let told = alone.channels.clone();
            let leaving = async {
                // An error says that it was dropped.
                drop(left.await);
                if timeout(ROOM_SETTLE_TIMEOUT, told.cleared()).await.is_err() {
                    let left = told.counts();
                    tracing::info!(?left, "channels are left to whoever opens the store next");
                }
                Ok(())
            };
            let outcome = alone.engines.unless_one_ends(leaving).await;
            let ended = alone.engines.end(&outcome).await;
            if let Err(failed) = outcome.and(ended) {
                let error = failed.chain();
                tracing::warn!(error, "a temporary channel is left to the next start");
            }
        });
        Ok((channels, leave))
    }
}

impl Rooms for VisitingRooms {
    fn open<'a>(
        &'a self,
        bot: &'a str,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<Room, Failure>> {
        self.enter(bot, lifetime).boxed()
    }
}

fn sorted(failed: Failed) -> Failure {
    match failed {
        Failed::Unreachable { .. } => Failure::NotDone {
            wait: None,
            source: failed.into(),
        },
        _ => Failure::Never {
            source: failed.into(),
        },
    }
}
