//! `serve`: all scheduled work, as a daemon.
//!
//! ```text
//!   configuration file, SIGHUP ──► follow ──jobs──► Timetable ──► bots
//!                                                      └── diary: a proxy that does the same does it not again
//!   store, Discord ──► Patrol ──alarms──► outbox ──► whoever is to be told
//! ```

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use cordboard_frontend::Details;
use cordboard_store::Daybook;
use cordboard_upkeep::Jobs;
use secrecy::ExposeSecret as _;
use tokio::{
    net::TcpListener,
    signal::unix::Signal,
    sync::watch,
    time::{sleep, timeout},
};

use super::Maintenance;
use crate::{
    Config, Environment, Failed, WallClock, Watchdog,
    alerts::{AlertBox, KnownBots, Patrol},
    config::{self, Follower},
    engines::Engines,
    front::Front,
    heartbeat, install_tls,
    limits::{CARE_ROUND_MAX, FRONT_STOP_TIMEOUT, PATROL_EVERY, PATROL_ROUND_MAX},
    settings,
    upkeep::{self, VisitingRooms, Visits},
    watchdog::Pulse,
};

/// What a daemon is made of.
#[derive(Debug)]
pub struct Served {
    /// The configuration file, which is followed while it runs.
    pub path: PathBuf,
    /// What is laid over it.
    pub environment: Environment,
    /// The wall clock that schedules go by.
    pub clock: WallClock,
    /// What watches over its tasks; with a paused clock that has to be one that was not started.
    pub watchdog: Watchdog,
    /// SIGHUP: the configuration is read again at each. `None`: only the file is looked at.
    pub hangups: Option<Signal>,
    /// Who does it, for records.
    pub actor: String,
}

/// What all parts go by; it changes with the configuration.
#[derive(Clone)]
struct Terms {
    maintenance: Maintenance,
    /// Where alarms go.
    alert_box: AlertBox,
}

/// What the jobs are made of.
struct Work {
    terms: watch::Sender<Terms>,
    daybook: Daybook,
    visits: Visits,
}

/// Does what is due until `stop`; `ready` is told where it says that it is alive, if it does. What is
/// under way then is given back, for the next process to go on with.
///
/// A configuration that changes is picked up; one that cannot be used is refused with a line in the log,
/// and the old one goes on.
///
/// # Errors
/// When it cannot start, or a part of it ends by itself.
pub async fn serve(
    served: Served,
    stop: impl Future<Output = ()>,
    ready: impl FnOnce(Option<SocketAddr>),
) -> Result<(), Failed> {
    install_tls();
    let Served {
        path,
        environment,
        clock,
        watchdog,
        hangups,
        actor,
    } = served;
    let config = Config::load(Some(&path), &environment)?;
    let follower = config.origin.clone();
    let follower = follower.map(|origin| Follower::new(origin, hangups));
    let front = listen(&config, &watchdog).await?;
    let maintenance = Maintenance::new(config, clock.clone(), actor)?;
    let daybook = maintenance.daybook().await?;
    let (terms, told) = watch::channel(Terms::of(maintenance));
    let work = Work {
        terms,
        daybook,
        visits: Visits::default(),
    };
    let (jobs, listed) = watch::channel(work.jobs());
    let timetable = upkeep::timetable(&work.daybook, clock, listed.clone());
    let mut engines = Engines::new(&watchdog);
    engines.spawn("timetable", |stop| async move {
        timetable.run(stop.cancelled_owned()).await;
        Ok::<(), Failed>(())
    });
    let seen = told.clone();
    engines.spawn_rounds("alerts", CARE_ROUND_MAX, |pulse| deliver(told, pulse));
    engines.spawn_rounds("patrol", PATROL_ROUND_MAX, |pulse| patrol(seen, pulse));
    engines.spawn_care("former bots", end_former_bots(work.terms.subscribe()));
    if let Some(follower) = follower {
        engines.spawn_care("configuration", follow(follower, work, jobs));
    }
    engines.spawn_care("status", tell(watchdog.clone(), listed.clone()));
    if watchdog.is_started() {
        engines.spawn_rounds("the runtime", watchdog.silence_max(), async |pulse| {
            match heartbeat::beat(pulse).await {}
        });
    }
    if let Some((front, _)) = &front {
        let details = move || Details::from([("jobs", listed.borrow().len().into())]);
        front.open_health(env!("CARGO_PKG_VERSION"), details);
    }
    ready(front.as_ref().map(|(_, address)| *address));
    let outcome = tokio::select! {
        biased;
        () = stop => Ok(()),
        failed = engines.one_ends() => Err(failed),
    };
    watchdog.notifier().tell("STOPPING=1");
    if let Some((mut front, _)) = front {
        front.close();
        front.cut();
        // A connection that does not end is cut when it is dropped.
        drop(timeout(FRONT_STOP_TIMEOUT, front.ended()).await);
    }
    let ended = engines.end(&outcome).await;
    outcome.and(ended)
}

