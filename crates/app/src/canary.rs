//! A small question to Discord now and then: whether REST answers, before somebody needs it.

use std::sync::Arc;

use cordboard_discord::Discord;
use cordboard_frontend::Cause;
use cordboard_gateway::{Failure, GatewayDirectory as _};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    limits::{CANARY_EVERY, CANARY_FAILURES, CANARY_RETRY, CANARY_TIMEOUT},
    watchdog::Pulse,
};

/// What the canary has seen; a handle that is cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Canary(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    asked: Option<Instant>,
    /// In a row.
    failures: u32,
    trouble: String,
    /// IDENTIFYs left, as it was told last.
    identifies_left: Option<u32>,
}

// === impl Canary ===

impl Canary {
    /// Asks for ever.
    pub(crate) async fn watch(self, discord: Discord, pulse: Arc<Pulse>) {
        loop {
            let answers = self.ask(&discord).await;
            pulse.round();
            let pause = if answers { CANARY_EVERY } else { CANARY_RETRY };
            sleep(pause).await;
        }
    }

    /// Asks once, and says whether there was an answer.
    pub(crate) async fn ask(&self, discord: &Discord) -> bool {
        let told = ask(discord).await;
        let answers = told.is_ok();
        self.note(told);
        answers
    }

    /// What is wrong with REST, if so.
    pub(crate) fn cause(&self) -> Option<Cause> {
        let seen = self.0.lock();
        (seen.failures >= CANARY_FAILURES).then(|| Cause {
            name: "rest",
            detail: seen.trouble.clone(),
        })
    }

    /// Whether the last answer was one, and how many seconds ago it was; `None` before the first.
    pub(crate) fn last(&self) -> Option<(bool, u64)> {
        let seen = self.0.lock();
        let age = seen.asked?.elapsed().as_secs();
        Some((seen.failures == 0, age))
    }

    /// How many sessions may still be started today, as Discord said last.
    pub(crate) fn identifies_left(&self) -> Option<u32> {
        self.0.lock().identifies_left
    }

    /// Takes note of an answer: how many sessions may still be started, or what is wrong.
    fn note(&self, told: Result<u32, String>) {
        let mut seen = self.0.lock();
        let (left, trouble) = (told.as_ref().ok().copied(), told.err());
        seen.identifies_left = left.or(seen.identifies_left);
        let was = seen.failures;
        seen.asked = Some(Instant::now());
        seen.failures = match trouble {
            None => 0,
            Some(_) => was.saturating_add(1),
        };
        seen.trouble = trouble.unwrap_or_default();
        if seen.failures == CANARY_FAILURES {
            tracing::error!(condition = "rest", why = seen.trouble, "degraded");
        } else if seen.failures == 0 && was >= CANARY_FAILURES {
            tracing::info!(condition = "rest", "no longer degraded");
        }
    }
}

/// Asks where the gateway is, which costs Discord nothing. What is wrong with the answer is for anyone
/// to read: no more than its kind.
async fn ask(discord: &Discord) -> Result<u32, String> {
    let trouble = match timeout(CANARY_TIMEOUT, discord.gateway()).await {
        Ok(Ok(endpoint)) => return Ok(endpoint.identifies_left),
        Ok(Err(Failure::NotDone { wait: Some(_), .. })) => "takes no requests for a while",
        Ok(Err(Failure::Never { .. })) => "refuses the token",
        Ok(Err(_)) => "cannot be reached, or fails",
        Err(_) => "does not answer in time",
    };
    Err(format!("discord's REST API {trouble}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_lost_answer_is_no_outage() {
        let canary = Canary::default();
        assert_eq!(canary.last(), None);
        let trouble = || Err("away".to_owned());
        canary.note(trouble());
        assert_eq!((canary.cause(), canary.last()), (None, Some((false, 0))));
        assert_eq!(canary.identifies_left(), None);
        canary.note(Ok(7));
        canary.note(trouble());
        assert_eq!(canary.cause(), None);
        canary.note(trouble());
        assert_eq!(canary.cause().unwrap().detail, "away");
        assert_eq!(canary.identifies_left(), Some(7));
        sleep(CANARY_RETRY).await;
        canary.note(Ok(6));
        assert_eq!((canary.cause(), canary.last()), (None, Some((true, 0))));
    }
}
