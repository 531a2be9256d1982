//! Posting our message, once.

use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};
use twilight_model::id::{Id, marker::MessageMarker};

use super::{Attempt, KeepAlive, Keeper, Ledger, Note, Outcome, Talk, Tried, trouble};
use crate::{
    Failure,
    alerts::Alarms,
    limits::{BACK_OFF_MAX, BACK_OFF_MIN, NONCE_WINDOW, POST_TIMEOUT, SEARCH_PAGES_MAX},
};

/// The same for each try in one channel at one due time, and no other: at most 25 characters
/// (resources/message#create-message).
fn nonce(attempt: &Attempt) -> String {
    let digest = Sha256::new()
        .chain_update(&attempt.job)
        .chain_update([0])
        .chain_update(attempt.due_ms.to_be_bytes())
        .chain_update(attempt.channel_id.get().to_be_bytes())
        .finalize();
    let digits = digest[..12].iter().map(|byte| format!("{byte:02x}"));
    std::iter::once("k".to_owned()).chain(digits).collect()
}

impl<T: Talk, L: Ledger, A: Alarms> Keeper<T, L, A> {
    /// Posts, unless that was done, and waits for the answer.
    pub(super) async fn speak(
        &self,
        bot: &KeepAlive,
        attempt: &Attempt,
        known: Option<&Tried>,
    ) -> Outcome {
        let posted = match known {
            Some(Tried {
                message_id: Some(id),
                ..
            }) => Ok(*id),
            Some(_) => match self.find(bot, attempt).await {
                Ok(Some(id)) => Ok(id),
                Ok(None) => self.post(bot, attempt).await,
                Err(outcome) => Err(outcome),
            },
            None => self.post(bot, attempt).await,
        };
        let message_id = match posted {
            Ok(message_id) => message_id,
            Err(outcome) => return outcome,
        };
        if let Err(failure) = self.ledger.posted(attempt, message_id).await {
            // It is looked for, then.
            let error = failure.reason();
            tracing::warn!(bot = bot.bot, error, "a message is not on record");
        }
        self.answer(bot, attempt, message_id).await
    }

    /// Posts. A lost answer is no reason to stop: with the same nonce Discord returns the message that it
    /// has (resources/message#create-message, `enforce_nonce`).
    async fn post(&self, bot: &KeepAlive, attempt: &Attempt) -> Result<Id<MessageMarker>, Outcome> {
        let note = Note {
            text: bot.text.clone(),
            mention: bot.bot_id,
            nonce: nonce(attempt),
            timeout: POST_TIMEOUT,
        };
        let until = Instant::now() + NONCE_WINDOW;
        let (mut pause, mut may_be_there) = (BACK_OFF_MIN, false);
        loop {
            let failure = match self.talk.post(attempt.channel_id, &note).await {
                Ok(message_id) => return Ok(message_id),
                Err(failure) => failure,
            };
            let wait = match &failure {
                Failure::NotDone { wait, .. } => *wait,
                Failure::Unknown { .. } => {
                    may_be_there = true;
                    None
                }
                Failure::Never { .. } => {
                    return Err(self.refused(attempt.channel_id, &failure).await);
                }
            };
            let wait = wait.unwrap_or(pause);
            if Instant::now() + wait >= until {
                let found = if may_be_there {
                    self.find(bot, attempt).await?
                } else {
                    None
                };
                return found.ok_or_else(|| trouble(&failure));
            }
            sleep(wait).await;
            pause = (pause * 2).min(BACK_OFF_MAX);
        }
    }

    /// Looks for the message that somebody was about to post: ours, with that text, after what was last
    /// in the channel before it.
    async fn find(
        &self,
        bot: &KeepAlive,
        attempt: &Attempt,
    ) -> Result<Option<Id<MessageMarker>>, Outcome> {
        let me = self.talk.me().await.map_err(|failure| trouble(&failure))?;
        let mut after = attempt.after;
        for _ in 0..SEARCH_PAGES_MAX {
            let page = match self.talk.after(attempt.channel_id, after).await {
                Ok(page) => page,
                Err(failure) => return Err(self.refused(attempt.channel_id, &failure).await),
            };
            let is_it = |text: &str| text.trim() == bot.text.trim();
            let mut ours = page.iter().filter(|heard| heard.author_id == me);
            if let Some(ours) = ours.find(|heard| is_it(&heard.text)) {
                return Ok(Some(ours.id));
            }
            match page.last() {
                Some(last) => after = last.id,
                None => return Ok(None),
            }
        }
        Err(Outcome::Upstream {
            why: "so much was written that nobody can tell whether our message is there".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_the_same_in_each_try_and_nowhere_else() {
        let attempt = Attempt {
            job: "keepalive/bot".to_owned(),
            due_ms: 1,
            bot: "bot".to_owned(),
            channel_id: Id::new(7),
            after: Id::new(9),
        };
        let later = Attempt {
            after: Id::new(10),
            ..attempt.clone()
        };
        assert_eq!(nonce(&attempt), nonce(&later));
        assert_eq!(nonce(&attempt).len(), 25);
        for other in [
            Attempt {
                due_ms: 2,
                ..attempt.clone()
            },
            Attempt {
                channel_id: Id::new(8),
                ..attempt.clone()
            },
            Attempt {
                job: "keepalive/other".to_owned(),
                ..attempt.clone()
            },
        ] {
            assert_ne!(nonce(&attempt), nonce(&other));
        }
    }
}
