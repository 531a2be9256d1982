//! Hearing a reply out: from the posted prompt to the last word.
//!
//! ```text
//!   gateway ──events──► hear ─┐
//!                             ├─► Assembly ──settled text──► Piece::Text
//!   history ──pages──► look ──┘      │
//!      ▲                             └─shows its end──► Piece::End
//!      └── after a lapse, and before anything is declared over   (Pulse says when)
//! ```

mod look;

use std::sync::Arc;

use cordboard_gateway::{Delivery, Dispatch, Status, Subscription};
use cordboard_lifecycle::Lease;
use cordboard_recovery::{self as recovery, History, Merge};
use futures_util::{FutureExt, Stream, stream};
use tokio::{
    select,
    sync::watch,
    time::{Instant, sleep_until},
};
use twilight_model::id::{Id, marker::MessageMarker};

use self::look::Look;
use crate::{
    Bot, End, EndReason, MessageApi, Piece, ReplyError, Request,
    account::Account,
    admission::Place,
    assembly::{Assembly, Change, Finish},
    bots::Seat,
    completion::{Due, Pulse},
    event::Event,
    exchanges::Switchboard,
    sighting::Sighting,
    stop::Stop,
};

/// All that a conversation holds. It is given back when this is dropped, the channel first.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) lease: Lease,
    pub(crate) seat: Seat,
    #[expect(dead_code, reason = "held, never looked at")]
    pub(crate) place: Place,
    pub(crate) account: Account,
}

/// A reply that is being heard.
pub(crate) struct Listening<D> {
    switchboard: Arc<Switchboard<D>>,
    line: Line,
    events: Subscription,
    prompt_id: Id<MessageMarker>,
    /// The channel's messages, whichever way they came.
    view: Merge,
    reply: Assembly,
    pulse: Pulse,
    gateway: watch::Receiver<Status>,
    deadline: Instant,
    /// How often the bot has done something, to see whether a look brought news.
    acts: u64,
}

/// What comes next.
enum Step {
    Text(String),
    Over(EndReason),
}

/// The states of the stream of pieces.
enum Phase<D> {
    Listening(Box<Listening<D>>),
    /// The rest of the text has been given; nothing is held any more.
    Ending(End),
    Over,
}

/// The pieces of the reply. Polling them is what listens.
pub(crate) fn pieces<D: MessageApi + History>(
    listening: Listening<D>,
) -> impl Stream<Item = Result<Piece, ReplyError>> + Send + 'static {
    stream::unfold(Phase::Listening(Box::new(listening)), |phase| async {
        match phase {
            Phase::Listening(listening) => Some(listening.next_piece().await),
            Phase::Ending(end) => Some((Ok(Piece::End(end)), Phase::Over)),
            Phase::Over => None,
        }
    })
}

// === impl Listening ===

impl<D: MessageApi + History> Listening<D> {
    pub(crate) fn new(
        switchboard: Arc<Switchboard<D>>,
        line: Line,
        events: Subscription,
        prompt_id: Id<MessageMarker>,
        request: &Request,
    ) -> Self {
        let bot = Arc::clone(line.seat.bot());
        Self {
            gateway: switchboard.hub.status(),
            switchboard,
            line,
            events,
            view: Merge::new(),
            prompt_id,
            reply: Assembly::new(bot, prompt_id, Stop::new(&request.stop)),
            pulse: Pulse::new(Instant::now(), request.deadline),
            deadline: request.deadline,
            acts: 0,
        }
    }

    async fn next_piece(mut self: Box<Self>) -> (Result<Piece, ReplyError>, Phase<D>) {
        match self.step().await {
            Ok(Step::Text(text)) => {
                self.line.account.text_given();
                (Ok(Piece::Text(text)), Phase::Listening(self))
            }
            Ok(Step::Over(reason)) => {
                let Self {
                    mut line, reply, ..
                } = *self;
                let Finish { rest, end } = reply.finish(reason);
                line.account.ended("complete");
                line.seat.last_word(false);
                // The channel is released here, not when the client has read the rest.
                drop(line);
                match rest {
                    Some(rest) => (Ok(Piece::Text(rest)), Phase::Ending(end)),
                    None => (Ok(Piece::End(end)), Phase::Over),
                }
            }
            Err(error) => {
                self.line.account.ended(outcome(&error));
                if matches!(error, ReplyError::Limited { .. }) {
                    self.line.seat.last_word(true);
                }
                (Err(error), Phase::Over)
            }
        }
    }

