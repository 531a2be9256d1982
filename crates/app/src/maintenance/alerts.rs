//! What stands of alarms, what has become of alerts, and whether they arrive.

use cordboard_lifecycle::Clock as _;
use cordboard_upkeep::{
    Failure,
    alerts::{Alarm, DeliveryStanding, Kind, Outbox as _, Overview, Settlement, Standing, Target},
};
use serde::Serialize;
use tokio::time::{Instant, sleep, timeout_at};

use super::{CommandError, Maintenance};
use crate::{
    Failed,
    alerts::{AlertBox, rfc3339},
    config::{Alert, AlertPlace},
    limits::{ALERT_TEST_EVERY, ALERT_TEST_PATIENCE},
};

/// What stands of alarms, and what has become of alerts.
#[derive(Clone, Debug, Serialize)]
pub struct AlertList {
    /// Who is told, as the configuration says.
    pub targets: Vec<AlertTarget>,
    /// The alarms that stand.
    pub alarms: Vec<AlarmLine>,
    /// What waits, and what came of the newest others, the newest first.
    pub deliveries: Vec<AlertLine>,
}

/// Who is told.
#[derive(Clone, Debug, Serialize)]
pub struct AlertTarget {
    /// Its name.
    pub name: String,
    /// Where: the beginning of an address, or a channel.
    pub place: String,
}

/// An alarm that stands.
#[derive(Clone, Debug, Serialize)]
pub struct AlarmLine {
    /// What is wrong.
    pub kind: &'static str,
    /// With what.
    pub subject: String,
    /// What is the matter.
    pub text: String,
    /// What to do about it.
    pub fix: String,
    /// When it began.
    pub since: String,
    /// How long ago that was.
    pub age_seconds: u64,
    /// How long ago somebody has said so last.
    pub said_seconds: u64,
}

/// Something that is told, or was.
#[derive(Clone, Debug, Serialize)]
pub struct AlertLine {
    /// Its name.
    pub id: String,
    /// For whom it is.
    pub target: String,
    /// What is wrong.
    pub kind: &'static str,
    /// With what.
    pub subject: String,
    /// `begun`, `reminder` or `resolved`.
    pub state: &'static str,
    /// When that was so.
    pub at: String,
    /// How long ago that was.
    pub age_seconds: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// In how many seconds it is tried again, if it waits.
    pub next_in_seconds: Option<u64>,
    /// Why it failed last.
    pub trouble: Option<String>,
    /// `waiting`, `delivered` or `given_up`.
    pub outcome: &'static str,
}

/// What came of tests.
#[derive(Clone, Debug, Serialize)]
pub struct AlertTest {
    /// One for each that was tried.
    pub tested: Vec<AlertTested>,
}

/// What came of one test.
#[derive(Clone, Debug, Serialize)]
pub struct AlertTested {
    /// Who is told.
    #[serde(flatten)]
    pub target: AlertTarget,
    /// The name of what was told; `None`: too much waits already.
    pub id: Option<String>,
    /// Whether it has arrived.
    pub is_delivered: bool,
    /// Why not, so far.
    pub trouble: Option<String>,
}

// === impl AlertTest ===

impl AlertTest {
    /// Whether all have arrived.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.tested.iter().all(|tested| tested.is_delivered)
    }
}

// === impl Maintenance ===

impl Maintenance {
    /// What stands of alarms, and what has become of alerts. Needs no proxy.
    ///
    /// # Errors
    /// When the daybook cannot be read.
    pub async fn alerts(&self) -> Result<AlertList, Failed> {
        let alert_box = AlertBox::new(&self.config, self.clock.clone());
        let Overview { alarms, deliveries } = alert_box.overview().await.map_err(unreadable)?;
        let now_ms = self.clock.now_ms();
        Ok(AlertList {
            targets: self.config.alerts.iter().map(target).collect(),
            alarms: alarms
                .iter()
                .map(|alarm| alarm_line(alarm, now_ms))
                .collect(),
            deliveries: deliveries.iter().map(|one| line(one, now_ms)).collect(),
        })
    }

    /// Tells everybody, or the one of this name, that this is a test: by the way that alerts take, behind
    /// what waits already. What does not arrive is tried again by whoever delivers.
    ///
    /// # Errors
    /// When nobody of that name is to be told, or the daybook fails.
    pub async fn test_alerts(&self, name: Option<&str>) -> Result<AlertTest, CommandError> {
        let alerts: Vec<&Alert> = self
            .config
            .alerts
            .iter()
            .filter(|alert| name.is_none_or(|name| alert.target.name == name))
            .collect();
        if alerts.is_empty() {
            return Err(CommandError::Usage(self.nobody(name)));
        }
        let names: Vec<_> = alerts.iter().map(|alert| &*alert.target.name).collect();
        let names = names.join(", ");
        self.teller.tell(&format!(
            "sending a test to {names}, behind what waits already"
        ));
        let alert_box = self.alert_box();
        let mut tested = Vec::new();
        for alert in alerts {
            let id = self.test(&alert_box, &alert.target).await;
            tested.push(AlertTested {
                target: target(alert),
                id: id.map_err(unreadable)?,
                is_delivered: false,
                trouble: None,
            });
        }
        self.await_all(&alert_box, &mut tested)
            .await
            .map_err(unreadable)?;
        Ok(AlertTest { tested })
    }

