//! Is that an answer?

use std::{fmt, sync::Arc};

use twilight_model::id::{
    Id,
    marker::{MessageMarker, UserMarker},
};

use super::Heard;
use crate::limits::SHORT_BYTES_MAX;

/// What a text of a bot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// What is said instead of an answer for as long as there is none: "Thinking…".
    NotYet,
    /// An answer.
    Answer,
    /// That the bot has reached its limit.
    Limit,
    /// Something else than was expected.
    Wrong,
}

/// Who tells what a text of a bot is.
#[derive(Clone)]
pub struct Judge(Arc<dyn Fn(&str) -> Says + Send + Sync>);

/// What the messages after ours come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The bot has not answered.
    Nothing,
    /// It has written this, so far.
    Said {
        message_id: Id<MessageMarker>,
        says: Says,
        text: String,
    },
}

// === impl Judge ===

impl Judge {
    /// One that asks `judge`. What is blank is no answer, and it is not asked about that.
    pub fn new(judge: impl Fn(&str) -> Says + Send + Sync + 'static) -> Self {
        Self(Arc::new(judge))
    }

    /// One that takes every text for an answer.
    #[must_use]
    pub fn lenient() -> Self {
        Self::new(|_| Says::Answer)
    }

    fn of(&self, heard: &Heard) -> Says {
        if heard.is_loading || heard.text.trim().is_empty() {
            Says::NotYet
        } else {
            (self.0)(&heard.text)
        }
    }

    /// What the messages after ours come to: what points at ours counts, and if nothing does, what points
    /// at nothing. What points at somebody else's message is for them.
    pub(super) fn hear(
        &self,
        heard: &[Heard],
        ours: Id<MessageMarker>,
        bot_id: Id<UserMarker>,
    ) -> Verdict {
        let of_bot = heard.iter().filter(|heard| heard.author_id == bot_id);
        let (direct, loose): (Vec<_>, Vec<_>) = of_bot
            .filter(|heard| heard.answers.is_none_or(|answers| answers == ours))
            .partition(|heard| heard.answers.is_some());
        let counted = if direct.is_empty() { loose } else { direct };
        let judged = counted.iter().map(|heard| (*heard, self.of(heard)));
        let said = judged
            .filter(|(_, says)| *says != Says::NotYet)
            // A later message may be right where the first one was not.
            .min_by_key(|(_, says)| *says == Says::Wrong);
        said.map_or(Verdict::Nothing, |(heard, says)| Verdict::Said {
            message_id: heard.id,
            says,
            text: heard.text.clone(),
        })
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Judge")
    }
}

// === impl Verdict ===

impl Verdict {
    /// Whether nothing will change any more, as far as one can see: it was the same a moment ago, or is
    /// an answer that is too long to become something about a limit.
    pub(super) fn is_settled(&self, before: &Self) -> bool {
        match self {
            Self::Said {
                says: Says::Answer,
                text,
                ..
            } if text.len() > SHORT_BYTES_MAX => true,
            Self::Said { says, .. } => *says != Says::Wrong && self == before,
            Self::Nothing => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOT: u64 = 7;

    fn heard(id: u64, author: u64, answers: Option<u64>, text: &str) -> Heard {
        Heard {
            id: Id::new(id),
            author_id: Id::new(author),
            answers: answers.map(Id::new),
            text: text.to_owned(),
            is_loading: false,
        }
    }

    fn judge() -> Judge {
        Judge::new(|text| match text {
            "Thinking…" => Says::NotYet,
            "limit" => Says::Limit,
            text if text.contains("pong") => Says::Answer,
            _ => Says::Wrong,
        })
    }

    fn said(messages: &[Heard]) -> Option<(u64, Says)> {
        match judge().hear(messages, Id::new(100), Id::new(BOT)) {
            Verdict::Nothing => None,
            Verdict::Said {
                message_id, says, ..
            } => Some((message_id.get(), says)),
        }
    }

    #[test]
    fn only_what_the_bot_says_to_us_counts() {
        assert_eq!(said(&[]), None);
        assert_eq!(
            said(&[heard(101, 8, Some(100), "pong")]),
            None,
            "another bot's"
        );
        assert_eq!(
            said(&[heard(101, BOT, Some(99), "pong")]),
            None,
            "to somebody else"
        );
        let loose = heard(101, BOT, None, "pong loose");
        assert_eq!(
            said(std::slice::from_ref(&loose)),
            Some((101, Says::Answer))
        );
        let both = [loose, heard(102, BOT, Some(100), "limit")];
        assert_eq!(
            said(&both),
            Some((102, Says::Limit)),
            "what points at ours goes first"
        );
    }

    #[test]
    fn what_is_no_answer_yet_is_waited_for() {
        let thinking = heard(101, BOT, Some(100), "Thinking…");
        assert_eq!(said(std::slice::from_ref(&thinking)), None);
        assert_eq!(said(&[heard(101, BOT, Some(100), " \n")]), None);
        let mut loading = heard(102, BOT, Some(100), "pong");
        loading.is_loading = true;
        assert_eq!(said(&[loading]), None);
        let more = [thinking, heard(103, BOT, Some(100), "pong")];
        assert_eq!(said(&more), Some((103, Says::Answer)));
        let wrong_first = [
            heard(101, BOT, Some(100), "welcome"),
            heard(103, BOT, Some(100), "pong"),
        ];
        assert_eq!(said(&wrong_first), Some((103, Says::Answer)));
        assert_eq!(said(&wrong_first[..1]), Some((101, Says::Wrong)));
    }

    #[test]
    fn a_short_text_has_to_stay_as_it_is_before_it_counts() {
        let verdict = |text: &str| {
            judge().hear(
                &[heard(101, BOT, Some(100), text)],
                Id::new(100),
                Id::new(BOT),
            )
        };
        assert!(!verdict("pong").is_settled(&Verdict::Nothing));
        assert!(!verdict("pong pong").is_settled(&verdict("pong")));
        assert!(verdict("pong").is_settled(&verdict("pong")));
        assert!(verdict(&"pong".repeat(200)).is_settled(&Verdict::Nothing));
        assert!(
            !verdict("hm").is_settled(&verdict("hm")),
            "it may still be put right"
        );
    }
}
