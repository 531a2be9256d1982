//! The proxy, put together: in which order it starts, what runs, in which order it lets go.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use cordboard_conversation::Exchanges;
use cordboard_discord::Discord;
use cordboard_frontend::Frontend;
use cordboard_gateway::{Gateway, Hub};
use cordboard_lifecycle::{ChannelApi, Channels, Clock, Driver, GuildApi, Registry, kp, lifecycle};
use cordboard_store::{Daybook, Store};
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{Instant, timeout},
};

use crate::{
    Config, Failed, WallClock, Watchdog,
    arrears::Arrears,
    canary::Canary,
    connect,
    debts::OpenDebts,
    engines::Engines,
    events,
    front::Front,
    health::Witnesses,
    heartbeat, housekeeping, install_tls,
    limits::{
        CARE_ROUND_MAX, ENGINES_STOP_TIMEOUT, FRONT_STOP_TIMEOUT, START_REAP_TIMEOUT,
        START_TIMEOUT, STATUS_ROUND_MAX,
    },
    mark_key,
    relay::{Relay, Told},
    room,
    session::{self, Keeper},
    settings, space, status,
    tasks::Tasks,
    upkeep::{self, LogAlarms, OwnedRooms},
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
}

/// What the parts of a running proxy share.
struct Parts {
    store: Store,
    discord: Discord,
    channels: Channels,
    hub: Hub,
    told: Option<Told>,
    clock: WallClock,
    canary: Canary,
    arrears: Arrears,
    watchdog: Watchdog,
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
        let deadline = Instant::now() + START_TIMEOUT;
        // What can be refused at once comes first: the address, the store, the key.
        let (listener, address) = listen(&config).await?;
        kp!("app.start.bound");
        let front = Front::take(listener, &settings::frontend(&config), &watchdog);
        let store = settings::open(&config).await?;
        kp!("app.start.store_opened");
        let key = mark_key::load(&config, &store).await?;
        kp!("app.start.key_loaded");
        settings::warn(&config);
        let discord = settings::connect(&config)?;
        let bot = connect::introduce(&discord, &config, deadline).await?;
        kp!("app.start.introduced");

        let mut engines = Engines::new(&watchdog);
        let gateway = settings::gateway(&config);
        let keeper = Keeper::new(store.clone(), &bot, config.discord.guild_id, &gateway);
        let (hub, gateway) = Gateway::new(gateway, discord.clone());
        let relay = Relay::load(&config, &store, &discord).await?;
        let inherited = keeper.inherit(relay.as_ref()).await?;
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
            clock,
            canary: Canary::default(),
            arrears: Arrears::default(),
            watchdog: watchdog.clone(),
        };
        let driver = parts.recover(driver, &config).await?;
        kp!("app.start.recovered");
        parts.spawn_gateway(gateway, keeper, &mut engines);
        engines.spawn("lifecycle", |stop| driver.run(stop));
        parts.spawn_care(&config, &mut engines);
        parts.spawn_upkeep(&config, &mut engines).await?;
        engines
            .unless_one_ends(connect::gateway_ready(&parts.hub, deadline))
            .await?;
        kp!("app.start.connected");
        engines.unless_one_ends(parts.reap_left_overs()).await?;
        parts.spawn_status(&mut engines);
        #[cfg(feature = "sabotage")]
        crate::sabotage::commit(&mut engines);
        let channels = parts.channels.clone();
        let (exchanges, frontend) = parts.front(&config);
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
        let ended = self.engines.end().await;
        kp!("app.stop.engines_ended");
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

// === impl Parts ===

impl Parts {
    /// Takes over what a former life left, and what an operator has told it.
    async fn recover<A, R, C>(
        &self,
        mut driver: Driver<A, R, C>,
        config: &Config,
    ) -> Result<Driver<A, R, C>, Failed>
    where
        A: ChannelApi + GuildApi,
        R: Registry,
        C: Clock,
    {
        #[cfg(feature = "sabotage")]
        if let Some(safeguard) = config.sabotage {
            driver.sabotage(safeguard);
        }
        #[cfg(not(feature = "sabotage"))]
        let _ = config;
        let recovered = driver.recover().await.map_err(settings::lifecycle_failed)?;
        if !recovered.is_empty() {
            tracing::info!(
                ?recovered,
                "a former life left channels; they are being dealt with"
            );
        }
        let held = self.store.deletions_held().await;
        if held.map_err(settings::store_failed)? {
            self.channels.hold_deletions(true);
        }
        Ok(driver)
    }

    fn spawn_gateway(&self, gateway: Gateway<Discord>, keeper: Keeper, engines: &mut Engines) {
        let (hub, hidden) = (self.hub.clone(), self.channels.hidden());
        engines.spawn("gateway", |stop| keeper.run(gateway, hub, hidden, stop));
    }

