//! A question in a channel that is made for it, for a bot that has no default channel.

use cordboard_conversation::Bot;
use cordboard_lifecycle::Opening;
use cordboard_store::{Store, StoreError};
use cordboard_upkeep::checkup::AnswerFacts;
use tokio::time::{Instant, timeout};
use twilight_model::id::{Id, marker::UserMarker};

use crate::{
    Failed,
    error::chain,
    limits::{PROBE_ANSWER_TIMEOUT, PROBE_CHANNEL_TIMEOUT},
    maintenance::{
        Maintenance,
        errand::{Alone, Purpose},
    },
    settings,
};

/// The request that such a channel is opened for.
const REQUEST: &str = "doctor";

impl Maintenance {
    /// Asks a bot in a channel of ours, which is on record before it is made and deleted whatever happens.
    /// Only when nobody works on the store: its holder makes all channels.
    pub(super) async fn ask_in_a_channel_of_ours(
        &self,
        bot: &Bot,
        me: Id<UserMarker>,
    ) -> AnswerFacts {
        match self.try_in_a_channel(bot, me).await {
            Ok(answer) => answer,
            Err(why) => AnswerFacts::NotAsked(format!("it has no default channel, and {why}")),
        }
    }

    async fn try_in_a_channel(&self, bot: &Bot, me: Id<UserMarker>) -> Result<AnswerFacts, String> {
        if self.config.channels.delete_after.is_none() {
            return Err("channels.delete_after keeps every channel".to_owned());
        }
        if !self.has_store().await {
            return Err(
                "there is no store in which a channel of ours could be on record".to_owned(),
            );
        }
        let daybook = self.daybook().await.map_err(|failed| chain(&failed))?;
        let next = daybook.next_order().await.map_err(|error| chain(&error))?;
        let opened = Store::open_at_once(&self.config.store, settings::errand(&self.config)).await;
        let store = opened.map_err(|error| match error {
            StoreError::Busy { .. } => {
                "a proxy works on the store, which alone may make channels: ask the bot through it, or \
                 stop it first"
                    .to_owned()
            }
            error => chain(&error),
        })?;
        let alone = Alone::start(self, store, daybook, Purpose::Requests(REQUEST, next)).await;
        let alone = alone.map_err(|failed| chain(&failed))?;
        if alone.channels.deletions_held() {
            drop(alone.engines.end(&Ok(())).await);
            return Err("deletions are held, so that a channel of ours would stay".to_owned());
        }
        self.in_a_channel(bot, me, alone)
            .await
            .map_err(|failed| chain(&failed))
    }

    async fn in_a_channel(
        &self,
        bot: &Bot,
        me: Id<UserMarker>,
        mut alone: Alone,
    ) -> Result<AnswerFacts, Failed> {
        let channels = alone.channels.clone();
        let asking = async {
            let opening = Opening {
                request_id: REQUEST.to_owned(),
                label: bot.name.clone(),
                tenant: "doctor".to_owned(),
                deadline: Instant::now() + PROBE_CHANNEL_TIMEOUT,
                lifetime: PROBE_CHANNEL_TIMEOUT + PROBE_ANSWER_TIMEOUT,
            };
            let answer = match channels.open(opening).await {
                Ok(lease) => self.ask(bot, me, lease.channel_id()).await,
                Err(error) => AnswerFacts::Failed {
                    matter: format!("no channel could be made for it: {}", chain(&error)),
                    fix: "see what is said of permissions and room above".to_owned(),
                },
            };
            // What takes longer is on record; the next probe, sweep or proxy goes on with it.
            drop(timeout(PROBE_CHANNEL_TIMEOUT, channels.settled()).await);
            Ok(answer)
        };
        let (outcome, answer) = match alone.engines.unless_one_ends(asking).await {
            Ok(answer) => (Ok(()), Some(answer)),
            Err(failed) => (Err(failed), None),
        };
        let ended = alone.engines.end(&outcome).await;
        outcome.and(ended)?;
        Ok(answer.unwrap_or_else(|| AnswerFacts::NotAsked("it was not asked".to_owned())))
    }
}
