//! Whether a bot answers what a bot writes.

use std::slice;

use cordboard_conversation::{Bot, MessageApi as _, Post};
use cordboard_lifecycle::{Clock as _, Failure};
use cordboard_recovery::History as _;
use cordboard_store::Act;
use cordboard_upkeep::checkup::{self, AnswerFacts, Finding, Place, Purpose, Sight, State};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker, UserMarker},
};

use super::guild::GuildSeen;
use crate::{
    error::chain,
    limits::{PROBE_ANSWER_TIMEOUT, PROBE_LOOK_EVERY, PROBE_POST_TIMEOUT},
    maintenance::{Maintenance, Progress, Watcher},
};

/// What bots are asked. It stays where it is posted, for everybody to read.
const QUESTION: &str =
    "This is a test by `cordboard-maintenance doctor`. Please answer with one word.";

impl Maintenance {
    /// Asks every bot something, one after the other: in the first of its default channels that is
    /// well, or else in a channel of its own that is made for it and deleted.
    pub(super) async fn probe_bots(&self, seen: &GuildSeen, watcher: Watcher<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let total = self.config.bots.len() as u64;
        for (index, bot) in self.config.bots.iter().enumerate() {
            watcher(Progress {
                done: index as u64,
                total: Some(total),
                message: format!("asks {}", bot.name),
            });
            let facts = self.probe_bot(index, bot, seen).await;
            findings.extend(checkup::answer(index, &bot.name, &facts));
        }
        findings
    }

    async fn probe_bot(&self, index: usize, bot: &Bot, seen: &GuildSeen) -> AnswerFacts {
        let not_asked = |why: &str| AnswerFacts::NotAsked(why.to_owned());
        let me = seen.guild.me.user_id;
        // What keeps it from answering is said already.
        let own = format!("bots[{index}] ");
        let judged = checkup::upstream(&seen.guild, &seen.places, &seen.bots);
        let is_its = |finding: &Finding| finding.subject.starts_with(&own);
        if judged
            .iter()
            .any(|one| is_its(one) && one.state == State::Wrong)
        {
            return not_asked("it cannot answer, as is said above");
        }
        let defaults = bot.default_channels();
        if defaults.is_empty() {
            return self.ask_in_a_channel_of_ours(bot, me).await;
        }
        let is_well = |id: &Id<ChannelMarker>| {
            let of_id = |(place, _): &&(Place, Sight)| {
                place.purpose == Purpose::Default && place.channel_id == *id
            };
            let judged = |found| checkup::channels(&seen.guild, slice::from_ref(found));
            let found = seen.places.iter().find(of_id).map(judged);
            found.is_some_and(|judged| judged.iter().all(|one| one.state == State::Ok))
        };
        match defaults.into_iter().find(is_well) {
            Some(channel_id) => self.ask(bot, me, channel_id).await,
            None => {
                not_asked("none of its default channels is a place to ask it, as is said above")
            }
        }
    }

    /// Asks a bot in a channel, and waits for its answer.
    /// `me` is our own bot.
    pub(super) async fn ask(
        &self,
        bot: &Bot,
        me: Id<UserMarker>,
        channel_id: Id<ChannelMarker>,
    ) -> AnswerFacts {
        let began = Instant::now();
        let posted = match self.post_question(bot, channel_id).await {
            Ok(posted) => posted,
            Err(failure) => {
                return AnswerFacts::Failed {
                    matter: format!("could not be asked: {}", chain(&failure)),
                    fix: "see what is said of the channel above, and run doctor again".to_owned(),
                };
            }
        };
        let (mut first, mut last_error) = (None, None);
        while began.elapsed() < PROBE_ANSWER_TIMEOUT {
            sleep(PROBE_LOOK_EVERY).await;
            match self.discord.after(channel_id, Some(posted)).await {
                Ok(messages) => {
                    last_error = None;
                    let answers = messages
                        .iter()
                        .filter_map(|message| Answer::read(&message.json, bot.user_id));
                    for answer in answers {
                        let after = *first.get_or_insert_with(|| began.elapsed());
                        if answer.has_content() {
                            let mentions_us = answer.mentions.iter().any(|user| user.id == me);
                            return AnswerFacts::Answered {
                                after,
                                has_content: true,
                                mentions_us,
                            };
                        }
                    }
                }
                Err(error) => last_error = Some(error),
            }
        }
        match (first, last_error) {
            (Some(after), _) => AnswerFacts::Answered {
                after,
                has_content: false,
                mentions_us: false,
            },
            (None, None) => AnswerFacts::Silent(PROBE_ANSWER_TIMEOUT),
            (None, Some(error)) => AnswerFacts::Failed {
                matter: format!("its answer could not be looked for: {}", chain(&error)),
                fix: "run doctor again".to_owned(),
            },
        }
    }

    async fn post_question(
        &self,
        bot: &Bot,
        channel_id: Id<ChannelMarker>,
    ) -> Result<Id<MessageMarker>, Failure> {
        let mention = bot.profile.mention.then_some(bot.user_id);
        let address = mention.map_or_else(String::new, |id| format!("<@{id}> "));
        let post = Post {
            content: format!("{address}{QUESTION}"),
            files: Vec::new(),
            mention,
            nonce: format!("doctor-{:016x}", fastrand::u64(..)),
            timeout: PROBE_POST_TIMEOUT,
        };
        let act = Act {
            at_ms: self.clock.now_ms(),
            actor: self.actor.clone(),
            action: "message.post".to_owned(),
            guild_id: self.config.discord.guild_id,
            subject: channel_id.to_string(),
            reason: format!("doctor --probe asks {}", bot.name),
        };
        // A daybook that cannot be opened is a finding of its own, and no reason not to ask.
        let daybook = self.daybook().await.ok();
        let recorded = match &daybook {
            Some(daybook) => daybook.intend(act).await.ok(),
            None => None,
        };
        let posted = self.discord.post(channel_id, &post).await;
        if let Some((daybook, id)) = daybook.zip(recorded) {
            let outcome = match &posted {
                Ok(id) => format!("posted {id}"),
                Err(failure) => chain(failure),
            };
            drop(daybook.acted(id, outcome).await);
        }
        posted
    }
}

/// A message, as far as it is an answer.
#[derive(Deserialize)]
struct Answer {
    author: User,
    #[serde(default)]
    application_id: Option<Id<UserMarker>>,
    #[serde(default)]
    content: String,
    #[serde(default)]
    embeds: Vec<Box<RawValue>>,
    #[serde(default)]
    attachments: Vec<Box<RawValue>>,
    #[serde(default)]
    components: Vec<Box<RawValue>>,
    #[serde(default)]
    mentions: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    id: Id<UserMarker>,
}

// === impl Answer ===

impl Answer {
    /// The message, if it is of that bot.
    fn read(json: &RawValue, bot_id: Id<UserMarker>) -> Option<Self> {
        let answer: Self = serde_json::from_str(json.get()).ok()?;
        let is_of_bot = answer.author.id == bot_id || answer.application_id == Some(bot_id);
        is_of_bot.then_some(answer)
    }

    /// Without the intent all four arrive empty (events/gateway#message-content-intent).
    fn has_content(&self) -> bool {
        let is_empty = self.content.is_empty()
            && self.embeds.is_empty()
            && self.attachments.is_empty()
            && self.components.is_empty();
        !is_empty
    }
}
