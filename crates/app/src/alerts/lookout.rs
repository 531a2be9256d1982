//! What the proxy notices by itself: it looks at what its parts know, and says what somebody should be told.

use std::{collections::BTreeMap, sync::Arc};

use cordboard_gateway::{Hub, State, Trouble};
use cordboard_lifecycle::{Channels, Condition};
use cordboard_upkeep::alerts::{Alarm, Alarms, Kind, Outbox as _};
use tokio::time::{Instant, sleep};

use super::{
    AlertBox, KnownBots, fix,
    last_word::{DISCORD, STORE},
};
use crate::{
    arrears::Arrears,
    canary::Canary,
    limits::{
        GATEWAY_DOWN_AFTER, IDENTIFIES_LOW, LOOKOUT_EVERY, LOOKOUT_SETTLES, SAID_AGAIN_EVERY,
    },
    watchdog::Pulse,
};

/// Everybody who knows something that somebody should be told.
#[derive(Clone, Debug)]
pub(crate) struct Lookout {
    pub(crate) alert_box: AlertBox,
    pub(crate) hub: Hub,
    pub(crate) channels: Channels,
    pub(crate) canary: Canary,
    pub(crate) arrears: Arrears,
    /// The guild, as a subject.
    pub(crate) guild: String,
    /// The bots that there are: who speaks to them ends their alarms.
    pub(crate) bots: KnownBots,
}

type Key = (Kind, String);

/// What the lookout cares for; other kinds are others' to clear.
const OWN: [Kind; 13] = [
    Kind::DebtOld,
    Kind::DeletionsStopped,
    Kind::GuildNearlyFull,
    Kind::GuildFull,
    Kind::GuildAway,
    Kind::CreationClosed,
    Kind::LogUnreadable,
    Kind::GatewayDown,
    Kind::GatewayFatal,
    Kind::IdentifiesLow,
    Kind::RestDown,
    Kind::StoreFailing,
    Kind::DiskNearlyFull,
];

// === impl Lookout ===

impl Lookout {
    /// Looks for ever. What cannot be written down is said again with the next look.
    pub(crate) async fn watch(self, pulse: Arc<Pulse>) {
        let began = Instant::now();
        // What stands, and when it was said last.
        let mut said: BTreeMap<Key, Option<Instant>> = BTreeMap::new();
        let mut knows_what_stands = false;
        loop {
            pulse.round();
            if !knows_what_stands {
                // A former process may have raised what is over by now.
                let standing = self.alert_box.overview().await;
                knows_what_stands = standing.is_ok();
                for alarm in standing.into_iter().flat_map(|all| all.alarms) {
                    if OWN.contains(&alarm.kind) || self.bots.lacks(&alarm) {
                        said.entry((alarm.kind, alarm.subject)).or_default();
                    }
                }
            }
            let seen = self.seen();
            self.raise(&seen, &mut said).await;
            if began.elapsed() >= LOOKOUT_SETTLES {
                self.clear(&seen, &mut said).await;
            }
            sleep(LOOKOUT_EVERY).await;
        }
    }

    async fn raise(&self, seen: &[Alarm], said: &mut BTreeMap<Key, Option<Instant>>) {
        for alarm in seen {
            let key = (alarm.kind, alarm.subject.clone());
            let last = said.get(&key).copied().flatten();
            if last.is_some_and(|last| last.elapsed() < SAID_AGAIN_EVERY) {
                continue;
            }
            match Alarms::raise(&self.alert_box, alarm.clone()).await {
                Ok(()) => drop(said.insert(key, Some(Instant::now()))),
                Err(failure) => self.not_said(alarm.kind, &failure),
            }
        }
    }

    async fn clear(&self, seen: &[Alarm], said: &mut BTreeMap<Key, Option<Instant>>) {
        let is_seen = |(kind, subject): &Key| {
            let mut alarms = seen.iter();
            alarms.any(|alarm| alarm.kind == *kind && alarm.subject == *subject)
        };
        let over: Vec<Key> = said.keys().filter(|key| !is_seen(key)).cloned().collect();
        for key in over.into_iter().filter(|(kind, _)| self.is_known(*kind)) {
            match Alarms::clear(&self.alert_box, key.0, &key.1).await {
                Ok(()) => drop(said.remove(&key)),
                Err(failure) => self.not_said(key.0, &failure),
            }
        }
    }

    fn not_said(&self, kind: Kind, failure: &cordboard_upkeep::Failure) {
        let (kind, why, guild) = (kind.name(), failure.reason(), &self.guild);
        tracing::warn!(
            kind,
            why,
            guild,
            "an alarm is not on record; it is said again"
        );
    }

