//! The proxy, put together: in which order it starts, what runs, in which order it lets go.

use std::{net::SocketAddr, pin::pin, time::Duration};

use cordboard_conversation::Exchanges;
use cordboard_discord::Discord;
use cordboard_gateway::Gateway;
use cordboard_lifecycle::{Channels, kp, lifecycle};
use tokio::{
    net::TcpListener,
    time::{Instant, timeout},
};

use crate::{
    Config, Failed, WallClock, Watchdog,
    alerts::AlertBox,
    arrears::Arrears,
    canary::Canary,
    connect,
    engines::Engines,
    front::Front,
    heartbeat, install_tls,
    limits::{ENGINES_STOP_TIMEOUT, FRONT_STOP_TIMEOUT, START_TIMEOUT},
    mark_key,
    parts::Parts,
    relay::Relay,
    session::{self, Keeper},
    settings,
    tasks::Tasks,
};

/// A proxy that is ready: its record read, connected to Discord, its front open.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    front: Front,
    exchanges: Exchanges<Discord>,
    channels: Channels,
    grace: Duration,
    engines: Engines,
    watchdog: Watchdog,
    alert_box: AlertBox,
}

impl Proxy {
    /// Starts everything, in the order in which each part needs the one before, and returns when
    /// requests can be answered. Until then, whoever connects is told that the proxy starts.
    ///
    /// # Errors
    /// What is wrong, sorted by what helps. Nothing keeps running then; what a former life left is
    /// still on record.
    pub async fn start(config: Config, clock: WallClock) -> Result<Self, Failed> {
        Self::start_watched(config, clock, Watchdog::default()).await
    }

    async fn start_watched(
        config: Config,
        clock: WallClock,
        watchdog: Watchdog,
    ) -> Result<Self, Failed> {
        install_tls();
        settings::warn(&config);
        let alert_box = AlertBox::new(&config, clock.clone());
        let started = Self::start_parts(config, clock, watchdog, &alert_box).await;
        if let Err(failed) = &started {
            alert_box.last_word(failed).await;
            alert_box.last_delivery(failed).await;
        }
        started
    }

