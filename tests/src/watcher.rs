//! A process that watches: gateway, feeder and driver, killed and started again.

use std::time::Duration;

use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_gateway::{
    Delivery, Gateway, Hub, Session, Settings as GatewaySettings, Subscription,
};
use cordboard_recovery::{
    EVENTS, Event, Inbox, Observed, Recovery, Sabotage, Settings, Standing, recovery,
};
use cordboard_simulator::Simulator;
use secrecy::SecretString;
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// A process that watches, or has ended. Its record outlives it.
#[derive(Debug)]
pub struct Watcher<I> {
    discord: Simulator,
    record: I,
    settings: Settings,
    safeguard: Option<Sabotage>,
    life: Option<Life>,
    /// Processes so far.
    pub lives: usize,
    /// What made earlier lives end by themselves.
    faults: Vec<String>,
}

#[derive(Debug)]
struct Life {
    /// Aborted when they are dropped, as in a killed process.
    tasks: JoinSet<Result<(), String>>,
    stop: CancellationToken,
    standing: watch::Receiver<Standing>,
}

// === impl Watcher ===

impl<I: Inbox + Clone> Watcher<I> {
    /// One that has not been started yet.
    pub fn new(discord: Simulator, record: I, settings: Settings) -> Self {
        // The second one of this process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            discord,
            record,
            settings,
            safeguard: None,
            life: None,
            lives: 0,
            faults: Vec::new(),
        }
    }

    /// The same without this safeguard.
    #[must_use]
    pub fn without(mut self, safeguard: Option<Sabotage>) -> Self {
        self.safeguard = safeguard;
        self
    }

    /// Starts it, unless it runs.
    ///
    /// # Panics
    /// When its record cannot be read.
    pub async fn start(&mut self) {
        if self.life.is_some() {
            return;
        }
        let rest = Discord::new(&DiscordSettings {
            rest_url: Some(self.discord.rest_url()),
            ..DiscordSettings::new(SecretString::from(self.discord.token()))
        });
        let rest = rest.expect("the sender takes its settings");
        let recovery = recovery(rest.backfill(), self.record.clone(), self.settings.clone());
        let (recovery, mut driver, session) = recovery.await.expect("the record can be read");
        if let Some(safeguard) = self.safeguard {
            driver.sabotage(safeguard);
        }
        let mut gateway = GatewaySettings::new(SecretString::from(self.discord.token()));
        gateway.leaves_session = true;
        let (hub, mut gateway) = Gateway::new(gateway, rest);
        if let Some(session) = session {
            gateway = gateway.resuming(Session {
                id: session.id,
                sequence: session.sequence,
                resume_url: session.resume_url,
            });
        }
        let tap = hub.tap(EVENTS);
        let standing = recovery.standing();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (gateway_stop, driver_stop) = (stop.clone(), stop.clone());
        tasks.spawn(async move {
            let ended = gateway.run(gateway_stop).await;
            ended
                .map(drop)
                .map_err(|fatal| format!("the gateway: {fatal}"))
        });
        tasks.spawn(feed(tap, hub, recovery));
        tasks.spawn(async move {
            let ended = driver.run(driver_stop).await;
            ended.map_err(|error| format!("the driver: {error}"))
        });
        self.lives += 1;
        self.life = Some(Life {
            tasks,
            stop,
            standing,
        });
    }

    /// Ends it between two instructions.
    pub async fn kill(&mut self) {
        self.note_end();
        if let Some(mut life) = self.life.take() {
            life.tasks.shutdown().await;
        }
    }

    /// Ends it in order.
    pub async fn stop(&mut self) {
        self.note_end();
        let Some(mut life) = self.life.take() else {
            return;
        };
        life.stop.cancel();
        let faults = &mut self.faults;
        let all = async {
            while let Some(ended) = life.tasks.join_next().await {
                faults.extend(fault(ended));
            }
        };
        if timeout(Duration::from_secs(30), all).await.is_err() {
            self.faults.push("the watcher does not stop".to_owned());
        }
    }

    /// How the watch stands, if it runs.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        Some(*self.life.as_ref()?.standing.borrow())
    }

    /// What made it, or an earlier life of it, end by itself, if anything did.
    pub fn ended(&mut self) -> Vec<String> {
        self.note_end();
        std::mem::take(&mut self.faults)
    }

    fn note_end(&mut self) {
        let ended = self
            .life
            .as_mut()
            .and_then(|life| life.tasks.try_join_next());
        if let Some(ended) = ended {
            let why = fault(ended).unwrap_or_else(|| "the watcher has ended".to_owned());
            self.faults.push(why);
        }
    }
}

/// What is wrong with how a part of it ended.
fn fault(ended: Result<Result<(), String>, JoinError>) -> Option<String> {
    match ended {
        Ok(ended) => ended.err(),
        Err(panic) => Some(format!("the watcher has panicked: {panic}")),
    }
}

/// Tells the driver what the gateway delivers.
async fn feed(mut tap: Subscription, hub: Hub, recovery: Recovery) -> Result<(), String> {
    let standing = recovery.standing();
    let mut unheard = None;
    while let Some(delivery) = tap.next().await {
        let observed = match delivery {
            Delivery::Dispatch(dispatch) => Observed::Event(Event {
                name: dispatch.name.clone(),
                sequence: dispatch.sequence,
                guild_id: dispatch.guild_id,
                channel_id: dispatch.channel_id,
                data: dispatch.data.clone(),
            }),
            Delivery::Lapse(_) => Observed::Lapsed,
            Delivery::Acknowledged(told) => {
                let found = standing.borrow().unheard;
                if let Some(found) = found.filter(|_| found != unheard) {
                    hub.expect(found.guild_id, Instant::now());
                }
                unheard = found;
                Observed::Acknowledged {
                    sent: told.sent,
                    away: told.away,
                }
            }
        };
        if recovery.observe(observed).await.is_err() {
            break;
        }
    }
    Ok(())
}
