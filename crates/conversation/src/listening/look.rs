//! Reading the channel again, because events may be missing.

use cordboard_recovery::{Failure, History, Reading, catch_up};
use tokio::time::{Instant, sleep, timeout_at};
use twilight_model::id::Id;

use super::Listening;
use crate::{
    MessageApi, ReplyError, Source,
    limits::{READ_FOR_MAX, READ_TRIES_MAX},
    post::back_off,
};

impl<D: MessageApi + History> Listening<D> {
    /// Reads everything from the prompt on, and takes it in as if it had been heard.
    pub(super) async fn look_again(&mut self) -> Result<(), ReplyError> {
        let (began, ticket) = (Instant::now(), self.view.begin());
        let reading = self.read().await.map_err(|source| self.unread(source))?;
        // Without READ_MESSAGE_HISTORY a channel reads as empty (Discord:
        // resources/message#get-channel-messages), and there is the prompt at least.
        if reading.messages.is_empty() {
            tracing::warn!(
                channel.id = %self.line.lease.channel_id(),
                "the channel reads as empty; is READ_MESSAGE_HISTORY missing?"
            );
        }
        let changes = self.view.reading(ticket, &reading);
        self.take(changes, began)
    }

    fn unread(&self, source: Source) -> ReplyError {
        if self.deadline <= Instant::now() {
            return ReplyError::Deadline {
                given: self.line.account.given(),
            };
        }
        self.lost(source)
    }

    async fn read(&self) -> Result<Reading, Source> {
        let channel_id = self.line.lease.channel_id();
        let before_prompt = Id::new_checked(self.prompt_id.get() - 1);
        let until = self.deadline.min(Instant::now() + READ_FOR_MAX);
        let mut tries = 0;
        loop {
            tries += 1;
            let reading = catch_up(&self.switchboard.discord, channel_id, before_prompt);
            let (wait, source): (_, Source) = match timeout_at(until, reading).await {
                Ok(Ok(reading)) => return Ok(reading),
                Ok(Err(Failure::NotDone { wait, source })) => (wait, source),
                Ok(Err(Failure::Never { source })) => return Err(source),
                Ok(Err(failure)) => return Err(failure.into()),
                Err(elapsed) => return Err(elapsed.into()),
            };
            let pause = wait.unwrap_or_else(|| back_off(tries));
            let left = until.saturating_duration_since(Instant::now());
            if tries >= READ_TRIES_MAX || pause >= left {
                return Err(source);
            }
            sleep(pause).await;
        }
    }
}