    /// Starts what looks after the rest.
    fn spawn_care(&self, config: &Config, engines: &mut Engines) {
        let (hub, channels) = (self.hub.clone(), self.channels.clone());
        let guild_id = config.discord.guild_id;
        engines.spawn_care("events", async move {
            events::observe(&hub, &channels, guild_id).await;
        });
        let nearly_full = self.channels.is_nearly_full();
        engines.spawn_care("room", room::watch(self.discord.clone(), nearly_full));
        let free_min_bytes = config.store_free_min_bytes;
        let watching = space::watch(self.store.clone(), self.channels.clone(), free_min_bytes);
        engines.spawn_care("disk", watching);
        let (store, clock) = (self.store.clone(), self.clock.clone());
        engines.spawn("records", move |stop| housekeeping::run(store, clock, stop));
        // Whoever meets the failure: after one that nobody acts on, nothing would be on record.
        let store = self.store.clone();
        engines.spawn("store", move |stop| async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => Ok(()),
                failed = store.failed() => Err(failed),
            }
        });
        let (canary, discord) = (self.canary.clone(), self.discord.clone());
        engines.spawn_rounds("canary", CARE_ROUND_MAX, |pulse| {
            canary.watch(discord, pulse)
        });
        let (arrears, store) = (self.arrears.clone(), self.store.clone());
        let (channels, clock) = (self.channels.clone(), self.clock.clone());
        engines.spawn_rounds("arrears", CARE_ROUND_MAX, |pulse| {
            arrears.watch(store, channels, clock, pulse)
        });
        let discord = self.discord.clone();
        engines.spawn("token", move |stop| connect::token_is_good(discord, stop));
    }

    /// Starts what is done on a schedule, if the proxy is to do it.
    async fn spawn_upkeep(&self, config: &Config, engines: &mut Engines) -> Result<(), Failed> {
        if !config.upkeep.in_proxy {
            return Ok(());
        }
        let daybook = Daybook::open(&config.store, settings::store(config)).await;
        let daybook = daybook.map_err(settings::store_failed)?;
        let keeper = upkeep::keeper(
            config,
            self.discord.clone(),
            &daybook,
            self.clock.clone(),
            "cordboard-proxy upkeep",
            Arc::new(OwnedRooms(self.channels.clone())),
            Arc::new(LogAlarms::default()),
        );
        // They do not change: a proxy takes its configuration at its start.
        let (jobs, listed) = watch::channel(upkeep::jobs(config, &Arc::new(keeper)));
        let timetable = upkeep::timetable(&daybook, self.clock.clone(), listed);
        engines.spawn("timetable", |stop| async move {
            let _jobs = jobs;
            timetable.run(stop.cancelled_owned()).await;
            Ok::<(), Failed>(())
        });
        Ok(())
    }

    /// Starts what tells the service manager how it goes, if there is one to be told, and looks at the
    /// gateway from beside it.
    fn spawn_status(&self, engines: &mut Engines) {
        let watchdog = self.watchdog.clone();
        if !watchdog.is_started() {
            return;
        }
        let (hub, channels) = (self.hub.clone(), self.channels.clone());
        let gateway = watchdog.pulse("gateway", Some(STATUS_ROUND_MAX));
        engines.spawn_rounds("status", STATUS_ROUND_MAX, |pulse| {
            status::tell(watchdog, hub, channels, gateway, pulse)
        });
    }

    /// Waits for what a former life left to be deleted, but not for long: it takes the room that new
    /// channels need, and what takes longer goes on in the background. So does the proof that a
    /// channel is gone, which takes a minute if nobody got the answer to its deletion.
    async fn reap_left_overs(&self) -> Result<(), Failed> {
        let reaping = async {
            self.channels.looked_around().await;
            self.channels.cleared().await;
        };
        let reaped = timeout(START_REAP_TIMEOUT, reaping).await;
        if reaped.is_err() {
            let left = self.channels.counts();
            tracing::info!(?left, "the rest of it is dealt with in the background");
        }
        Ok(())
    }

    /// What answers requests.
    fn front(self, config: &Config) -> (Exchanges<Discord>, Frontend<Exchanges<Discord>>) {
        let (channels, hub, clock) = (self.channels, self.hub, self.clock);
        let witnesses = Witnesses {
            hub: hub.clone(),
            channels: channels.clone(),
            canary: self.canary,
            arrears: self.arrears,
            watchdog: self.watchdog,
            relay: self.told.clone(),
        };
        let (ready, alive, counted) = (witnesses.clone(), witnesses.clone(), witnesses);
        let conversations = settings::conversation(config);
        let exchanges = Exchanges::new(self.discord, channels.clone(), hub, conversations);
        let debts = OpenDebts::new(self.store, channels, clock.clone());
        let seconds = move || clock.now().as_secs();
        let mut frontend = Frontend::new(exchanges.clone(), settings::frontend(config), seconds)
            .with_readiness(move || ready.causes())
            .with_metrics(move || counted.metrics())
            .with_details(move || alive.details())
            .with_admin(debts);
        if let Some(told) = self.told {
            frontend = frontend.with_relay(told.clone(), told);
        }
        (exchanges, frontend)
    }
}