    /// Listens until there is text to give or the reply is over.
    async fn step(&mut self) -> Result<Step, ReplyError> {
        loop {
            // A message about a limit may still become an answer: nothing of it is given before it
            // is complete. Nor is what may have something missing before it.
            let (limited, is_missing) = (self.reply.limited(), self.pulse.is_missing());
            if limited.is_none() && !is_missing {
                if self.reply.shows_end() && self.reply.is_certain() {
                    return Ok(Step::Over(EndReason::Complete));
                }
                if let Some(text) = self.reply.settle() {
                    return Ok(Step::Text(text));
                }
                if self.reply.is_stopped() {
                    return Ok(Step::Over(EndReason::StopSequence));
                }
            }
            if self.reply.is_cut() {
                return Ok(Step::Over(EndReason::Length));
            }
            let over = if self.reply.shows_end() && !is_missing {
                self.confirm_end().await?
            } else {
                self.wait().await?
            };
            if let Some(reason) = over {
                return match self.reply.limited() {
                    Some(message) => Err(ReplyError::Limited { message }),
                    None => Ok(Step::Over(reason)),
                };
            }
        }
    }

    /// Waits for the next event, for the gateway to go or to come back, or until something is due.
    async fn wait(&mut self) -> Result<Option<EndReason>, ReplyError> {
        let is_cut = !self.gateway.borrow().is_ready();
        if self.is_deaf() {
            self.pulse.deaf(Instant::now());
        }
        let (at, due) = self.pulse.next(&self.bot().profile, self.is_deaf());
        // However many events there are to hear first, the deadline holds.
        if self.deadline <= Instant::now() {
            return self.due(Due::Deadline).await;
        }
        let turned = self.gateway.wait_for(|it| it.is_ready() == is_cut);
        let delivery = select! {
            biased;
            delivery = self.events.next() => delivery,
            true = turned.map(|it| it.is_ok()) => {
                self.pulse.deaf(Instant::now());
                return Ok(None);
            }
            () = sleep_until(at) => return self.due(due).await,
        };
        match delivery {
            Some(delivery) => self.hear(delivery).await.map(|()| None),
            None => Err(self.lost("the gateway has closed for good".into())),
        }
    }

    /// Whether nothing of what the bot does is heard now: its silence says nothing then.
    fn is_deaf(&self) -> bool {
        let Switchboard { hub, guild_id, .. } = &*self.switchboard;
        !self.gateway.borrow().is_ready() || guild_id.is_some_and(|id| hub.is_away(id))
    }

    fn is_silent_for_long(&self) -> bool {
        let profile = &self.bot().profile;
        self.pulse.is_silent_for_long(profile, Instant::now())
    }

    async fn hear(&mut self, delivery: Delivery) -> Result<(), ReplyError> {
        match delivery {
            Delivery::Dispatch(dispatch) => self.hear_event(&dispatch).await,
            Delivery::Lapse(lapse) => {
                tracing::debug!(
                    channel.id = %self.line.lease.channel_id(),
                    reason = ?lapse.reason,
                    "events may be missing, reading the channel again"
                );
                self.acts += 1;
                self.make_up().await?;
                self.pulse.unheard(Instant::now());
                Ok(())
            }
            // For taps.
            Delivery::Acknowledged(_) => Ok(()),
        }
    }

    async fn hear_event(&mut self, dispatch: &Dispatch) -> Result<(), ReplyError> {
        match Event::of(dispatch, self.bot().user_id) {
            Event::Messages => match self.view.event(&dispatch.name, &dispatch.data) {
                Ok(changes) => self.take(changes, Instant::now()),
                // It said something that cannot be read: then at least what it was about is.
                Err(_) => self.make_up().await,
            },
            Event::Typing => {
                self.acts += 1;
                self.pulse.typed(Instant::now());
                Ok(())
            }
            Event::ChannelGone => Err(ReplyError::ChannelGone {
                given: self.line.account.given(),
            }),
            Event::Other => Ok(()),
        }
    }

