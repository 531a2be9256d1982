//! Bots that say in conversations that they have reached their limit.

use std::collections::BTreeMap;

use cordboard_conversation::{LastWord, LastWords};
use cordboard_upkeep::{
    Failure,
    alerts::{Alarm, Alarms as _, Kind},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::AlertBox;
use crate::limits::{BOT_LIMIT_SAID_EVERY, LOOKOUT_EVERY};

const TEXT: &str = "it says in a conversation that it has reached its limit";
const FIX: &str = "wait until its limit is over, ask less of it, or let more bots serve its models";

/// What was said last of a bot, and when.
type Said = (LastWord, Instant);

impl AlertBox {
    /// Tells of bots at their limit, and that they answer again, for as long as there are conversations. Who
    /// keeps bots alive says the same of the same subject: what comes again is said again now and then, since
    /// the other one may have said otherwise meanwhile.
    pub(crate) async fn tell_limits(self, mut words: watch::Receiver<LastWords>) {
        let mut said: BTreeMap<String, Said> = BTreeMap::new();
        loop {
            let heard = words.borrow_and_update().clone();
            let mut is_all_said = true;
            for (bot, word) in heard {
                if !is_news(said.get(&bot), word) {
                    continue;
                }
                match self.tell_limit(&bot, word).await {
                    Ok(()) => drop(said.insert(bot, (word, Instant::now()))),
                    Err(failure) => {
                        let (kind, why) = (Kind::BotLimit.name(), failure.reason());
                        tracing::warn!(
                            kind,
                            bot,
                            why,
                            "an alarm is not on record; it is said again"
                        );
                        is_all_said = false;
                    }
                }
            }
            tokio::select! {
                changed = words.changed() => if changed.is_err() {
                    return;
                },
                () = sleep(LOOKOUT_EVERY), if !is_all_said => {}
            }
        }
    }

    async fn tell_limit(&self, bot: &str, word: LastWord) -> Result<(), Failure> {
        if word.is_limited {
            self.raise(Alarm::new(Kind::BotLimit, bot, TEXT, FIX)).await
        } else {
            self.clear(Kind::BotLimit, bot).await
        }
    }
}

fn is_news(said: Option<&Said>, word: LastWord) -> bool {
    said.is_none_or(|(last, at)| {
        last.is_limited != word.is_limited
            || (last.at != word.at && at.elapsed() >= BOT_LIMIT_SAID_EVERY)
    })
}
