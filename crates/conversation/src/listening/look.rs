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

/// What a look has shown.
pub(super) enum Look {
    /// There was something that nobody had heard.
    Found,
    /// Something was heard meanwhile.
    Heard,
    /// What was heard is all that there is.
    Nothing,
    /// Discord could not be read, and all that it told was heard.
    Unread(Unread),
    /// Discord could not be read, and there may be more than was heard.
    Blind,
}

/// Why the channel could not be read.
pub(super) struct Unread {
    pub(super) source: Source,
    /// Whether Discord said so: then there is a way to it.
    pub(super) is_refused: bool,
}

// === impl Unread ===

impl Unread {
    fn refused(source: Source) -> Self {
        Self {
            source,
            is_refused: true,
        }
    }

    fn failed(source: Source) -> Self {
        Self {
            source,
            is_refused: false,
        }
    }
}

// === impl Listening ===

impl<D: MessageApi + History> Listening<D> {
    /// Events may be missing: reads everything from the prompt on, and takes it in as if it had been heard.
    /// When that cannot be read now, it is due again.
    pub(super) async fn make_up(&mut self) -> Result<(), ReplyError> {
        self.pulse.missing(Instant::now());
        self.look().await.map(|_| ())
    }

    /// Looks whether there is more than was heard, here and in what came meanwhile.
    pub(super) async fn look_and_hear(&mut self) -> Result<Look, ReplyError> {
        let look = self.look().await?;
        let acts = self.acts;
        self.hear_pending().await?;
        Ok(match look {
            // What came meanwhile may have said so.
            _ if self.pulse.is_missing() => Look::Blind,
            Look::Found => Look::Found,
            _ if self.acts != acts => Look::Heard,
            look => look,
        })
    }

    /// That Discord cannot be read is no reason to throw a reply away.
    async fn look(&mut self) -> Result<Look, ReplyError> {
        let (acts, began) = (self.acts, Instant::now());
        let Err(unread) = self.read_again().await? else {
            self.pulse.saw();
            let is_news = self.acts != acts;
            return Ok(if is_news { Look::Found } else { Look::Nothing });
        };
        if unread.is_refused && self.pulse.is_missing() {
            return Err(self.lost(unread.source));
        }
        tracing::warn!(
            channel.id = %self.line.lease.channel_id(),
            error = %unread.source,
            "the channel of a reply could not be read"
        );
        let is_cut = !unread.is_refused && !self.is_in_touch(began);
        if is_cut || self.pulse.is_missing() || self.is_deaf() {
            self.pulse.blind(began, Instant::now());
            return Ok(Look::Blind);
        }
        Ok(Look::Unread(unread))
    }

    /// Whether the gateway has said anything since the first of the looks that could not see, of which one
    /// began at `began`: if it has not, the way to it may be cut as well. A hub that is fed by other means
    /// does not say.
    fn is_in_touch(&self, began: Instant) -> bool {
        let since = self.pulse.blind_since().unwrap_or(began);
        let age = self.switchboard.hub.health().last_frame_age;
        age.is_none_or(|age| age < since.elapsed())
    }

    async fn read_again(&mut self) -> Result<Result<(), Unread>, ReplyError> {
        let (began, ticket) = (Instant::now(), self.view.begin());
        let reading = match self.read().await {
            Ok(reading) => reading,
            Err(_) if self.deadline <= Instant::now() => {
                return Err(ReplyError::Deadline {
                    given: self.line.account.given(),
                });
            }
            Err(unread) => return Ok(Err(unread)),
        };
        // Without READ_MESSAGE_HISTORY a channel reads as empty (Discord:
        // resources/message#get-channel-messages), and there is the prompt at least.
        if reading.messages.is_empty() {
            tracing::warn!(
                channel.id = %self.line.lease.channel_id(),
                "the channel reads as empty; is READ_MESSAGE_HISTORY missing?"
            );
        }
        let changes = self.view.reading(ticket, &reading);
        self.take(changes, began).map(Ok)
    }

    async fn read(&self) -> Result<Reading, Unread> {
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
                Ok(Err(Failure::Never { source })) => return Err(Unread::refused(source)),
                Ok(Err(failure)) => return Err(Unread::refused(failure.into())),
                Err(elapsed) => return Err(Unread::failed(elapsed.into())),
            };
            let pause = wait.unwrap_or_else(|| back_off(tries));
            let left = until.saturating_duration_since(Instant::now());
            if tries >= READ_TRIES_MAX || pause >= left {
                return Err(Unread::failed(source));
            }
            sleep(pause).await;
        }
    }
}
