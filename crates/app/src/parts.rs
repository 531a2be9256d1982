//! What the parts of a running proxy share, and how they are started.

use cordboard_conversation::Exchanges;
use cordboard_discord::Discord;
use cordboard_frontend::Frontend;
use cordboard_gateway::{Gateway, Hub};
use cordboard_lifecycle::{ChannelApi, Channels, Clock, Driver, GuildApi, Registry};
use cordboard_recovery::Recovery;
use cordboard_store::Store;
use tokio::time::timeout;

use crate::{
    Config, Failed, WallClock, Watchdog,
    alerts::{AlertBox, KnownBots, Lookout},
    arrears::Arrears,
    canary::Canary,
    config::Follower,
    connect,
    debts::OpenDebts,
    engines::Engines,
    events,
    health::Witnesses,
    housekeeping,
    limits::{CARE_ROUND_MAX, ORDER_ROUND_MAX, START_REAP_TIMEOUT, STATUS_ROUND_MAX},
    orders::{self, Steward},
    relay::Told,
    room,
    session::Keeper,
    settings, space, status, stop,
    upkeep::ProxiedUpkeep,
};

/// What the parts of a running proxy share.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) discord: Discord,
    pub(crate) channels: Channels,
    pub(crate) hub: Hub,
    pub(crate) told: Option<Told>,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) clock: WallClock,
    pub(crate) canary: Canary,
    pub(crate) arrears: Arrears,
    pub(crate) watchdog: Watchdog,
    pub(crate) alert_box: AlertBox,
}

// === impl Parts ===

impl Parts {
    /// Takes over what a former life left, and what an operator has told it.
    pub(crate) async fn recover<A, R, C>(
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
        let reminded = Steward::remind(&self.store, &self.channels).await;
        reminded.map_err(settings::store_failed)?;
        let held = self.store.deletions_held().await;
        if held.map_err(settings::store_failed)? {
            self.channels.hold_deletions(true);
        }
        Ok(driver)
    }

    pub(crate) fn spawn_gateway(
        &self,
        gateway: Gateway<Discord>,
        keeper: Keeper,
        engines: &mut Engines,
    ) {
        let (hub, hidden) = (self.hub.clone(), self.channels.hidden());
        let failing = engines.failing();
        engines.spawn("gateway", |stop| {
            keeper.run(gateway, (hub, hidden), stop, failing)
        });
    }

    /// Starts what looks after the rest.
    pub(crate) async fn spawn_care(
        &self,
        config: &Config,
        engines: &mut Engines,
    ) -> Result<(), Failed> {
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
        let (steward, place) = (self.steward(config), settings::daybook(config));
        engines.spawn_rounds("orders", ORDER_ROUND_MAX, |pulse| {
            orders::watch(place, steward, pulse)
        });
        self.spawn_alerts(config, engines);
        let discord = self.discord.clone();
        engines.spawn("token", move |stop| connect::token_is_good(discord, stop));
        self.spawn_upkeep(config, engines).await
    }

    /// Starts what notices what somebody should be told, and what tells it.
    fn spawn_alerts(&self, config: &Config, engines: &mut Engines) {
        let lookout = Lookout {
            alert_box: self.alert_box.clone(),
            hub: self.hub.clone(),
            channels: self.channels.clone(),
            canary: self.canary.clone(),
            arrears: self.arrears.clone(),
            guild: config.discord.guild_id.to_string(),
            bots: KnownBots::of(config),
        };
        engines.spawn_rounds("lookout", CARE_ROUND_MAX, |pulse| lookout.watch(pulse));
        if !self.alert_box.targets().is_empty() {
            let alert_box = self.alert_box.clone();
            engines.spawn_rounds("alerts", CARE_ROUND_MAX, |pulse| alert_box.deliver(pulse));
        }
    }

    fn steward(&self, config: &Config) -> Steward {
        Steward {
            store: self.store.clone(),
            channels: self.channels.clone(),
            recovery: self.recovery.clone(),
            configured: config.channels.protected.clone(),
            clock: self.clock.clone(),
            streams: self.told.as_ref().map(Told::streams).unwrap_or_default(),
        }
    }

    /// Starts what is done on a schedule, if the proxy is to do it, now or when its configuration changes.
    async fn spawn_upkeep(&self, config: &Config, engines: &mut Engines) -> Result<(), Failed> {
        let mut upkeep = ProxiedUpkeep::new(config, self);
        let table = upkeep.go_over(config).await?;
        let follower = match config.origin.clone() {
            Some(origin) => Some(Follower::new(origin, Some(stop::hangups()?))),
            None => None,
        };
        engines.spawn("timetable", |stop| upkeep.run(table, follower, stop));
        Ok(())
    }

    /// Starts what tells the service manager how it goes, if there is one to be told, and looks at the
    /// gateway from beside it.
    pub(crate) fn spawn_status(&self, engines: &mut Engines) {
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
    pub(crate) async fn reap_left_overs(&self) -> Result<(), Failed> {
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

    /// What answers requests. What it hears of bots' limits is told.
    pub(crate) fn front(
        self,
        config: &Config,
        engines: &mut Engines,
    ) -> (Exchanges<Discord>, Frontend<Exchanges<Discord>>) {
        let (channels, hub, clock) = (self.channels, self.hub, self.clock);
        let witnesses = Witnesses {
            hub: hub.clone(),
            channels: channels.clone(),
            canary: self.canary,
            arrears: self.arrears,
            watchdog: self.watchdog,
            alerts: self.alert_box.tally().clone(),
            relay: self.told.clone(),
        };
        let (ready, alive, counted) = (witnesses.clone(), witnesses.clone(), witnesses);
        let conversations = settings::conversation(config);
        let exchanges = Exchanges::new(self.discord, channels.clone(), hub, conversations);
        let limits = self.alert_box.tell_limits(exchanges.last_words());
        engines.spawn_care("bot limits", limits);
        let debts = OpenDebts::new(self.store, channels, clock.clone());
        let seconds = move || clock.now().as_secs();
        let mut frontend = Frontend::new(exchanges.clone(), settings::frontend(config), seconds)
            .with_readiness(move || ready.causes())
            .with_metrics(move || counted.metrics())
            .with_details(move || alive.details())
            .with_admin(debts);
        if let Some(told) = self.told {
            let streams = told.streams();
            frontend = frontend
                .with_relay(told.clone(), told)
                .with_streams(streams);
        }
        (exchanges, frontend)
    }
}
