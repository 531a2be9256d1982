//! Alarms of bots that are not in the configuration any more: nobody speaks to these, and would end them.

use std::collections::BTreeSet;

use cordboard_upkeep::alerts::{Alarm, Alarms, Kind, Outbox as _, Standing};

use super::AlertBox;
use crate::Config;

/// What is said of bots by their names.
const KINDS: [Kind; 4] = [
    Kind::BotSilent,
    Kind::BotLimit,
    Kind::BotChannel,
    Kind::KeepAliveFailed,
];

/// The bots of a configuration, as alarms name them.
#[derive(Clone, Debug)]
pub(crate) struct KnownBots {
    listed: BTreeSet<String>,
    /// Those that are asked by clients: of these, somebody may still say that they have reached their limit.
    asked: BTreeSet<String>,
}

// === impl KnownBots ===

impl KnownBots {
    pub(crate) fn of(config: &Config) -> Self {
        let subject = |name: &str| Alarm::new(Kind::BotSilent, name, "", "").subject;
        let names = config.bots.iter().map(|bot| bot.name.as_str());
        let listed: BTreeSet<_> = names.map(subject).collect();
        Self {
            asked: listed.clone(),
            listed,
        }
    }

    /// Those of a configuration that a proxy goes over to: until it is started again, clients ask the bots
    /// that it was started with.
    pub(crate) fn gone_over_to(&self, config: &Config) -> Self {
        let mut gone_over = Self::of(config);
        gone_over.asked.extend(self.asked.iter().cloned());
        gone_over
    }

    /// Whether an alarm is one of a bot that is none of these.
    pub(super) fn lacks(&self, alarm: &Standing) -> bool {
        let known = match alarm.kind {
            Kind::BotLimit => &self.asked,
            _ => &self.listed,
        };
        KINDS.contains(&alarm.kind) && !known.contains(&alarm.subject)
    }
}

// === impl AlertBox ===

impl AlertBox {
    /// Ends the alarms of bots that are none of these. If that is not on record, it is in the log, and can be
    /// done again.
    pub(crate) async fn end_former_bots(&self, known: &KnownBots) {
        let ended = async {
            for alarm in self.overview().await?.alarms {
                if known.lacks(&alarm) {
                    Alarms::clear(self, alarm.kind, &alarm.subject).await?;
                }
            }
            Ok::<_, cordboard_upkeep::Failure>(())
        };
        if let Err(failure) = ended.await {
            let why = failure.reason();
            tracing::warn!(why, "alarms of bots that were taken out are not ended yet");
        }
    }
}
