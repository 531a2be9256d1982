//! The front of a desk, put together.

use std::{fmt, sync::Arc};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Cause, Consumers, DeadLetters, Debts, Desk, Details, Entrance, MessageLog, Metric, Settings,
    body::Bodies,
    health::{DetailsFn, Life},
    key::KeyRing,
    readiness::CausesFn,
    relay::{Relay, Streams},
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

    /// Opens `/relay/v1` to keys with the scope `relay`. Without it, its paths are unknown.
    #[must_use]
    pub fn with_relay(
        mut self,
        log: impl MessageLog,
        consumers: impl Consumers + DeadLetters,
    ) -> Self {
        self.extras.relay = Some(Relay::new(log, consumers));
        self
    }

    /// Lets somebody else reach the streams of the relay's consumers. To be called after
    /// [`Self::with_relay`].
    #[must_use]
    pub fn with_streams(mut self, streams: Streams) -> Self {
        if let Some(relay) = &mut self.extras.relay {
            relay.share(streams);
        }
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
        self,
        listener: TcpListener,
        soft: CancellationToken,
        hard: CancellationToken,
    ) {
        let entrance = Entrance::new(&self.settings, soft, hard);
        entrance.open(self);
        entrance.serve(listener).await;
    }

    /// What answers requests.
    pub(crate) fn into_router(
        mut self,
        life: Life,
        soft: CancellationToken,
        hard: CancellationToken,
    ) -> Router {
        let extras = std::mem::take(&mut self.extras);
        routes::router(Arc::new(self.into_server(life, soft, hard)), extras)
    }

    fn into_server(
        mut self,
        life: Life,
        soft: CancellationToken,
        hard: CancellationToken,
    ) -> Server<D> {
        Server {
            keys: KeyRing::new(std::mem::take(&mut self.settings.keys)),
            bodies: Bodies::new(self.settings.body_bytes_max, self.settings.bodies_bytes_max),
            started: (self.clock)(),
            life,
            desk: self.desk,
            settings: self.settings,
            clock: self.clock,
            details: self.details,
            causes: self.causes,
            soft,
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
