//! Speaks to bots, so that they stay alive, and sees whether they are.
//!
//! One bot, once: its channels in order, until it has spoken for itself.
//!
//! ```text
//!   look at the channel ─► on record ─► post ─► on record ─► read until it has answered ─► on record
//!          │                    └─ killed here: looks for its message before it posts
//!          └─ missing, forbidden, silent, wrong: the next channel
//! ```

mod alarms;
mod answer;
mod job;
mod judge;
mod memory;
mod outcome;
mod post;
mod talk;

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, sleep};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, UserMarker},
};

pub use self::{
    job::{KeepAliveJob, keep_alive_job},
    judge::{Judge, Says},
    memory::MemoryLedger,
    outcome::{InChannel, Outcome, Report},
    talk::{Attempt, Heard, Ledger, NoRoom, Note, Room, Rooms, Sight, Talk, Tried},
};
use crate::{
    Failure,
    alerts::Alarms,
    limits::{BACK_OFF_MIN, BOTS_AT_ONCE, CHANNEL_SPARE, OUTAGE_RETRY_MAX},
};

/// One bot that is to be kept alive.
#[derive(Clone, Debug)]
pub struct KeepAlive {
    /// Its name, for people and records.
    pub bot: String,
    /// Its user: only what it writes counts as an answer.
    pub bot_id: Id<UserMarker>,
    /// Where it is spoken to, in order. Never deleted or edited. If there is none, in a temporary
    /// channel.
    pub channel_ids: Vec<Id<ChannelMarker>>,
    /// What is said, with the mention if it wants one.
    pub text: String,
    /// How long it may take to answer.
    pub answer_timeout: Duration,
    /// Who tells whether that is an answer.
    pub judge: Judge,
}

/// Keeps bots alive.
pub struct Keeper<T, L, A> {
    pub(crate) talk: T,
    pub(crate) ledger: L,
    guild_id: Id<GuildMarker>,
    rooms: Option<Arc<dyn Rooms>>,
    alarms: A,
}

/// Which time it is for: the job or the command, and its due time in milliseconds since 1970. What is
/// begun under one of them is gone on with under the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The job's name, or the command's.
    pub job: String,
    /// Its due time.
    pub due_ms: u64,
}

// === impl Keeper ===

impl<T: Talk, L: Ledger, A: Alarms> Keeper<T, L, A> {
    /// One for the bots of a guild. Whoever hears alarms is told of bots that do not answer.
    pub fn new(talk: T, ledger: L, guild_id: Id<GuildMarker>, alarms: A) -> Self {
        Self {
            talk,
            ledger,
            guild_id,
            rooms: None,
            alarms,
        }
    }

    /// It may open temporary channels for bots that have none.
    #[must_use]
    pub fn with_rooms(mut self, rooms: Arc<dyn Rooms>) -> Self {
        self.rooms = Some(rooms);
        self
    }

