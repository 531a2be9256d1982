//! The bots, and which of them is asked next.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::{sync::watch, time::Instant};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, UserMarker},
};

use crate::{AskError, Profile, same_model};

/// One bot that answers.
#[derive(Clone, Debug)]
pub struct Bot {
    /// Its name, for logs and channel names.
    pub name: String,
    /// Its user; only what this user writes counts as a reply.
    pub user_id: Id<UserMarker>,
    /// The models that are asked of it.
    pub models: Vec<String>,
    /// A channel that people use to speak with it; conversations never do.
    pub default_channel_id: Option<Id<ChannelMarker>>,
    /// More of them, in the order in which they are tried.
    pub default_channel_ids: Vec<Id<ChannelMarker>>,
    /// How it behaves.
    pub profile: Profile,
}

/// How the last conversation with a bot ended that says whether it is at its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastWord {
    /// The bot said that it has reached its limit; otherwise it answered.
    pub is_limited: bool,
    /// When that was.
    pub at: Instant,
}

/// The last word of each bot that has said one, by its name.
pub type LastWords = BTreeMap<String, LastWord>;

/// All bots with the work they have.
#[derive(Debug)]
pub(crate) struct Bots {
    all: Vec<Arc<Bot>>,
    models: Vec<String>,
    loads: Mutex<Vec<Load>>,
    last_words: watch::Sender<LastWords>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Load {
    busy: usize,
    /// Bots that are equally busy take turns.
    asked: u64,
}

/// One conversation's claim on a bot. Dropping it gives the bot back.
#[derive(Debug)]
pub(crate) struct Seat {
    bots: Arc<Bots>,
    bot: Arc<Bot>,
    index: usize,
}

// === impl Bot ===

impl Bot {
    /// All its default channels in the order in which they are tried, each once.
    #[must_use]
    pub fn default_channels(&self) -> Vec<Id<ChannelMarker>> {
        let mut named = HashSet::new();
        let all = self.default_channel_id.iter();
        let all = all.chain(&self.default_channel_ids).copied();
        all.filter(|id| named.insert(*id)).collect()
    }

    fn serves(&self, model: &str) -> bool {
        self.models.iter().any(|own| same_model(own, model))
    }
}

// === impl Bots ===

impl Bots {
    pub(crate) fn new(bots: Vec<Bot>) -> Self {
        let mut models: Vec<String> = Vec::new();
        for model in bots.iter().flat_map(|bot| &bot.models) {
            if !models.iter().any(|known| known.eq_ignore_ascii_case(model)) {
                models.push(model.clone());
            }
        }
        Self {
            loads: Mutex::new(vec![Load::default(); bots.len()]),
            all: bots.into_iter().map(Arc::new).collect(),
            models,
            last_words: watch::Sender::default(),
        }
    }

    pub(crate) fn last_words(&self) -> watch::Receiver<LastWords> {
        self.last_words.subscribe()
    }

    /// Every model once, in the order of the configuration.
    pub(crate) fn models(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(String::as_str)
    }

    pub(crate) fn serve(&self, model: &str) -> bool {
        self.all.iter().any(|bot| bot.serves(model))
    }

    /// Takes the least busy bot that serves the model.
    pub(crate) fn seat(self: &Arc<Self>, model: &str) -> Result<Seat, AskError> {
        let mut loads = self.loads.lock();
        let (index, bot) = self
            .all
            .iter()
            .enumerate()
            .filter(|(_, bot)| bot.serves(model))
            .min_by_key(|(index, _)| loads[*index])
            .ok_or_else(|| AskError::UnknownModel {
                model: model.to_owned(),
            })?;
        loads[index].busy += 1;
        loads[index].asked += 1;
        Ok(Seat {
            bots: Arc::clone(self),
            bot: Arc::clone(bot),
            index,
        })
    }
}

// === impl Seat ===

impl Seat {
    pub(crate) fn bot(&self) -> &Arc<Bot> {
        &self.bot
    }

    /// Notes what the bot has said of its limit, if only by answering.
    pub(crate) fn last_word(&self, is_limited: bool) {
        let at = Instant::now();
        let word = LastWord { is_limited, at };
        self.bots.last_words.send_modify(|words| {
            words.insert(self.bot.name.clone(), word);
        });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.bots.loads.lock()[self.index].busy -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bots() -> Arc<Bots> {
        let bot = |number: u64, models: &[&str]| Bot {
            name: format!("bot-{number}"),
            user_id: Id::new(number),
            models: models.iter().map(|&model| model.to_owned()).collect(),
            default_channel_id: None,
            default_channel_ids: Vec::new(),
            profile: Profile::default(),
        };
        Arc::new(Bots::new(vec![
            bot(1, &["gpt-4", "maker/own"]),
            bot(2, &["GPT-4", "gpt-4-32k"]),
        ]))
    }

    fn chosen(seat: &Seat) -> u64 {
        seat.bot().user_id.get()
    }

    #[test]
    fn models_are_matched_whole_whatever_their_case_or_maker() {
        let bots = bots();
        for model in [
            "gpt-4",
            "Gpt-4",
            "openai/gpt-4",
            "OpenAI/GPT-4-32K",
            "maker/own",
            "openai/maker/own",
        ] {
            assert!(bots.serve(model), "{model}");
        }
        for model in [
            "gpt",
            "gpt-4-",
            "gpt-4-32",
            "own",
            "other/gpt-4",
            "",
            "openai/",
        ] {
            assert!(!bots.serve(model), "{model}");
            assert!(
                matches!(bots.seat(model), Err(AskError::UnknownModel { .. })),
                "{model}"
            );
        }
        assert_eq!(
            bots.models().collect::<Vec<_>>(),
            ["gpt-4", "maker/own", "gpt-4-32k"]
        );
    }

    #[test]
    fn the_least_busy_bot_is_asked_and_equals_take_turns() {
        let bots = bots();
        let one = bots.seat("gpt-4").unwrap();
        let two = bots.seat("gpt-4").unwrap();
        assert_eq!((chosen(&one), chosen(&two)), (1, 2));
        drop(two);
        let again = bots.seat("gpt-4").unwrap();
        assert_eq!(chosen(&again), 2, "bot 1 is still busy");
        drop((one, again));
        assert_eq!(
            chosen(&bots.seat("gpt-4").unwrap()),
            1,
            "bot 2 was asked more often"
        );
        assert_eq!(
            chosen(&bots.seat("gpt-4-32k").unwrap()),
            2,
            "only bot 2 serves it"
        );
    }
}
