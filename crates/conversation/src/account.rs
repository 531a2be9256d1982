//! What the log says about one conversation: one line when it is over, however it ended.

use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

/// Writes its line when it is dropped.
#[derive(Debug)]
pub(crate) struct Account {
    conversation_id: String,
    channel_id: Option<Id<ChannelMarker>>,
    bot: String,
    began: Instant,
    asked: Option<Instant>,
    first_text: Option<Instant>,
    outcome: Option<&'static str>,
}

// === impl Account ===

impl Account {
    pub(crate) fn new(conversation_id: &str) -> Self {
        Self {
            conversation_id: conversation_id.to_owned(),
            channel_id: None,
            bot: String::new(),
            began: Instant::now(),
            asked: None,
            first_text: None,
            outcome: None,
        }
    }

    pub(crate) fn connected(&mut self, channel_id: Id<ChannelMarker>, bot: &str) {
        self.channel_id = Some(channel_id);
        bot.clone_into(&mut self.bot);
    }

    pub(crate) fn asked(&mut self) {
        self.asked = Some(Instant::now());
    }

    pub(crate) fn text_given(&mut self) {
        self.first_text.get_or_insert_with(Instant::now);
    }

    /// Whether the caller has been given text.
    pub(crate) const fn given(&self) -> bool {
        self.first_text.is_some()
    }

    pub(crate) const fn ended(&mut self, outcome: &'static str) {
        self.outcome = Some(outcome);
    }

    fn since_began(&self, then: Option<Instant>) -> Option<u64> {
        let length = then?.saturating_duration_since(self.began);
        u64::try_from(length.as_millis()).ok()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // Without a channel there was no conversation; whoever got the error says so.
        let Some(channel_id) = self.channel_id else {
            return;
        };
        let unended = match self.asked {
            Some(_) => "abandoned",
            None => "not asked",
        };
        tracing::info!(
            conversation.id = %self.conversation_id,
            channel.id = %channel_id,
            bot.name = %self.bot,
            asked_ms = self.since_began(self.asked),
            first_text_ms = self.since_began(self.first_text),
            duration_ms = self.since_began(Some(Instant::now())),
            outcome = self.outcome.unwrap_or(unended),
            "conversation over",
        );
    }
}
