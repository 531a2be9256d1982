//! A long prompt comes in several messages: the bot waits for the rest of it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Bot, heard::Heard};
use crate::limits::PART_CHARACTERS_MIN;

/// A complete prompt.
#[derive(Debug)]
pub(super) struct Prompt {
    pub(super) channel_id: u64,
    /// The messages that make it up, in order.
    pub(super) message_ids: Vec<u64>,
    pub(super) text: String,
}

/// Prompts of which a part may still come, by bot, channel and author.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    open: BTreeMap<(u64, u64, u64), Open>,
}

#[derive(Debug)]
struct Open {
    bot: Arc<Bot>,
    prompt: Prompt,
    deadline: Instant,
}

impl Gathering {
    /// Whether this message may go on with a prompt that the bot has begun to read.
    pub(super) fn waits_for(&self, bot: &Bot, heard: &Heard) -> bool {
        self.open.contains_key(&key(bot, heard))
    }

    /// Adds a part; answers the prompt when it is complete.
    pub(super) fn add(&mut self, bot: &Arc<Bot>, heard: &Heard, text: &str) -> Option<Prompt> {
        let long = text.chars().count() >= PART_CHARACTERS_MIN;
        let goes_on = long && !heard.has_files() && bot.script.gather_ms > 0;
        let key = key(bot, heard);
        let mut prompt = match self.open.remove(&key) {
            Some(mut open) => {
                open.prompt.text.push('\n');
                open.prompt
            }
            None => Prompt {
                channel_id: heard.channel_id,
                message_ids: Vec::new(),
                text: String::new(),
            },
        };
        prompt.message_ids.push(heard.message_id);
        prompt.text.push_str(text);
        if !goes_on {
            return Some(prompt);
        }
        let deadline = Instant::now() + Duration::from_millis(bot.script.gather_ms);
        self.open.insert(
            key,
            Open {
                bot: Arc::clone(bot),
                prompt,
                deadline,
            },
        );
        None
    }

    /// Waits until the first prompt has waited long enough; for ever when none is open.
    pub(super) async fn next_deadline(&self) {
        match self.open.values().map(|open| open.deadline).min() {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }

    /// The prompts that have waited long enough.
    pub(super) fn take_due(&mut self) -> Vec<(Arc<Bot>, Prompt)> {
        let now = Instant::now();
        self.open
            .extract_if(.., |_, open| open.deadline <= now)
            .map(|(_, open)| (open.bot, open.prompt))
            .collect()
    }
}

fn key(bot: &Bot, heard: &Heard) -> (u64, u64, u64) {
    (bot.user_id, heard.channel_id, heard.author_id)
}