    async fn start_parts(
        config: Config,
        clock: WallClock,
        watchdog: Watchdog,
        alert_box: &AlertBox,
    ) -> Result<Self, Failed> {
        let deadline = Instant::now() + START_TIMEOUT;
        // What can be refused at once comes first: the address, the store, the key.
        let (listener, address) = listen(&config).await?;
        kp!("app.start.bound");
        let front = Front::take(listener, &settings::frontend(&config), &watchdog);
        let store = settings::open(&config, deadline).await?;
        kp!("app.start.store_opened");
        let key = mark_key::load(&config, &store).await?;
        kp!("app.start.key_loaded");
        let discord = settings::connect(&config)?;
        alert_box.connect(&discord);
        let bot = connect::introduce(&discord, &config, deadline).await?;
        kp!("app.start.introduced");

        let mut engines = Engines::new(&watchdog);
        let gateway = settings::gateway(&config);
        let keeper = Keeper::new(store.clone(), &bot, config.discord.guild_id, &gateway);
        let (hub, gateway) = Gateway::new(gateway, discord.clone());
        let relay = Relay::load(&config, &store, &discord).await?;
        let inherited = keeper.inherit(relay.as_ref()).await?;
        let recovery = relay.as_ref().map(Relay::recovery);
        let told = relay.map(|relay| relay.spawn(&hub, &mut engines));
        let (channels, driver) = lifecycle(
            discord.clone(),
            store.registry(),
            key,
            clock.clone(),
            settings::lifecycle(&config, &bot),
        );
        let gateway = session::resume(inherited, gateway, &channels);
        let parts = Parts {
            store,
            discord,
            channels,
            hub,
            told,
            recovery,
            clock,
            canary: Canary::default(),
            arrears: Arrears::default(),
            watchdog: watchdog.clone(),
            alert_box: alert_box.clone(),
        };
        let driver = parts.recover(driver, &config).await?;
        kp!("app.start.recovered");
        parts.spawn_gateway(gateway, keeper, &mut engines);
        engines.spawn("lifecycle", |stop| driver.run(stop));
        parts.spawn_care(&config, &mut engines).await?;
        let connected = connect::gateway_ready(&parts.hub, deadline);
        engines.unless_one_ends(connected).await?;
        kp!("app.start.connected");
        engines.unless_one_ends(parts.reap_left_overs()).await?;
        parts.spawn_status(&mut engines);
        #[cfg(feature = "sabotage")]
        crate::sabotage::commit(&mut engines);
        let channels = parts.channels.clone();
        let (exchanges, frontend) = parts.front(&config, &mut engines);
        front.open(frontend);
        tracing::info!(%address, bot = %bot.name, "ready");
        kp!("app.start.ready");
        Ok(Self {
            address,
            front,
            exchanges,
            channels,
            grace: config.shutdown_grace,
            engines,
            watchdog,
            alert_box: alert_box.clone(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts and runs, until `stop` says to stop: during the start as well, which waits for minutes
    /// when Discord is out of reach. `ready` is told where it listens. All of it is watched over by
    /// `watchdog`; with a paused clock that has to be one that was not started.
    ///
    /// # Errors
    /// As [`Self::start`] and [`Self::run`].
    pub async fn run_until(
        config: Config,
        clock: WallClock,
        watchdog: Watchdog,
        stop: impl Future<Output = ()>,
        ready: impl FnOnce(SocketAddr),
    ) -> Result<(), Failed> {
        let mut beating = Tasks::new(&watchdog);
        if watchdog.is_started() {
            beating.spawn_rounds("the runtime", watchdog.silence_max(), async |pulse| {
                match heartbeat::beat(pulse).await {}
            });
        }
        let main = watchdog.pulse("main", None);
        let living = async {
            let mut stop = pin!(stop);
            let proxy = tokio::select! {
                biased;
                () = &mut stop => {
                    watchdog.notifier().tell("STOPPING=1");
                    return Ok(());
                }
                started = Self::start_watched(config, clock, watchdog.clone()) => started?,
            };
            ready(proxy.address);
            proxy.run(stop).await
        };
        main.watch(living).await
    }

    /// Answers requests until `stop`, then lets go of everything in the reverse order.
    ///
    /// # Errors
    /// When a part ends by itself: the process should end too, so that its supervisor starts a
    /// whole one.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), Failed> {
        let mut outcome = tokio::select! {
            biased;
            () = stop => Ok(()),
            failed = self.engines.one_ends() => Err(failed),
            failed = self.front.ended() => Err(failed.err().unwrap_or_else(|| {
                Failed::ended_early("front", Ok(()))
            })),
        };
        if let Err(failed) = &outcome {
            self.alert_box.last_word(failed).await;
        }
        tracing::info!("stopping");
        self.watchdog.notifier().tell("STOPPING=1\nSTATUS=stopping");
        kp!("app.stop.told");
        self.exchanges.close();
        kp!("app.stop.closed");
        // In two stages: first it takes no new work, then it ends what is left.
        self.front.close();
        if outcome.is_ok() {
            // Streams may end by themselves, as long as there is something to carry them; whatever
            // does not is released below.
            outcome = tokio::select! {
                biased;
                ended = timeout(self.grace, self.front.ended()) => ended.unwrap_or(Ok(())),
                failed = self.engines.one_ends() => Err(failed),
            };
        }
        kp!("app.stop.streams_ended");
        self.front.cut();
        if let Ok(ended) = timeout(FRONT_STOP_TIMEOUT, self.front.ended()).await {
            outcome = outcome.and(ended);
        } else {
            tracing::warn!("connections that did not end in time are cut");
        }
        drop(self.front);
        kp!("app.stop.front_ended");
        // All leases are dropped now. What there is no time to delete, or to prove gone, is on record,
        // and the next start goes on with it.
        let cleared = timeout(ENGINES_STOP_TIMEOUT, self.channels.cleared()).await;
        if cleared.is_err() {
            let left = self.channels.counts();
            tracing::info!(?left, "channels are left to the next start");
        }
        kp!("app.stop.settled");
        let ended = self.engines.end(&outcome).await;
        kp!("app.stop.engines_ended");
        if let Err(failed) = &outcome {
            self.alert_box.last_delivery(failed).await;
        }
        outcome.and(ended)
    }
}

async fn listen(config: &Config) -> Result<(TcpListener, SocketAddr), Failed> {
    let bind = |source| Failed::System {
        what: format!("to listen on {}", config.listen),
        source,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    Ok((listener, address))
}
