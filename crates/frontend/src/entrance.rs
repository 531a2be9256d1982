//! The entrance: takes connections until it is told to stop.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Duration, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use crate::{
    Cause, Desk, Details, Frontend, Settings,
    connection::{self, Tasks},
    health::Life,
    limits::{ACCEPT_PAUSE, DEADLINE_GRACE, DISCARD_TIMEOUT, LAST_WORDS},
    starting,
};

/// Where connections come in, before there is a front to lead them to: a start may take minutes, and
/// a supervisor that hears nothing meanwhile starts anew.
///
/// Until it is opened, `/healthz` says whether the process is alive, `/readyz` that it is starting, and
/// everything else is a 503 that asks to come again. The front then answers on the same connections.
#[derive(Clone)]
pub struct Entrance {
    answering: Answering,
    connections_max: usize,
    request_timeout: Duration,
    life: Life,
    soft: CancellationToken,
    hard: CancellationToken,
}

/// Who answers the next request.
#[derive(Clone)]
pub(crate) struct Answering {
    starting: Router,
    front: Arc<OnceLock<Router>>,
}

// === impl Entrance ===

impl Entrance {
    /// An entrance for a front with these settings. After `soft` no connection and no further request
    /// is taken; `hard` ends what is under way.
    #[must_use]
    pub fn new(settings: &Settings, soft: CancellationToken, hard: CancellationToken) -> Self {
        Self::watched(settings, soft, hard, || None)
    }

    /// As [`Self::new`], with something that knows whether the process is stuck, and in what: then
    /// `/healthz` is a 503 that says so. It is asked at each request, and anyone may read the answer.
    #[must_use]
    pub fn watched(
        settings: &Settings,
        soft: CancellationToken,
        hard: CancellationToken,
        stuck: impl Fn() -> Option<Cause> + Send + Sync + 'static,
    ) -> Self {
        let life = Life::new(stuck);
        Self {
            answering: Answering {
                starting: starting::router(settings.version.clone(), life.clone()),
                front: Arc::default(),
            },
            connections_max: settings.connections_max,
            request_timeout: settings.request_timeout,
            life,
            soft,
            hard,
        }
    }

    /// Leads all further requests to `frontend`. It opens once: whoever comes second changes nothing.
    pub fn open<D: Desk>(&self, frontend: Frontend<D>) {
        let life = self.life.clone();
        let router = frontend.into_router(life, self.soft.clone(), self.hard.clone());
        let _ = self.answering.front.set(router);
    }

    /// Tells from now on that the process is alive, and nothing else: for a program that answers nobody's
    /// questions. As [`Self::open`], it opens once.
    pub fn open_health(
        &self,
        version: &str,
        details: impl Fn() -> Details + Clone + Send + Sync + 'static,
    ) {
        let life = self.life.clone();
        let router = starting::alive(version.to_owned(), life, details);
        let _ = self.answering.front.set(router);
    }

    /// Serves `listener` until told to stop, and returns once what is under way has ended. After
    /// `hard` that is told off: open streams end with an error event, and a second later the
    /// connections are cut.
    ///
    /// Dropping the future cuts all connections at once.
    pub async fn serve(self, listener: TcpListener) {
        let (soft, hard) = (self.soft, self.hard);
        let cut = CancellationToken::new();
        let _cut_when_dropped = cut.clone().drop_guard();
        let tracker = TaskTracker::new();
        let request_max = self.request_timeout + DEADLINE_GRACE + DISCARD_TIMEOUT;
        let tasks = Tasks {
            tracker: tracker.clone(),
            request_max,
            cut: cut.clone(),
        };
        // Later than the tasks: over HTTP/2 one late request is no reason to cut the others.
        let connection_max = request_max + LAST_WORDS;
        let places = Arc::new(Semaphore::new(self.connections_max.max(1)));
        let builder = Arc::new(connection::builder(tasks));
        let accepting = async {
            loop {
                let (place, stream) = accept(&listener, &places).await;
                let (builder, answering) = (Arc::clone(&builder), self.answering.clone());
                let (soft, cut) = (soft.clone(), cut.clone());
                tracker.spawn(async move {
                    let _place = place;
                    connection::serve(stream, &builder, answering, connection_max, soft, cut).await;
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
}

impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entrance")
            .field("is_open", &self.answering.front.get().is_some())
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

// === impl Answering ===

impl Answering {
    /// Asked for each request: a connection may be older than the front.
    pub(crate) fn router(&self) -> Router {
        self.front.get().unwrap_or(&self.starting).clone()
    }
}
