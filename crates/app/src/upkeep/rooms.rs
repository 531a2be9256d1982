//! Temporary channels to speak to a bot in, each owned and deleted as every other channel of ours.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use cordboard_lifecycle::{Channels, Lease, OpenError, Opening};
use cordboard_store::{Daybook, Store, StoreError};
use cordboard_upkeep::{Failure, NoRoom, Room, Rooms};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{
    sync::{Mutex, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::task::TaskTracker;

use crate::{
    Failed,
    limits::{ROOM_SETTLE_TIMEOUT, ROOM_TIMEOUT},
    maintenance::{
        Maintenance,
        errand::{Alone, Purpose},
    },
    settings,
};

/// Channels of the proxy that this is part of.
#[derive(Clone, Debug)]
pub(crate) struct OwnedRooms(pub(crate) Channels);

/// Channels of whoever has the store: it is opened for them, and let go of when the last one is gone, since
/// a proxy may want to start. While one runs, there are none.
#[derive(Clone, Debug)]
pub(crate) struct VisitingRooms {
    maintenance: Maintenance,
    visits: Visits,
}

/// The visits of this process to the store, one at a time: its lock keeps out ourselves as well.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visits {
    /// Held while one begins.
    last: Arc<Mutex<Last>>,
    tasks: TaskTracker,
}

/// The last visit.
#[derive(Debug, Default)]
struct Last {
    /// Nothing any more when nobody has a channel of it: it ends then.
    visit: Weak<Visit>,
    /// Until it has let go of the store; `None`: it has.
    leaving: Option<JoinHandle<()>>,
}

/// What everybody shares who has a channel.
#[derive(Debug)]
struct Visit {
    channels: Channels,
    /// Nothing is ever sent: the drop of this end is the message.
    _left: oneshot::Sender<()>,
}

/// A channel in use. The lease goes first.
#[derive(Debug)]
struct Visited {
    _lease: Lease,
    _visit: Arc<Visit>,
}

/// What the ids of the requests begin with that such channels are opened for.
const REQUESTS: &str = "keepalive ";

fn opening(bot: &str, lifetime: Duration) -> Opening {
    Opening {
        request_id: format!("{REQUESTS}{bot}"),
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
    fn open<'a>(&'a self, bot: &'a str, lifetime: Duration) -> BoxFuture<'a, Result<Room, NoRoom>> {
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

// === impl Visits ===

impl Visits {
    /// Waits until all channels are gone, or on record for a sweep, or for the next proxy.
    pub(crate) async fn left(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

// === impl VisitingRooms ===

impl VisitingRooms {
    pub(crate) const fn new(maintenance: Maintenance, visits: Visits) -> Self {
        Self {
            maintenance,
            visits,
        }
    }

    async fn enter(&self, bot: &str, lifetime: Duration) -> Result<Room, NoRoom> {
        let visit = self.visit().await?;
        let opened = visit.channels.open(opening(bot, lifetime)).await;
        let lease = opened.map_err(not_opened)?;
        Ok(Room {
            channel_id: lease.channel_id(),
            lease: Box::new(Visited {
                _lease: lease,
                _visit: visit,
            }),
        })
    }

    /// The visit that goes on, or a new one.
    async fn visit(&self) -> Result<Arc<Visit>, NoRoom> {
        let mut last = self.visits.last.lock().await;
        if let Some(visit) = last.visit.upgrade() {
            return Ok(visit);
        }
        if let Some(leaving) = &mut last.leaving {
            // However it ended, the store is free.
            drop(leaving.await);
            last.leaving = None;
        }
        let config = &self.maintenance.config;
        let daybook = self.maintenance.daybook().await.map_err(sorted)?;
        let next = daybook.next_order().await;
        let next = next.map_err(|error| sorted(settings::store_failed(error)))?;
        let opened = Store::open_with(&config.store, settings::errand(config)).await;
        let store = opened.map_err(|error| self.is_held(error))?;
        let purpose = Purpose::Requests(REQUESTS, next);
        let (visit, leaving) = self.drive(store, daybook, purpose).await.map_err(sorted)?;
        *last = Last {
            visit: Arc::downgrade(&visit),
            leaving: Some(leaving),
        };
        Ok(visit)
    }

    /// What it means that the store cannot be opened.
    fn is_held(&self, error: StoreError) -> NoRoom {
        match error {
            error @ StoreError::Busy { .. } if settings::is_errand(&error) => Failure::NotDone {
                wait: None,
                source: error.into(),
            }
            .into(),
            StoreError::Busy { .. } if self.maintenance.config.upkeep.in_proxy => NoRoom::Left,
            StoreError::Busy { .. } => Failure::Never {
                source: "a proxy holds the store: set upkeep.in_proxy, so that it opens temporary \
                         channels itself, or bots.default_channel_id"
                    .into(),
            }
            .into(),
            error => sorted(settings::store_failed(error)).into(),
        }
    }

    /// Does what the holder of the store does, until nobody has what it gives any more and none of its
    /// channels is left to delete, or to prove gone. What else is owed waits for a sweep or a proxy.
    async fn drive(
        &self,
        store: Store,
        daybook: Daybook,
        purpose: Purpose,
    ) -> Result<(Arc<Visit>, JoinHandle<()>), Failed> {
        let mut alone = Alone::start(&self.maintenance, store, daybook, purpose).await?;
        let (leave, left) = oneshot::channel::<()>();
        let visit = Visit {
            channels: alone.channels.clone(),
            _left: leave,
        };
        let leaving = self.visits.tasks.spawn(async move {
            let told = alone.channels.clone();
            let leaving = async {
                // An error says that it was dropped.
                drop(left.await);
                if timeout(ROOM_SETTLE_TIMEOUT, told.settled()).await.is_err() {
                    let left = told.counts();
                    tracing::info!(?left, "channels are left to the next sweep or proxy");
                }
                Ok(())
            };
            let outcome = alone.engines.unless_one_ends(leaving).await;
            let ended = alone.engines.end(&outcome).await;
            if let Err(failed) = outcome.and(ended) {
                let error = failed.chain();
                tracing::warn!(
                    error,
                    "a temporary channel is left to the next sweep or proxy"
                );
            }
        });
        Ok((Arc::new(visit), leaving))
    }
}

impl Rooms for VisitingRooms {
    fn open<'a>(&'a self, bot: &'a str, lifetime: Duration) -> BoxFuture<'a, Result<Room, NoRoom>> {
        self.enter(bot, lifetime).boxed()
    }
}

fn sorted(failed: Failed) -> Failure {
    match failed {
        Failed::Unreachable { .. } | Failed::StoreBusy { .. } => Failure::NotDone {
            wait: None,
            source: failed.into(),
        },
        _ => Failure::Never {
            source: failed.into(),
        },
    }
}
