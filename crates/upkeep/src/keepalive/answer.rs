//! Waiting for the bot's answer, by reading the channel: no gateway is needed, so that it works from
//! cron.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use twilight_model::id::{Id, marker::MessageMarker};

use super::{
    Attempt, Heard, KeepAlive, Keeper, Ledger, Outcome, Says, Talk, judge::Verdict, trouble,
};
use crate::{
    Failure,
    alerts::Alarms,
    limits::{PAGES_MAX, POLL_MAX, POLL_MIN},
};

/// As many as a page can hold (resources/message#get-channel-messages).
const PAGE: usize = 100;

impl<T: Talk, L: Ledger, A: Alarms> Keeper<T, L, A> {
    /// Reads the channel, more and more seldom, until the bot has answered or its time is up.
    pub(super) async fn answer(
        &self,
        bot: &KeepAlive,
        attempt: &Attempt,
        ours: Id<MessageMarker>,
    ) -> Outcome {
        let until = Instant::now() + bot.answer_timeout;
        let (mut pause, mut verdict, mut is_empty) = (POLL_MIN, Verdict::Nothing, true);
        loop {
            sleep(pause.min(until.saturating_duration_since(Instant::now()))).await;
            let is_over = Instant::now() >= until;
            match self.since(attempt, ours).await {
                Ok(heard) => {
                    is_empty &= heard.is_empty();
                    let now = bot.judge.hear(&heard, ours, bot.bot_id);
                    let is_settled = now.is_settled(&verdict);
                    verdict = now;
                    if is_settled || is_over {
                        return outcome(&verdict, ours, is_empty);
                    }
                }
                Err(failure @ Failure::Never { .. }) => {
                    return self.refused(attempt.channel_id, &failure).await;
                }
                // What it said meanwhile is not known: whoever tries again goes on from here.
                Err(failure) if is_over => return trouble(&failure),
                Err(_) => {}
            }
            pause = (pause * 3 / 2).min(POLL_MAX);
        }
    }

    /// Our message and what came after it, as far as one look reads.
    async fn since(
        &self,
        attempt: &Attempt,
        ours: Id<MessageMarker>,
    ) -> Result<Vec<Heard>, Failure> {
        let mut after = Id::new_checked(ours.get() - 1).unwrap_or(ours);
        let mut heard = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.talk.after(attempt.channel_id, after).await?;
            let is_full = page.len() >= PAGE;
            after = page.last().map_or(after, |last| last.id);
            heard.extend(page);
            if !is_full {
                break;
            }
        }
        Ok(heard)
    }
}

fn outcome(verdict: &Verdict, ours: Id<MessageMarker>, is_empty: bool) -> Outcome {
    match verdict {
        // Not even our own message can be seen: Discord shows history empty to those who may not read it.
        Verdict::Nothing if is_empty => Outcome::Forbidden,
        Verdict::Nothing
        | Verdict::Said {
            says: Says::NotYet, ..
        } => Outcome::Silent,
        Verdict::Said {
            says: Says::Limit, ..
        } => Outcome::LimitReached,
        Verdict::Said {
            says: Says::Wrong, ..
        } => Outcome::WrongAnswer,
        Verdict::Said {
            says: Says::Answer,
            message_id,
            ..
        } => Outcome::Answered {
            latency: Duration::from_millis(born_ms(*message_id).saturating_sub(born_ms(ours))),
        },
    }
}

/// When a message was written, by Discord's clock and since its epoch (reference#snowflakes).
fn born_ms(id: Id<MessageMarker>) -> u64 {
    id.get() >> 22
}