    /// Nothing was heard until something was due: looks whether there was something to hear, and
    /// only then says that it is over.
    async fn due(&mut self, due: Due) -> Result<Option<EndReason>, ReplyError> {
        let given = self.line.account.given();
        match due {
            Due::Deadline => return Err(ReplyError::Deadline { given }),
            Due::LastLook => {
                self.pulse.looked_last(Instant::now());
                self.look_and_hear().await?;
                return Ok(None);
            }
            Due::Again => {
                self.pulse.looks_again();
                if self.pulse.is_missing() {
                    self.look_and_hear().await?;
                }
                return Ok(None);
            }
            Due::Bound => {
                self.look_and_hear().await?;
                // It is due again once what is missing has been made up for.
                let is_missing = self.pulse.is_missing();
                return Ok((!is_missing).then_some(EndReason::Length));
            }
            Due::Quiet => {
                match self.look_and_hear().await? {
                    Look::Nothing | Look::Unread(_) => return Ok(Some(EndReason::Complete)),
                    // There may be more that was not heard.
                    Look::Found => self.pulse.unheard(Instant::now()),
                    Look::Heard | Look::Blind => {}
                }
                return Ok(None);
            }
            Due::Silent | Due::Stalled => {}
        }
        let was_deaf = self.is_deaf();
        match self.look_and_hear().await? {
            // An end that is shown has only to be confirmed.
            Look::Nothing if self.reply.shows_end() => return Ok(None),
            Look::Nothing if !(was_deaf || self.is_deaf()) || self.is_silent_for_long() => {}
            Look::Unread(unread) if unread.is_refused => return Err(self.lost(unread.source)),
            // An event may be missing without a trace, and nobody hears whether it types.
            Look::Nothing | Look::Unread(_) => {
                self.pulse.put_off(Instant::now());
                return Ok(None);
            }
            Look::Found | Look::Heard | Look::Blind => return Ok(None),
        }
        Err(match due {
            Due::Silent => ReplyError::Silent,
            _ if self.reply.message_count() == 0 => ReplyError::MessageDeleted { given },
            _ => ReplyError::Stalled { given },
        })
    }

    /// The bot has shown the end in one message of several: reads how the others stand.
    async fn confirm_end(&mut self) -> Result<Option<EndReason>, ReplyError> {
        if let Look::Blind = self.look_and_hear().await? {
            return self.wait().await;
        }
        Ok(self.reply.shows_end().then_some(EndReason::Complete))
    }

    /// Events that came while something else was waited for.
    async fn hear_pending(&mut self) -> Result<(), ReplyError> {
        while let Some(Some(delivery)) = self.events.next().now_or_never() {
            self.hear(delivery).await?;
        }
        Ok(())
    }

    /// Takes in what changed in the channel. `began` is when the reading that showed it did.
    fn take(&mut self, changes: Vec<recovery::Change>, began: Instant) -> Result<(), ReplyError> {
        let bot_id = self.bot().user_id;
        for change in changes {
            let messages = self.reply.message_count();
            let deleted = matches!(
                change,
                recovery::Change::Deleted(_) | recovery::Change::Missing(_)
            );
            let change = match change {
                recovery::Change::Created(message) | recovery::Change::Updated(message) => {
                    match Sighting::of(&message, bot_id) {
                        Some(state) => self.reply.observe(message.id, state, Instant::now()),
                        None => continue,
                    }
                }
                recovery::Change::Deleted(id) => self.reply.forget(id),
                recovery::Change::Missing(id) => self.reply.miss(id, began),
            };
            if self.reply.message_count() > messages {
                self.pulse.wrote();
            }
            self.mark(change);
            // Some bots delete a first word to say it better. That is fine while nobody heard it.
            let given = self.line.account.given();
            if deleted && given && change == Change::Text && !self.reply.has_text() {
                return Err(ReplyError::MessageDeleted { given });
            }
        }
        Ok(())
    }

    fn mark(&mut self, change: Change) {
        if change != Change::Nothing {
            self.acts += 1;
            let (text, answers) = (change == Change::Text, self.reply.has_text());
            self.pulse.beat(Instant::now(), text, answers);
        }
    }

    fn bot(&self) -> &Bot {
        self.line.seat.bot()
    }

    fn lost(&self, source: crate::Source) -> ReplyError {
        ReplyError::Lost {
            given: self.line.account.given(),
            source,
        }
    }
}

/// The word for the log.
const fn outcome(error: &ReplyError) -> &'static str {
    match error {
        ReplyError::Deadline { .. } => "deadline",
        ReplyError::Silent => "silent",
        ReplyError::Stalled { .. } => "stalled",
        ReplyError::ChannelGone { .. } => "channel gone",
        ReplyError::MessageDeleted { .. } => "message deleted",
        ReplyError::Limited { .. } => "limited",
        ReplyError::Lost { .. } => "lost",
    }
}
