//! Where a process raises and clears alarms: the outbox in the daybook, and who is to be told.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
};

use cordboard_discord::Discord;
use cordboard_lifecycle::Clock as _;
use cordboard_store::{Daybook, StoreError};
use cordboard_upkeep::{
    Failure,
    alerts::{
        Alarm, Alarms, Claimed, Courier, Delivery, Kind, Noted, Outbox, Outcome, Overview, Tally,
        Target,
    },
};
use tokio::{
    sync::{Mutex, Notify},
    time::timeout,
};

use super::Post;
use crate::{
    Config, WallClock, config::Alert, limits::DELIVERY_PATIENCE, orders::DaybookPlace, settings,
    watchdog::Pulse,
};

/// Where a process raises and clears alarms; a handle that is cheap to clone.
///
/// A daybook that cannot be opened is no reason to stop: it is tried again with the next word.
#[derive(Clone, Debug)]
pub(crate) struct AlertBox {
    place: DaybookPlace,
    daybook: Arc<Mutex<Option<Daybook>>>,
    /// Not set: this process has not got as far.
    discord: Arc<OnceLock<Discord>>,
    alerts: Arc<[Alert]>,
    targets: Arc<[Target]>,
    /// What is told to others of where an alert comes from.
    installation: Arc<str>,
    clock: WallClock,
    /// That something may be due.
    nudge: Arc<Notify>,
    tally: Tally,
}

// === impl AlertBox ===

impl AlertBox {
    /// The box of an installation. Nothing is opened yet.
    pub(crate) fn new(config: &Config, clock: WallClock) -> Self {
        let targets = config.alerts.iter().map(|alert| alert.target.clone());
        Self {
            place: settings::daybook(config),
            daybook: Arc::default(),
            discord: Arc::default(),
            targets: targets.collect(),
            alerts: config.alerts.clone().into(),
            installation: config.discord.guild_id.to_string().into(),
            clock,
            nudge: Arc::default(),
            tally: Tally::default(),
        }
    }

    /// Who is told.
    pub(crate) fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// What has become of deliveries since the start.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Lets what is for channels go over this from now on.
    pub(crate) fn connect(&self, discord: &Discord) {
        // The first one will do: they are all the same.
        drop(self.discord.set(discord.clone()));
    }

    /// Who delivers.
    pub(crate) fn courier(&self) -> Courier<Self, Post, WallClock> {
        let installation = Arc::clone(&self.installation);
        let discord = self.discord.get().cloned();
        let post = Post::new(&self.alerts, discord, installation, self.clock.clone());
        let targets = Arc::clone(&self.targets);
        Courier::new(self.clone(), post, self.clock.clone(), targets).counting(self.tally.clone())
    }

    /// Delivers for ever.
    pub(crate) async fn deliver(self, pulse: Arc<Pulse>) {
        let nudge = Arc::clone(&self.nudge);
        let courier = self.courier();
        drop(self);
        let never: Infallible = courier.run(&nudge, || pulse.round()).await;
        match never {}
    }

    /// Delivers what is due, for a moment: for a command, after which perhaps nobody comes. What it does not
    /// deliver, the next one does that delivers.
    pub(crate) async fn deliver_now(&self) {
        if self.targets.is_empty() {
            return;
        }
        let courier = self.courier();
        match timeout(DELIVERY_PATIENCE, courier.deliver_due()).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => {
                let why = failure.reason();
                tracing::warn!(why, "alerts are left to whoever delivers next");
            }
            Err(_) => tracing::warn!("alerts are left to whoever delivers next: no time"),
        }
    }

    /// Whether this process may do, until then, what only one may do at a time.
    pub(super) async fn lease(
        &self,
        name: &str,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<bool, Failure> {
        let lease = self.daybook().await?.lease(name, now_ms, until_ms).await;
        Ok(lease.map_err(not_done)?.is_some())
    }

    /// Raises an alarm, and nudges nobody to deliver it.
    pub(super) async fn raise_quietly(&self, alarm: Alarm) -> Result<Noted, Failure> {
        let daybook = self.daybook().await?;
        let noted = daybook
            .raise(&alarm, &self.targets, self.clock.now_ms())
            .await?;
        if noted.is_new {
            let (kind, subject, text) = (alarm.kind.name(), alarm.subject, alarm.text);
            tracing::warn!(kind, subject, text, "an alarm has begun");
        }
        Ok(noted)
    }

    fn nudge_for(&self, noted: &Noted) {
        if !noted.deliveries.is_empty() {
            self.nudge.notify_one();
        }
    }

    async fn daybook(&self) -> Result<Daybook, Failure> {
        let mut open = self.daybook.lock().await;
        if let Some(daybook) = &*open {
            return Ok(daybook.clone());
        }
        let (location, settings) = &self.place;
        let opened = Daybook::open(location, *settings).await;
        let daybook = opened.map_err(not_done)?;
        *open = Some(daybook.clone());
        Ok(daybook)
    }
}

fn not_done(error: StoreError) -> Failure {
    Failure::NotDone {
        wait: None,
        source: error.into(),
    }
}

impl Alarms for AlertBox {
    async fn raise(&self, alarm: Alarm) -> Result<(), Failure> {
        let noted = self.raise_quietly(alarm).await?;
        self.nudge_for(&noted);
        Ok(())
    }

    async fn clear(&self, kind: Kind, subject: &str) -> Result<(), Failure> {
        let now_ms = self.clock.now_ms();
        let noted = Outbox::clear(self, kind, subject, &self.targets, now_ms).await?;
        if noted.is_new {
            tracing::info!(kind = kind.name(), subject, "an alarm is over");
        }
        Ok(())
    }
}

impl Outbox for AlertBox {
    async fn raise(
        &self,
        alarm: &Alarm,
        targets: &[Target],
        now_ms: u64,
    ) -> Result<Noted, Failure> {
        let noted = self.daybook().await?.raise(alarm, targets, now_ms).await?;
        self.nudge_for(&noted);
        Ok(noted)
    }

    async fn clear(
        &self,
        kind: Kind,
        subject: &str,
        targets: &[Target],
        now_ms: u64,
    ) -> Result<Noted, Failure> {
        let daybook = self.daybook().await?;
        let noted = daybook.clear(kind, subject, targets, now_ms).await?;
        self.nudge_for(&noted);
        Ok(noted)
    }

    async fn claim(&self, targets: &[Target], now_ms: u64) -> Result<Claimed, Failure> {
        self.daybook().await?.claim(targets, now_ms).await
    }

    async fn settle(
        &self,
        delivery: &Delivery,
        outcome: &Outcome,
        now_ms: u64,
    ) -> Result<(), Failure> {
        let daybook = self.daybook().await?;
        daybook.settle(delivery, outcome, now_ms).await
    }

    async fn overview(&self) -> Result<Overview, Failure> {
        self.daybook().await?.overview().await
    }
}