    /// Keeps several bots alive, side by side: no bot waits for another one's answer. `told` hears of
    /// each as it comes.
    pub async fn keep_all(
        &self,
        bots: &[KeepAlive],
        occasion: impl Fn(&KeepAlive) -> Occasion,
        told: impl Fn(&Report),
    ) -> Vec<Report> {
        let (occasion, told) = (&occasion, &told);
        let keep = |(index, bot)| async move {
            let report = self.keep(bot, &occasion(bot), Duration::ZERO).await;
            let report = report.unwrap_or_else(|| Report::left(bot.bot.clone()));
            told(&report);
            (index, report)
        };
        // Made beforehand: mapped in the stream, the whole could not be spawned (rust-lang/rust#102211).
        let keeping: Vec<_> = bots.iter().enumerate().map(keep).collect();
        let keeping = stream::iter(keeping).buffer_unordered(BOTS_AT_ONCE);
        let mut reports: Vec<_> = keeping.collect().await;
        reports.sort_unstable_by_key(|(index, _)| *index);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// Keeps one bot alive, and tries again for as long as `patience` while Discord is out of reach.
    /// Whoever has begun the same before, and died, is gone on with. `None`: it is left to somebody else
    /// ([`NoRoom::Left`]), and nobody is told of it.
    pub async fn keep(
        &self,
        bot: &KeepAlive,
        occasion: &Occasion,
        patience: Duration,
    ) -> Option<Report> {
        let until = Instant::now() + patience;
        let mut pause = BACK_OFF_MIN;
        let report = loop {
            let report = Report::of(bot.bot.clone(), self.round(bot, occasion).await?);
            if !report.outcome.may_pass() || Instant::now() + pause >= until {
                break report;
            }
            tracing::debug!(bot = bot.bot, outcome = %report.outcome, "trying again");
            sleep(pause).await;
            pause = (pause * 2).min(OUTAGE_RETRY_MAX);
        };
        let Occasion { job, due_ms } = occasion;
        if let Err(failure) = self.ledger.conclude(job, *due_ms, &report).await {
            let error = failure.reason();
            tracing::warn!(bot = bot.bot, error, "what came of it is not on record");
        }
        self.tell(&report).await;
        Some(report)
    }

    /// Each channel once, until the bot has spoken for itself. `None`: it is left to somebody else.
    async fn round(&self, bot: &KeepAlive, occasion: &Occasion) -> Option<Vec<InChannel>> {
        let tried = match self.ledger.tried(&occasion.job, occasion.due_ms).await {
            Ok(tried) => tried,
            Err(failure) => {
                return Some(vec![InChannel {
                    channel_id: None,
                    outcome: trouble(&failure),
                }]);
            }
        };
        if bot.channel_ids.is_empty() {
            let in_a_room = self.in_a_room(bot, occasion).await;
            return in_a_room.map(|tried| vec![tried]);
        }
        let mut channels = Vec::new();
        for &channel_id in &bot.channel_ids {
            let mut of_channel = tried.iter();
            let known = of_channel.find(|tried| tried.attempt.channel_id == channel_id);
            let outcome = self.in_channel(bot, occasion, channel_id, known).await;
            let is_the_bots = outcome.is_the_bots();
            channels.push(InChannel {
                channel_id: Some(channel_id),
                outcome,
            });
            if is_the_bots {
                break;
            }
        }
        Some(channels)
    }

    /// Speaks to a bot in one of its channels, or goes on where somebody has begun to.
    async fn in_channel(
        &self,
        bot: &KeepAlive,
        occasion: &Occasion,
        channel_id: Id<ChannelMarker>,
        known: Option<&Tried>,
    ) -> Outcome {
        if let Some(outcome) = known.and_then(|tried| tried.outcome.clone()) {
            return outcome;
        }
        let attempt = match known {
            Some(tried) => tried.attempt.clone(),
            None => match self.enter(bot, occasion, channel_id).await {
                Ok(attempt) => attempt,
                Err(outcome) => return outcome,
            },
        };
        let outcome = self.speak(bot, &attempt, known).await;
        self.settle(&attempt, &outcome).await;
        outcome
    }

    /// Looks at a channel, and writes down that something is about to be posted there.
    async fn enter(
        &self,
        bot: &KeepAlive,
        occasion: &Occasion,
        channel_id: Id<ChannelMarker>,
    ) -> Result<Attempt, Outcome> {
        let last_message_id = match self.talk.look(channel_id).await {
            Ok(Sight::Here {
                guild_id,
                holds_messages: true,
                last_message_id,
            }) if guild_id == Some(self.guild_id) => last_message_id,
            Ok(sight) => return Err(self.cannot_be_used(sight)),
            Err(failure) => return Err(trouble(&failure)),
        };
        let attempt = Attempt {
            job: occasion.job.clone(),
            due_ms: occasion.due_ms,
            bot: bot.bot.clone(),
            channel_id,
            // Ids begin at 1: from the beginning.
            after: last_message_id.unwrap_or(Id::new(1)),
        };
        let begun = self.ledger.begin(&attempt).await;
        begun.map_err(|failure| trouble(&failure))?;
        Ok(attempt)
    }

    /// Speaks to a bot in a channel that is opened for it. `None`: it is left to somebody else.
    async fn in_a_room(&self, bot: &KeepAlive, occasion: &Occasion) -> Option<InChannel> {
        let outcome = |outcome| {
            Some(InChannel {
                channel_id: None,
                outcome,
            })
        };
        let Some(rooms) = &self.rooms else {
            return outcome(Outcome::NoChannel {
                why: "none is configured, and none can be opened from here".to_owned(),
            });
        };
        let lifetime = bot.answer_timeout + CHANNEL_SPARE;
        let room = match rooms.open(&bot.bot, lifetime).await {
            Ok(room) => room,
            Err(NoRoom::Left) => return None,
            Err(NoRoom::Failed(failure @ Failure::Never { .. })) => {
                let why = format!("none is configured, and {}", failure.reason());
                return outcome(Outcome::NoChannel { why });
            }
            Err(NoRoom::Failed(failure)) => return outcome(trouble(&failure)),
        };
        Some(InChannel {
            channel_id: Some(room.channel_id),
            outcome: self.in_channel(bot, occasion, room.channel_id, None).await,
        })
    }

    /// If that cannot be written down, whoever goes on looks again.
    async fn settle(&self, attempt: &Attempt, outcome: &Outcome) {
        if !outcome.may_pass()
            && let Err(failure) = self.ledger.settle(attempt, outcome).await
        {
            let error = failure.reason();
            tracing::warn!(bot = attempt.bot, error, "an outcome is not on record");
        }
    }

    /// What a channel that nobody can speak in comes to.
    fn cannot_be_used(&self, sight: Sight) -> Outcome {
        let why = match sight {
            Sight::Missing => "it does not exist",
            Sight::Here { guild_id, .. } if guild_id != Some(self.guild_id) => {
                "it is not in the guild of discord.guild_id"
            }
            Sight::Here {
                holds_messages: false,
                ..
            } => "nothing can be written in channels of its type",
            // Reading and writing need more than seeing.
            Sight::Here { .. } | Sight::Forbidden => return Outcome::Forbidden,
        };
        Outcome::NoChannel {
            why: why.to_owned(),
        }
    }

    /// What a call in a channel that Discord does not carry out comes to. Why it does not is seen by
    /// looking at the channel.
    async fn refused(&self, channel_id: Id<ChannelMarker>, failure: &Failure) -> Outcome {
        if !matches!(failure, Failure::Never { .. }) {
            return trouble(failure);
        }
        match self.talk.look(channel_id).await {
            Ok(sight) => self.cannot_be_used(sight),
            Err(failure) => trouble(&failure),
        }
    }
}

impl<T, L, A> std::fmt::Debug for Keeper<T, L, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper")
            .field("guild_id", &self.guild_id)
            .finish_non_exhaustive()
    }
}

fn trouble(failure: &Failure) -> Outcome {
    Outcome::Upstream {
        why: failure.reason(),
    }
}
