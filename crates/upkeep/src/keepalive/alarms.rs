//! Who is told what of an outcome.

use tokio::time::sleep;

use super::{Keeper, Outcome, Report};
use crate::{
    alerts::{Alarm, Alarms, Kind},
    limits::{ALARM_TRIES_MAX, BACK_OFF_MIN},
};

/// What an outcome says of one kind of alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// It is so; and what to do.
    Raise(&'static str),
    /// It is not so.
    Clear,
}

/// What an outcome says: nobody says that all is well who does not know. A bot that could not be asked may
/// be as silent as it was.
fn said(outcome: &Outcome) -> Vec<(Kind, Said)> {
    use Said::{Clear, Raise};
    match outcome {
        Outcome::Answered { .. } => vec![
            (Kind::BotSilent, Clear),
            (Kind::BotLimit, Clear),
            (Kind::BotChannel, Clear),
            (Kind::KeepAliveFailed, Clear),
        ],
        Outcome::Silent | Outcome::WrongAnswer => vec![
            (Kind::BotSilent, Raise(SILENT)),
            (Kind::BotLimit, Clear),
            (Kind::BotChannel, Clear),
            (Kind::KeepAliveFailed, Clear),
        ],
        Outcome::LimitReached => vec![
            (Kind::BotLimit, Raise(LIMIT)),
            (Kind::BotSilent, Clear),
            (Kind::BotChannel, Clear),
            (Kind::KeepAliveFailed, Clear),
        ],
        Outcome::Forbidden | Outcome::NoChannel { .. } => vec![
            (Kind::BotChannel, Raise(CHANNEL)),
            (Kind::KeepAliveFailed, Clear),
        ],
        Outcome::Upstream { .. } => vec![(Kind::KeepAliveFailed, Raise(UPSTREAM))],
    }
}

const SILENT: &str = "look at the bot: its maker may have switched it off, or it may write something else \
    than is expected";
const LIMIT: &str = "wait until its limit is over, or ask less of it";
const CHANNEL: &str = "name a channel of the guild that both bots may see, write and read in as the bot's \
    default channel";
const UPSTREAM: &str = "look whether Discord has an outage or refuses the token, and at the disk of the daybook; it is \
    tried again when it is due the next time";

// === impl Keeper ===

impl<T, L, A: Alarms> Keeper<T, L, A> {
    /// Tells whoever hears alarms what came of it.
    pub(super) async fn tell(&self, report: &Report) {
        for (kind, said) in said(&report.outcome) {
            self.say(report, kind, said).await;
        }
    }

    /// Says it until it is on record: a day may pass until it is said again.
    async fn say(&self, report: &Report, kind: Kind, said: Said) {
        let mut pause = BACK_OFF_MIN;
        for tries in 1.. {
            let noted = match said {
                Said::Raise(fix) => {
                    let alarm = Alarm::new(kind, &*report.bot, report.to_string(), fix);
                    self.alarms.raise(alarm).await
                }
                Said::Clear => self.alarms.clear(kind, &report.bot).await,
            };
            let Err(failure) = noted else { return };
            if tries == ALARM_TRIES_MAX {
                let (bot, kind, error) = (&report.bot, kind.name(), failure.reason());
                tracing::warn!(bot, kind, error, "an alarm is not on record");
                return;
            }
            sleep(pause).await;
            pause *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_not_known_is_neither_raised_nor_cleared() {
        let why = String::new;
        for (outcome, raised, cleared) in [
            (
                Outcome::Answered {
                    latency: Duration::ZERO,
                },
                None,
                4,
            ),
            (Outcome::Silent, Some(Kind::BotSilent), 3),
            (Outcome::WrongAnswer, Some(Kind::BotSilent), 3),
            (Outcome::LimitReached, Some(Kind::BotLimit), 3),
            (Outcome::Forbidden, Some(Kind::BotChannel), 1),
            (Outcome::NoChannel { why: why() }, Some(Kind::BotChannel), 1),
            (
                Outcome::Upstream { why: why() },
                Some(Kind::KeepAliveFailed),
                0,
            ),
        ] {
            let said = said(&outcome);
            let (clears, raises): (Vec<_>, Vec<_>) =
                said.into_iter().partition(|(_, said)| *said == Said::Clear);
            let raises: Vec<_> = raises.into_iter().map(|(kind, _)| kind).collect();
            assert_eq!(raises, raised.into_iter().collect::<Vec<_>>());
            assert_eq!(clears.len(), cleared, "{outcome}");
        }
    }
}
