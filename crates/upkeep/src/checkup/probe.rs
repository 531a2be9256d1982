//! What can only be found out by doing something: beginning a session, and asking a bot.

use std::time::Duration;

use super::Finding;

/// What came of a gateway session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionFacts {
    /// It was ready after so long.
    Ready(Duration),
    /// Discord refuses it, whoever tries again.
    Refused {
        /// What it said.
        matter: String,
        /// What to do.
        fix: String,
    },
    /// It was not ready in time; how it stood.
    NotReady(String),
    /// None was begun; why.
    NotBegun(String),
}

/// What came of a question to a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerFacts {
    /// It answered.
    Answered {
        /// After how long.
        after: Duration,
        /// Whether anything can be read in it.
        has_content: bool,
        /// Whether it mentions our bot: such messages are shown without any intent.
        mentions_us: bool,
    },
    /// It did not, for so long.
    Silent(Duration),
    /// The question could not be posted, or the answer not looked for.
    Failed {
        /// Why.
        matter: String,
        /// What to do.
        fix: String,
    },
    /// It was not asked; why.
    NotAsked(String),
}

/// Judges a gateway session.
#[must_use]
pub fn session(facts: &SessionFacts) -> Finding {
    let (check, subject) = ("gateway.session", "a gateway session");
    match facts {
        SessionFacts::Ready(after) => Finding::ok(check, subject).noting(format!(
            "it was ready after {} ms, and cost one of today's sessions",
            after.as_millis()
        )),
        SessionFacts::Refused { matter, fix } => Finding::wrong(check, subject, matter, fix),
        SessionFacts::NotReady(why) => Finding::unknown(
            check,
            subject,
            format!("was not ready in time: {why}"),
            "look at https://discordstatus.com and at the way to the gateway, and run doctor again",
        ),
        SessionFacts::NotBegun(why) => Finding::skipped(check, subject, why),
    }
}

/// Judges what a bot answered. `index` is its place in the configuration.
#[must_use]
pub fn answer(index: usize, name: &str, facts: &AnswerFacts) -> Vec<Finding> {
    let subject = format!("bots[{index}] {name}");
    match facts {
        AnswerFacts::Answered {
            after,
            has_content,
            mentions_us,
        } => {
            let note = format!("it answered after {} ms", after.as_millis());
            vec![
                Finding::ok("upstream.answers", &subject).noting(note),
                content(&subject, *has_content, *mentions_us),
            ]
        }
        AnswerFacts::Silent(waited) => vec![Finding::wrong(
            "upstream.answers",
            subject,
            format!(
                "did not answer within {} s: most likely it does not answer messages that bots \
                 write, or it is offline",
                waited.as_secs()
            ),
            "let it answer bots (many ignore them unless a setting says otherwise), see that it is \
             running, and that bots.profile mentions it if it wants to be mentioned",
        )],
        AnswerFacts::Failed { matter, fix } => {
            vec![Finding::unknown("upstream.answers", subject, matter, fix)]
        }
        AnswerFacts::NotAsked(why) => {
            vec![Finding::skipped("upstream.answers", subject, why)]
        }
    }
}

fn content(subject: &str, has_content: bool, mentions_us: bool) -> Finding {
    match (has_content, mentions_us) {
        (true, false) => {
            Finding::ok("upstream.content", subject).noting("its answer arrived with its text")
        }
        (true, true) => Finding::skipped(
            "upstream.content",
            subject,
            "its answer mentions our bot, and such messages are shown without the intent as well",
        ),
        (false, _) => Finding::wrong(
            "upstream.content",
            subject,
            "its answer arrived empty",
            "switch on Message Content Intent at https://discord.com/developers/applications, under \
             Bot; if it is on, see what the bot answers with",
        ),
    }
}