    /// Whether anything is known of this kind: nobody says that all is well who does not know.
    fn is_known(&self, kind: Kind) -> bool {
        match kind {
            Kind::GatewayDown | Kind::GatewayFatal => self.hub.health().state.is_ready(),
            Kind::IdentifiesLow => self.canary.identifies_left().is_some(),
            Kind::RestDown => self.canary.last().is_some(),
            _ => true,
        }
    }

    /// What is wrong now.
    fn seen(&self) -> Vec<Alarm> {
        let conditions = self.channels.conditions();
        let conditions = conditions.into_iter();
        let told = conditions.filter_map(|(condition, why)| self.of_condition(condition, &why));
        told.chain(self.of_guild())
            .chain(self.of_arrears())
            .chain(self.of_gateway())
            .chain(self.of_rest())
            .collect()
    }

    fn of_condition(&self, condition: Condition, why: &str) -> Option<Alarm> {
        let guild = self.guild.as_str();
        let name = condition.name();
        let (kind, subject, fix) = match condition {
            Condition::Parked => (Kind::DebtOld, name, fix::PARKED),
            Condition::Quarantined => (Kind::DebtOld, name, fix::QUARANTINED),
            Condition::Runaway => (Kind::DeletionsStopped, name, fix::RUNAWAY),
            Condition::DeletionsHeld => (Kind::DeletionsStopped, name, fix::HELD),
            Condition::Full => (Kind::GuildFull, guild, fix::FULL),
            Condition::GuildAway => (Kind::GuildAway, guild, fix::AWAY),
            Condition::CreationClosed => (Kind::CreationClosed, name, fix::CLOSED),
            Condition::CreationRefused => (Kind::CreationClosed, name, fix::REFUSED),
            Condition::LogUnreadable => (Kind::LogUnreadable, guild, fix::UNREADABLE),
            Condition::OpeningsHeld => (Kind::DiskNearlyFull, STORE, fix::DISK),
            // It passes by itself; a kind that comes later has no words yet.
            _ => return None,
        };
        Some(Alarm::new(kind, subject, why, fix))
    }

    fn of_guild(&self) -> Option<Alarm> {
        let is_nearly_full = *self.channels.is_nearly_full().borrow();
        is_nearly_full.then(|| {
            let text = "the guild is nearly full: deletions go before everything else";
            Alarm::new(Kind::GuildNearlyFull, &*self.guild, text, fix::FULL)
        })
    }

    fn of_arrears(&self) -> impl Iterator<Item = Alarm> {
        let causes = self.arrears.causes().into_iter();
        causes.filter_map(|cause| match cause.name {
            "store" => Some(Alarm::new(
                Kind::StoreFailing,
                STORE,
                cause.detail,
                fix::DISK_STUCK,
            )),
            "deletions_late" => Some(Alarm::new(
                Kind::DebtOld,
                cause.name,
                cause.detail,
                fix::LATE,
            )),
            _ => None,
        })
    }

    fn of_gateway(&self) -> Vec<Alarm> {
        let state = self.hub.health().state;
        let mut alarms = Vec::new();
        if let State::Fatal { why, .. } = &state {
            let text = why.to_string();
            alarms.push(Alarm::new(Kind::GatewayFatal, DISCORD, text, why.hint()));
        }
        let is_down = !state.is_ready() && !state.is_over();
        if is_down && state.since().elapsed() >= GATEWAY_DOWN_AFTER {
            let text = format!("no events come from Discord: {state}");
            alarms.push(Alarm::new(Kind::GatewayDown, DISCORD, text, fix::DOWN));
        }
        let left = match state {
            State::Degraded {
                why: Trouble::IdentifyBudget { left },
                ..
            } => Some(left),
            _ => self.canary.identifies_left(),
        };
        alarms.extend(
            left.filter(|left| *left < IDENTIFIES_LOW)
                .map(|left| Alarm::new(Kind::IdentifiesLow, DISCORD, few(left), fix::IDENTIFIES)),
        );
        alarms
    }

    fn of_rest(&self) -> Option<Alarm> {
        let cause = self.canary.cause()?;
        Some(Alarm::new(Kind::RestDown, DISCORD, cause.detail, fix::DOWN))
    }
}

/// That so few sessions may still be started.
pub(super) fn few(identifies_left: u32) -> String {
    format!("only {identifies_left} sessions may still be started today")
}
