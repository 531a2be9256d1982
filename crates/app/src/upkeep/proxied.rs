//! What the proxy does on a schedule, and goes over to when its configuration changes.

use std::{future::pending, sync::Arc};

use cordboard_discord::Discord;
use cordboard_lifecycle::Channels;
use cordboard_store::{Daybook, Location};
use cordboard_upkeep::{Jobs, Timetable};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;
use twilight_model::id::{Id, marker::GuildMarker};

use super::{BotKeeper, OwnedRooms, jobs, keeper};
use crate::{
    Config, Failed, WallClock,
    alerts::{AlertBox, KnownBots},
    config::Follower,
    limits::PATROL_EVERY,
    parts::Parts,
    settings,
};

/// What the proxy does on a schedule (`upkeep.in_proxy`); nothing else of its configuration can change while
/// it runs.
pub(crate) struct ProxiedUpkeep {
    discord: Discord,
    channels: Channels,
    clock: WallClock,
    alert_box: AlertBox,
    /// The bots of the configuration as it is.
    bots: KnownBots,
    /// Where the diary is, and the channels are: these cannot change.
    place: (Location, Id<GuildMarker>),
    begun: Option<Begun>,
}

/// What is there once something is to be done.
struct Begun {
    keeper: Arc<BotKeeper>,
    jobs: watch::Sender<Jobs>,
}

type Table = Timetable<Daybook, WallClock>;

// === impl ProxiedUpkeep ===

impl ProxiedUpkeep {
    /// Of a proxy with this configuration.
    pub(crate) fn new(config: &Config, parts: &Parts) -> Self {
        Self {
            discord: parts.discord.clone(),
            channels: parts.channels.clone(),
            clock: parts.clock.clone(),
            alert_box: parts.alert_box.clone(),
            bots: KnownBots::of(config),
            place: (config.store.clone(), config.discord.guild_id),
            begun: None,
        }
    }

    /// Puts together what this configuration says; `None`: nothing new is to be run.
    pub(crate) async fn go_over(&mut self, config: &Config) -> Result<Option<Table>, Failed> {
        let is_ours = config.upkeep.in_proxy;
        if let Some(Begun { keeper, jobs }) = &self.begun {
            let listed = if is_ours {
                super::jobs(config, keeper)
            } else {
                Jobs::new()
            };
            jobs.send_replace(listed);
            return Ok(None);
        }
        if !is_ours {
            return Ok(None);
        }
        let daybook = Daybook::open(&config.store, settings::store(config)).await;
        let daybook = daybook.map_err(settings::store_failed)?;
        let keeper = Arc::new(keeper(
            config,
            self.discord.clone(),
            &daybook,
            self.clock.clone(),
            "cordboard-proxy upkeep",
            Arc::new(OwnedRooms(self.channels.clone())),
            self.alert_box.clone(),
        ));
        let (jobs, listed) = watch::channel(jobs(config, &keeper));
        self.begun = Some(Begun { keeper, jobs });
        Ok(Some(super::timetable(&daybook, self.clock.clone(), listed)))
    }

    /// Does it, and goes over to what changes, until `stop`. What is under way then is given back.
    pub(crate) async fn run(
        mut self,
        table: Option<Table>,
        mut follower: Option<Follower>,
        stop: CancellationToken,
    ) -> Result<(), Failed> {
        let mut running: FuturesUnordered<BoxFuture<'static, ()>> = FuturesUnordered::new();
        running.extend(table.map(|table| keep(table, stop.clone())));
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // It ends when it is told to stop.
                Some(()) = running.next() => {}
                // One that is spoken to when it is taken out may be told of hours later.
                () = sleep(PATROL_EVERY), if self.begun.is_some() => {
                    self.alert_box.end_former_bots(&self.bots).await;
                }
                changed = changed(&mut follower) => match self.change(changed).await {
                    Ok(table) => {
                        running.extend(table.map(|table| keep(table, stop.clone())));
                        tracing::info!(
                            "the configuration was read again for what is done on a schedule; the rest is \
                             taken at a start"
                        );
                    }
                    Err(why) => tracing::error!(
                        why,
                        "the configuration cannot be used as it is now; the old one goes on"
                    ),
                },
            }
        }
        while running.next().await.is_some() {}
        Ok(())
    }

    /// Goes over to another configuration, or says why not.
    async fn change(&mut self, changed: Result<Config, Failed>) -> Result<Option<Table>, String> {
        let config = changed.map_err(|failed| failed.chain())?;
        if (&config.store, config.discord.guild_id) != (&self.place.0, self.place.1) {
            let why = "store.url and discord.guild_id cannot change while it runs: start again";
            return Err(why.to_owned());
        }
        let gone_over = self.go_over(&config).await;
        let table = gone_over.map_err(|failed| failed.chain())?;
        self.bots = self.bots.gone_over_to(&config);
        // What still stands of them after a failure, the next start ends.
        self.alert_box.end_former_bots(&self.bots).await;
        Ok(table)
    }
}

/// The configuration, when it has changed; never, if it came from no file.
async fn changed(follower: &mut Option<Follower>) -> Result<Config, Failed> {
    match follower {
        Some(follower) => follower.changed().await,
        None => pending().await,
    }
}

fn keep(table: Table, stop: CancellationToken) -> BoxFuture<'static, ()> {
    async move { table.run(stop.cancelled_owned()).await }.boxed()
}
