//! What came of an attempt to keep a bot alive.

use std::{fmt, time::Duration};

use twilight_model::id::{Id, marker::ChannelMarker};

/// What came of it, in one channel or in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The bot answered as it should, so long after it was spoken to, by Discord's clock.
    Answered {
        /// From our message to its own.
        latency: Duration,
    },
    /// It says that it has reached its limit: it is alive, and answers nobody.
    LimitReached,
    /// It answered, and not as it should.
    WrongAnswer,
    /// It did not answer in time.
    Silent,
    /// Discord, or the record, could not be reached.
    Upstream {
        /// What was observed.
        why: String,
    },
    /// Our bot may not see the channel, or not write or read there.
    Forbidden,
    /// There is no such channel, or it is none to write in, or none is configured.
    NoChannel {
        /// What is wrong with it.
        why: String,
    },
}

/// What came of it in one of the channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InChannel {
    /// The channel; `None`: there was none to be had.
    pub channel_id: Option<Id<ChannelMarker>>,
    /// What came of it there.
    pub outcome: Outcome,
}

/// What came of keeping one bot alive once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The bot's name.
    pub bot: String,
    /// What came of it: the last channel's if the bot spoke, or what says most.
    pub outcome: Outcome,
    /// The channels that were tried, in order.
    pub channels: Vec<InChannel>,
}

// === impl Outcome ===

impl Outcome {
    /// Its name in stores, logs and on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "answered",
            Self::LimitReached => "limit_reached",
            Self::WrongAnswer => "wrong_answer",
            Self::Silent => "silent",
            Self::Upstream { .. } => "upstream",
            Self::Forbidden => "forbidden",
            Self::NoChannel { .. } => "no_channel",
        }
    }

    /// Whether the next channel would tell no more: the bot has spoken for itself.
    pub(crate) const fn is_the_bots(&self) -> bool {
        matches!(self, Self::Answered { .. } | Self::LimitReached)
    }

    /// Whether the same channel may tell something else in a while.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(self, Self::Upstream { .. })
    }

    /// Of several channels, the one that says most about the bot counts.
    const fn weight(&self) -> u8 {
        match self {
            Self::Answered { .. } => 6,
            Self::LimitReached => 5,
            Self::WrongAnswer => 4,
            Self::Silent => 3,
            Self::Upstream { .. } => 2,
            Self::Forbidden => 1,
            Self::NoChannel { .. } => 0,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { latency } => {
                write!(f, "answered after {:.1} s", latency.as_secs_f64())
            }
            Self::LimitReached => f.write_str("says that it has reached its limit"),
            Self::WrongAnswer => f.write_str("answered, and not as it should"),
            Self::Silent => f.write_str("did not answer"),
            Self::Upstream { why } => write!(f, "could not be asked: {why}"),
            Self::Forbidden => {
                f.write_str("the channel is forbidden: grant View Channel, Send Messages and Read Message History")
            }
            Self::NoChannel { why } => write!(f, "no channel: {why}"),
        }
    }
}

// === impl Report ===

impl Report {
    pub(crate) fn of(bot: String, channels: Vec<InChannel>) -> Self {
        let outcomes = channels.iter().map(|tried| &tried.outcome);
        let most = outcomes.max_by_key(|outcome| outcome.weight()).cloned();
        let none = || Outcome::NoChannel {
            why: "none is configured".to_owned(),
        };
        Self {
            bot,
            outcome: most.unwrap_or_else(none),
            channels,
        }
    }

    /// Of a bot that is left to somebody else, for whoever has asked for it here.
    pub(crate) fn left(bot: String) -> Self {
        let outcome = Outcome::NoChannel {
            why: "none is configured; the proxy, which has the store, opens one when it is due"
                .to_owned(),
        };
        Self {
            bot,
            outcome,
            channels: Vec::new(),
        }
    }

    /// The channel that its outcome is from.
    #[must_use]
    pub fn channel_id(&self) -> Option<Id<ChannelMarker>> {
        let mut of = self.channels.iter();
        let same = of.find(|tried| tried.outcome == self.outcome);
        same.and_then(|tried| tried.channel_id)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.bot, self.outcome)?;
        for InChannel {
            channel_id,
            outcome,
        } in &self.channels
        {
            if let Some(id) = channel_id
                && *outcome != self.outcome
            {
                write!(f, "; in {id}: {outcome}")?;
            }
        }
        Ok(())
    }
}
