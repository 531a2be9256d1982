//! The proxy, put together: in which order it starts, what runs, in which order it lets go.

use std::{future::pending, net::SocketAddr, pin::pin, time::Duration};

use cordboard_conversation::Exchanges;
use cordboard_discord::Discord;
use cordboard_frontend::Frontend;
use cordboard_gateway::Gateway;
use cordboard_lifecycle::{Channels, kp, lifecycle};
use cordboard_store::{Location, Store};
use tokio::{
    net::TcpListener,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Config, Failed, SystemClock, connect,
    error::Source,
    health, install_tls,
    limits::{ENGINES_STOP_TIMEOUT, FRONT_STOP_TIMEOUT, START_TIMEOUT},
    mark_key, settings,
    tasks::{Ended, Tasks},
};

/// A proxy that is ready: its address bound, its record read, connected to Discord.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    listener: TcpListener,
    exchanges: Exchanges<Discord>,
    frontend: Frontend<Exchanges<Discord>>,
    channels: Channels,
    grace: Duration,
    engines: Engines,
}

/// What runs below the front, from before the first request until after the last.
#[derive(Debug, Default)]
struct Engines {
    tasks: Tasks,
    stop: CancellationToken,
}

impl Proxy {
    /// Starts everything but the front, in the order in which each part needs the one before, and
    /// returns when requests can be answered.
    ///
    /// # Errors
    /// What is wrong, sorted by what helps. Nothing keeps running then; what a former life left is
    /// still on record.
    pub async fn start(config: Config) -> Result<Self, Failed> {
        install_tls();
        let clock = SystemClock::start();
        let deadline = Instant::now() + START_TIMEOUT;
        // What can be refused at once comes first: the address, the store, the key.
        let bind = |source| Failed::System {
            what: format!("to listen on {}", config.listen),
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        kp!("app.start.bound");
        let store = Store::open(&config.store)
            .await
            .map_err(settings::store_failed)?;
        kp!("app.start.store_opened");
        let key = mark_key::load(&config)?;
        kp!("app.start.key_loaded");
        if config.store == Location::Memory && config.discord.rest_url.is_none() {
            tracing::warn!(
                store.url = %config.store,
                "the store is in memory: if this process is killed, the channels that it leaves stay; set store.url to sqlite:PATH"
            );
        }

        let discord =
            Discord::new(&settings::discord(&config)).map_err(settings::discord_failed)?;
        let bot = connect::introduce(&discord, &config, deadline).await?;
        kp!("app.start.introduced");

        let mut engines = Engines::default();
        let (hub, gateway) = Gateway::new(settings::gateway(&config), discord.clone());
        let lifecycle_settings = settings::lifecycle(&config, &bot);
        let (channels, mut driver) = lifecycle(
            discord.clone(),
            store.registry(),
            key,
            clock,
            lifecycle_settings,
        );
        let recovered = driver.recover().await.map_err(settings::lifecycle_failed)?;
        kp!("app.start.recovered");
        if !recovered.is_empty() {
            tracing::info!(
                ?recovered,
                "a former life left channels; they are being dealt with"
            );
        }
        engines.spawn("gateway", |stop| gateway.run(stop));
        engines.spawn("lifecycle", |stop| driver.run(stop));
        engines
            .unless_one_ends(connect::gateway_ready(&hub, deadline))
            .await?;
        kp!("app.start.connected");

        let conversations = settings::conversation(&config);
        let exchanges = Exchanges::new(discord, channels.clone(), hub.clone(), conversations);
        let clock = move || clock.now().as_secs();
        let frontend = Frontend::new(exchanges.clone(), settings::frontend(&config), clock)
            .with_details(health::details(hub));
        tracing::info!(%address, bot = %bot.name, "ready");
        kp!("app.start.ready");
        let grace = config.shutdown_grace;
        Ok(Self {
            address,
            listener,
            exchanges,
            frontend,
            channels,
            grace,
            engines,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts and runs, until `stop` says to stop: during the start as well, which waits for minutes
    /// when Discord is out of reach. `ready` is told where it listens.
    ///
    /// # Errors
    /// As [`Self::start`] and [`Self::run`].
    pub async fn run_until(
        config: Config,
        stop: impl Future<Output = ()>,
        ready: impl FnOnce(SocketAddr),
    ) -> Result<(), Failed> {
        let mut stop = pin!(stop);
        let proxy = tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            started = Self::start(config) => started?,
        };
        ready(proxy.address);
        proxy.run(stop).await
    }

    /// Answers requests until `stop`, then lets go of everything in the reverse order.
    ///
    /// # Errors
    /// When a part ends by itself: the process should end too, so that its supervisor starts a
    /// whole one.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), Failed> {
        // Two stages: `soft` takes no new work, `hard` ends what is left.
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let mut front = Tasks::default();
        let serving = self
            .frontend
            .serve(self.listener, soft.clone(), hard.clone());
        front.spawn("front", async move {
            serving.await;
            Ok(())
        });
        let mut outcome = tokio::select! {
            () = stop => Ok(()),
            failed = self.engines.one_ends() => Err(failed),
            failed = front.all_ended() => Err(failed.err().unwrap_or_else(|| {
                Failed::ended_early("front", Ok(()))
            })),
        };
        tracing::info!("stopping");
        kp!("app.stop.told");
        self.exchanges.close();
        kp!("app.stop.closed");
        soft.cancel();
        if outcome.is_ok() {
            // Streams may end by themselves, as long as there is something to carry them; whatever
            // does not is released below.
            outcome = tokio::select! {
                ended = timeout(self.grace, front.all_ended()) => ended.unwrap_or(Ok(())),
                failed = self.engines.one_ends() => Err(failed),
            };
        }
        kp!("app.stop.streams_ended");
        hard.cancel();
        if let Ok(ended) = timeout(FRONT_STOP_TIMEOUT, front.all_ended()).await {
            outcome = outcome.and(ended);
        } else {
            tracing::warn!("connections that did not end in time are cut");
        }
        drop(front);
        kp!("app.stop.front_ended");
        // All leases are dropped now. What there is no time to delete is on record as condemned,
        // and the next start goes on with it.
        let settled = timeout(ENGINES_STOP_TIMEOUT, self.channels.settled()).await;
        if settled.is_err() {
            let left = self.channels.counts();
            tracing::info!(?left, "channels are left to the next start");
        }
        kp!("app.stop.settled");
        let ended = self.engines.end().await;
        kp!("app.stop.engines_ended");
        outcome.and(ended)
    }
}

// === impl Engines ===

impl Engines {
    fn spawn<E, F>(&mut self, name: &'static str, run: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Source>,
    {
        let running = run(self.stop.clone());
        self.tasks
            .spawn(name, async move { running.await.map_err(Into::into) });
    }

    /// Waits until one ends although nobody has told it to, however it does.
    async fn one_ends(&mut self) -> Failed {
        match self.tasks.next_end().await {
            Some(Ended { task, outcome }) => Failed::ended_early(task, outcome),
            // There is none any more, and the last one's end has been told.
            None => pending().await,
        }
    }

    /// Waits for `ready`, but not for what cannot come any more.
    async fn unless_one_ends<T>(
        &mut self,
        ready: impl Future<Output = Result<T, Failed>>,
    ) -> Result<T, Failed> {
        tokio::select! {
            // Why a task ended says more than that it is gone.
            biased;
            failed = self.one_ends() => Err(failed),
            ready = ready => ready,
        }
    }

    /// Tells them to stop and waits, within a bound, until they have.
    async fn end(mut self) -> Result<(), Failed> {
        self.stop.cancel();
        timeout(ENGINES_STOP_TIMEOUT, self.tasks.all_ended())
            .await
            .unwrap_or_else(|elapsed| {
                Err(Failed::Task {
                    task: "an engine that was told to stop",
                    source: elapsed.into(),
                })
            })
    }
}
