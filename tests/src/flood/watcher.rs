//! A process that watches: gateway, feeder and driver, killed and started again.

use std::time::Duration;

use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_gateway::{Delivery, Gateway, Session, Settings as GatewaySettings, Subscription};
use cordboard_recovery::{EVENTS, Event, Observed, Recovery, Sabotage, Settings, Start, recovery};
use cordboard_simulator::Simulator;
use secrecy::SecretString;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use super::{checked::Checked, shore::Shore};

/// A process that watches, or has ended.
#[derive(Debug)]
pub(super) struct Watcher {
    discord: Simulator,
    record: Checked,
    begins_now: bool,
    scrubs: bool,
    safeguard: Option<Sabotage>,
    life: Option<Life>,
    pub(super) lives: usize,
}

#[derive(Debug)]
struct Life {
    /// Aborted when they are dropped, as in a killed process.
    tasks: JoinSet<Result<(), String>>,
    stop: CancellationToken,
}

// === impl Watcher ===

impl Watcher {
    pub(super) fn new(
        discord: Simulator,
        record: Checked,
        shore: &Shore,
        safeguard: Option<Sabotage>,
    ) -> Self {
        // The second one of this process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            discord,
            record,
            begins_now: shore.begins_now,
            scrubs: shore.scrubs,
            safeguard,
            life: None,
            lives: 0,
        }
    }

    /// Starts it, unless it runs.
    pub(super) async fn start(&mut self) {
        if self.life.is_some() {
            return;
        }
        let rest = Discord::new(&DiscordSettings {
            rest_url: Some(self.discord.rest_url()),
            ..DiscordSettings::new(SecretString::from(self.discord.token()))
        });
        let rest = rest.expect("the sender takes its settings");
        let settings = Settings {
            start: if self.begins_now {
                Start::Now
            } else {
                Start::Beginning
            },
            scrub: self.scrubs,
            ..Settings::new(Id::new(self.discord.guild_id()))
        };
        let recovery = recovery(rest.backfill(), self.record.clone(), settings).await;
        let (recovery, mut driver, session) = recovery.expect("memory does not fail");
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
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (gateway_stop, driver_stop) = (stop.clone(), stop.clone());
        tasks.spawn(async move {
            let ended = gateway.run(gateway_stop).await;
            ended
                .map(drop)
                .map_err(|fatal| format!("the gateway: {fatal}"))
        });
        tasks.spawn(feed(tap, recovery));
        tasks.spawn(async move {
            let ended = driver.run(driver_stop).await;
            ended.map_err(|error| format!("the driver: {error}"))
        });
        self.lives += 1;
        self.life = Some(Life { tasks, stop });
    }

    /// Ends it between two instructions.
    pub(super) async fn kill(&mut self) {
        if let Some(mut life) = self.life.take() {
            life.tasks.shutdown().await;
        }
    }

    /// Ends it in order.
    pub(super) async fn stop(&mut self) {
        let Some(mut life) = self.life.take() else {
            return;
        };
        life.stop.cancel();
        let all = async { while life.tasks.join_next().await.is_some() {} };
        let _ = timeout(Duration::from_secs(30), all).await;
    }

    /// What made it end by itself, if anything did.
    pub(super) fn ended(&mut self) -> Option<String> {
        let life = self.life.as_mut()?;
        match life.tasks.try_join_next()? {
            Ok(Ok(())) => Some("the watcher has ended".to_owned()),
            Ok(Err(why)) => Some(why),
            Err(panic) => Some(format!("the watcher has panicked: {panic}")),
        }
    }
}

/// Tells the driver what the gateway delivers.
async fn feed(mut tap: Subscription, recovery: Recovery) -> Result<(), String> {
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
            Delivery::Acknowledged(acknowledged) => Observed::Acknowledged(acknowledged.sent),
        };
        if recovery.observe(observed).await.is_err() {
            break;
        }
    }
    Ok(())
}
