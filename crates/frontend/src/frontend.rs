//! The front door: takes connections until it is told to stop.

use std::{fmt, sync::Arc};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use crate::{
    Cause, Debts, Desk, Details, Metric, Settings,
    body::Bodies,
    connection::{self, Tasks},
    health::DetailsFn,
    key::KeyRing,
    limits::{ACCEPT_PAUSE, DEADLINE_GRACE, DISCARD_TIMEOUT, LAST_WORDS},
    readiness::CausesFn,
    routes::{self, Extras},
    server::Server,
};

/// The OpenAI-compatible front of a desk.
pub struct Frontend<D> {
    desk: D,
    settings: Settings,
    clock: Arc<dyn Fn() -> u64 + Send + Sync>,
    details: Arc<DetailsFn>,
    causes: Arc<CausesFn>,
    extras: Extras,
}

impl<D: Desk> Frontend<D> {
    /// A front of `desk`. `clock` tells Unix seconds.
    pub fn new(
        desk: D,
        settings: Settings,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            desk,
            settings,
            clock: Arc::new(clock),
            details: Arc::new(Details::new),
            causes: Arc::new(Vec::new),
            extras: Extras::default(),
        }
    }

    /// Adds facts to `/healthz`. They are read by anyone, at each request.
    #[must_use]
    pub fn with_details(mut self, details: impl Fn() -> Details + Send + Sync + 'static) -> Self {
        self.details = Arc::new(details);
        self
    }

    /// Lets `/readyz` say why no new conversation can begin. Without causes it is ready. They are
    /// read by anyone, at each request.
    #[must_use]
    pub fn with_readiness(
        mut self,
        causes: impl Fn() -> Vec<Cause> + Send + Sync + 'static,
    ) -> Self {
        self.causes = Arc::new(causes);
        self
    }

    /// Opens `/admin/v1` to keys with the scope `admin`. Without it, its paths are unknown.
    #[must_use]
    pub fn with_admin(mut self, debts: impl Debts) -> Self {
        self.extras.debts = Some(Arc::new(debts));
        self
    }

    /// Opens `/metrics` to keys with the scope `admin`. Without it, the path is unknown. `metrics`
    /// is called at each request.
    #[must_use]
    pub fn with_metrics(
        mut self,
        metrics: impl Fn() -> Vec<Metric> + Send + Sync + 'static,
    ) -> Self {
        self.extras.metrics = Some(Arc::new(metrics));
        self
    }

    /// Serves `listener` until both are told: after `soft` no connection and no further request is
    /// taken, and this returns once what is under way has ended. After `hard` that is told off: open
    /// streams end with an error event, and a second later the connections are cut.
    ///
    /// Dropping the future cuts all connections at once.
    pub async fn serve(
        mut self,
        listener: TcpListener,
        soft: CancellationToken,
        hard: CancellationToken,
    ) {
        let cut = CancellationToken::new();
        let _cut_when_dropped = cut.clone().drop_guard();
        let tracker = TaskTracker::new();
        let request_max = self.settings.request_timeout + DEADLINE_GRACE + DISCARD_TIMEOUT;
        let tasks = Tasks {
            tracker: tracker.clone(),
            request_max,
            cut: cut.clone(),
        };
        // Later than the tasks: over HTTP/2 one late request is no reason to cut the others.
        let connection_max = request_max + LAST_WORDS;
        let places = Arc::new(Semaphore::new(self.settings.connections_max.max(1)));
        let builder = Arc::new(connection::builder(tasks));
        let extras = std::mem::take(&mut self.extras);
        let router = routes::router(Arc::new(self.into_server(hard.clone())), extras);
        let accepting = async {
            loop {
                let (place, stream) = accept(&listener, &places).await;
                let (builder, router) = (Arc::clone(&builder), router.clone());
                let (soft, cut) = (soft.clone(), cut.clone());
                tracker.spawn(async move {
                    let _place = place;
                    connection::serve(stream, &builder, router, connection_max, soft, cut).await;
                });
            }
        };
        tokio::select! {
            biased;
            () = hard.cancelled() => soft.cancel(),
            () = soft.cancelled() => {}
            () = accepting => {}
        }
        // Who connects now is refused by the kernel, and tries another instance.
        drop(listener);
        tracker.close();
        let cutting = async {
            hard.cancelled().await;
            sleep(LAST_WORDS).await;
            cut.cancel();
        };
        tokio::select! {
            biased;
            () = tracker.wait() => {}
            () = cutting => tracker.wait().await,
        }
    }

    fn into_server(mut self, hard: CancellationToken) -> Server<D> {
        Server {
            keys: KeyRing::new(std::mem::take(&mut self.settings.keys)),
            bodies: Bodies::new(self.settings.body_bytes_max, self.settings.bodies_bytes_max),
            started: (self.clock)(),
            started_at: Instant::now(),
            desk: self.desk,
            settings: self.settings,
            clock: self.clock,
            details: self.details,
            causes: self.causes,
            hard,
        }
    }
}

impl<D> fmt::Debug for Frontend<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frontend")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The next connection, once there is a place for it. More wait in the kernel's queue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (OwnedSemaphorePermit, TcpStream) {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (place, stream),
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