/// Takes connections where the configuration says so.
async fn listen(
    config: &Config,
    watchdog: &Watchdog,
) -> Result<Option<(Front, SocketAddr)>, Failed> {
    let Some(listen) = config.upkeep.listen else {
        return Ok(None);
    };
    let failed = |source| Failed::System {
        what: format!("to listen on {listen}"),
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let front = Front::take(listener, &settings::frontend(config), watchdog);
    Ok(Some((front, address)))
}

/// Tells the service manager that it is ready, and how much there is to do whenever that changes.
async fn tell(watchdog: Watchdog, mut jobs: watch::Receiver<Jobs>) {
    loop {
        let count = jobs.borrow_and_update().len();
        tracing::info!(jobs = count, "serving");
        let message = format!("READY=1\nSTATUS={count} jobs");
        watchdog.notifier().tell(&message);
        if jobs.changed().await.is_err() {
            return;
        }
    }
}

/// Delivers alerts for ever, to whoever is to be told by the configuration as it is. What is under way when
/// that changes is delivered again, by its id the same.
async fn deliver(mut told: watch::Receiver<Terms>, pulse: Arc<Pulse>) {
    loop {
        let alert_box = told.borrow_and_update().alert_box.clone();
        tokio::select! {
            () = alert_box.deliver(Arc::clone(&pulse)) => {}
            Ok(()) = told.changed() => {}
        }
    }
}

/// Ends the alarms of bots that the configuration, as it is, does not have; again and again, since one that is
/// spoken to when it is taken out may be told of hours later.
async fn end_former_bots(mut told: watch::Receiver<Terms>) {
    loop {
        let Terms {
            maintenance,
            alert_box,
        } = told.borrow_and_update().clone();
        let known = KnownBots::of(&maintenance.config);
        alert_box.end_former_bots(&known).await;
        tokio::select! {
            changed = told.changed() => if changed.is_err() {
                return;
            },
            () = sleep(PATROL_EVERY) => {}
        }
    }
}

/// Looks around for ever.
async fn patrol(told: watch::Receiver<Terms>, pulse: Arc<Pulse>) {
    let mut patrol = Patrol::default();
    loop {
        let Terms {
            maintenance,
            alert_box,
        } = told.borrow().clone();
        patrol.round(&maintenance, &alert_box).await;
        pulse.round();
        sleep(PATROL_EVERY).await;
    }
}

/// Picks up what changes in the configuration, for ever.
async fn follow(mut follower: Follower, work: Work, jobs: watch::Sender<Jobs>) {
    loop {
        match work.change(follower.changed().await) {
            Ok(()) => {
                jobs.send_replace(work.jobs());
                tracing::info!("the configuration was read again");
            }
            Err(why) => tracing::error!(
                why,
                "the configuration cannot be used as it is now; the old one goes on"
            ),
        }
    }
}

// === impl Terms ===

impl Terms {
    fn of(maintenance: Maintenance) -> Self {
        Self {
            alert_box: maintenance.alert_box(),
            maintenance,
        }
    }
}

// === impl Work ===

impl Work {
    fn jobs(&self) -> Jobs {
        let Terms {
            maintenance,
            alert_box: alarms,
        } = self.terms.borrow().clone();
        let rooms = VisitingRooms::new(maintenance.clone(), self.visits.clone());
        let rooms = Arc::new(rooms);
        let Maintenance {
            config,
            clock,
            discord,
            actor,
            given: _,
            removing: _,
            has_ordered: _,
            teller: _,
        } = maintenance;
        let keeper = upkeep::keeper(
            &config,
            discord,
            &self.daybook,
            clock,
            &actor,
            rooms,
            alarms,
        );
        upkeep::jobs(&config, &Arc::new(keeper))
    }

    /// Goes over to another configuration, or says why not.
    fn change(&self, loaded: Result<Config, Failed>) -> Result<(), String> {
        let config = loaded.map_err(|failed| failed.chain())?;
        let mut maintenance = self.terms.borrow().maintenance.clone();
        let now = &maintenance.config;
        for (key, is_other) in [
            ("store.url", config.store != now.store),
            ("upkeep.listen", config.upkeep.listen != now.upkeep.listen),
        ] {
            if is_other {
                return Err(format!("{key} cannot change while it runs: start again"));
            }
        }
        if !is_the_same(&config.discord, &now.discord) {
            // What is known of limits is told anew by the first answers.
            maintenance.discord = settings::connect(&config).map_err(|failed| failed.chain())?;
        }
        maintenance.config = Arc::new(config);
        self.terms.send_replace(Terms::of(maintenance));
        Ok(())
    }
}

fn is_the_same(one: &config::Discord, other: &config::Discord) -> bool {
    one.token.expose_secret() == other.token.expose_secret()
        && one.rest_url == other.rest_url
        && one.requests_per_second == other.requests_per_second
}