    fn nobody(&self, name: Option<&str>) -> String {
        let names = self.config.alerts.iter().map(|alert| &*alert.target.name);
        let names: Vec<&str> = names.collect();
        match name {
            Some(name) if !names.is_empty() => {
                format!(
                    "no [[alerts]] has the name {name:?}; there are {}",
                    names.join(", ")
                )
            }
            _ => "nobody is to be told: add [[alerts]] to the configuration".to_owned(),
        }
    }

    /// Writes a test down and gives its name.
    async fn test(&self, alert_box: &AlertBox, target: &Target) -> Result<Option<String>, Failure> {
        let alarm = Alarm::new(
            Kind::Test,
            format!("{} {:08x}", target.name, fastrand::u32(..)),
            format!("this is a test, by {}", self.actor),
            "nothing has to be done",
        );
        let targets = std::slice::from_ref(target);
        let noted = alert_box
            .raise(&alarm, targets, self.clock.now_ms())
            .await?;
        Ok(noted.deliveries.into_iter().next())
    }

    /// Delivers, beside whoever else does, until something has come of each test.
    async fn await_all(
        &self,
        alert_box: &AlertBox,
        tested: &mut [AlertTested],
    ) -> Result<(), Failure> {
        let patience = Instant::now() + ALERT_TEST_PATIENCE;
        let courier = alert_box.courier();
        loop {
            if let Ok(delivered) = timeout_at(patience, courier.deliver_due()).await {
                delivered?;
            }
            let deliveries = alert_box.overview().await?.deliveries;
            let mut is_known = true;
            for one in &mut *tested {
                is_known &= judge(one, &deliveries);
            }
            if is_known || Instant::now() >= patience {
                return Ok(());
            }
            sleep(ALERT_TEST_EVERY).await;
        }
    }
}

/// Looks what has come of a test; whether anything has.
fn judge(tested: &mut AlertTested, deliveries: &[DeliveryStanding]) -> bool {
    let Some(id) = &tested.id else {
        tested.trouble = Some("too many alerts wait already".to_owned());
        return true;
    };
    let Some(found) = deliveries.iter().find(|one| one.id == *id) else {
        tested.trouble = Some("it is not on record any more".to_owned());
        return true;
    };
    tested.is_delivered = found.settled == Some(Settlement::Delivered);
    tested.trouble.clone_from(&found.trouble);
    if found.settled.is_some() || found.trouble.is_some() {
        return true;
    }
    let mut before = deliveries.iter().filter(|one| {
        one.target == found.target && one.settled.is_none() && one.at_ms <= found.at_ms
    });
    // The oldest is the last of them.
    let first = before.next_back().filter(|first| first.id != found.id);
    let first_failed = first.and_then(|first| first.trouble.as_deref());
    tested.trouble = match first_failed {
        Some(why) => Some(format!(
            "it waits behind an older alert, which fails: {why}"
        )),
        None => Some("nothing has come of it yet".to_owned()),
    };
    first_failed.is_some()
}

fn target(alert: &Alert) -> AlertTarget {
    AlertTarget {
        name: alert.target.name.clone(),
        place: match &alert.place {
            AlertPlace::Webhook { url, .. } => url.to_string(),
            AlertPlace::Channel(id) => format!("channel {id}"),
        },
    }
}

fn alarm_line(alarm: &Standing, now_ms: u64) -> AlarmLine {
    AlarmLine {
        kind: alarm.kind.name(),
        subject: alarm.subject.clone(),
        text: alarm.text.clone(),
        fix: alarm.fix.clone(),
        since: rfc3339(alarm.begun_ms),
        age_seconds: now_ms.saturating_sub(alarm.begun_ms) / 1_000,
        said_seconds: now_ms.saturating_sub(alarm.said_ms) / 1_000,
    }
}

fn line(one: &DeliveryStanding, now_ms: u64) -> AlertLine {
    let waits = one.settled.is_none();
    AlertLine {
        id: one.id.clone(),
        target: one.target.clone(),
        kind: one.kind.name(),
        subject: one.subject.clone(),
        state: one.state.name(),
        at: rfc3339(one.at_ms),
        age_seconds: now_ms.saturating_sub(one.at_ms) / 1_000,
        attempts: one.attempts,
        next_in_seconds: waits.then(|| one.next_at_ms.saturating_sub(now_ms) / 1_000),
        trouble: one.trouble.clone(),
        outcome: one.settled.map_or("waiting", Settlement::name),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn unreadable(failure: Failure) -> Failed {
    Failed::Store {
        source: failure.reason().into(),
    }
}
