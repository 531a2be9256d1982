//! The front as a running part: from the first moment of a start until everything else stops.

use cordboard_frontend::{Desk, Details, Entrance, Frontend, Settings};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Failed, Watchdog, tasks::Tasks};

/// The front, which says that the proxy starts until it is opened. Dropping it cuts all connections.
#[derive(Debug)]
pub(crate) struct Front {
    entrance: Entrance,
    tasks: Tasks,
    soft: CancellationToken,
    hard: CancellationToken,
}

// === impl Front ===

impl Front {
    /// Takes connections from now on.
    pub(crate) fn take(listener: TcpListener, settings: &Settings, watchdog: &Watchdog) -> Self {
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let watched = watchdog.clone();
        let entrance = Entrance::watched(settings, soft.clone(), hard.clone(), move || {
            watched.cause()
        });
        let serving = entrance.clone().serve(listener);
        let mut tasks = Tasks::new(watchdog);
        tasks.spawn("front", async move {
            serving.await;
            Ok(())
        });
        Self {
            entrance,
            tasks,
            soft,
            hard,
        }
    }

    /// Tells from now on that the process is alive, and nothing else.
    pub(crate) fn open_health(
        &self,
        version: &str,
        details: impl Fn() -> Details + Clone + Send + Sync + 'static,
    ) {
        self.entrance.open_health(version, details);
    }

    /// Answers requests from now on.
    pub(crate) fn open<D: Desk>(&self, frontend: Frontend<D>) {
        self.entrance.open(frontend);
    }

    /// Takes no new work.
    pub(crate) fn close(&self) {
        self.soft.cancel();
    }

    /// Ends what is left.
    pub(crate) fn cut(&self) {
        self.hard.cancel();
    }

    /// Waits until it has ended, whatever for. Cancel-safe.
    pub(crate) async fn ended(&mut self) -> Result<(), Failed> {
        self.tasks.all_ended().await
    }
}
