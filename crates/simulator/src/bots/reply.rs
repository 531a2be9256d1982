//! One reply: a message, and what becomes of it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Bot, gather::Prompt, id_of, script::Says, speech, truth::ReplyEnd, truth::ReplyTruth};
use crate::{
    shared::Shared,
    world::{AllowedMentions, ApiError, File, MessagePatch, NewMessage},
};

/// A bot in the middle of a reply.
struct Reply {
    shared: Arc<Shared>,
    bot: Arc<Bot>,
    truth: ReplyTruth,
    edits: u32,
}

/// What stands under and beside the last words.
#[derive(Default)]
struct Trimmings {
    components: Option<Vec<Value>>,
    embeds: Option<Vec<Value>>,
    files: Vec<File>,
}

/// Answers the prompt as the script says, and notes what came of it.
pub(super) async fn reply(shared: Arc<Shared>, bot: Arc<Bot>, prompt: Prompt) {
    let truth = ReplyTruth {
        number: shared.bots.next_reply(),
        bot_id: bot.user_id,
        channel_id: prompt.channel_id,
        prompt_ids: prompt.message_ids,
        prompt: prompt.text,
        message_ids: Vec::new(),
        parts: Vec::new(),
        text: String::new(),
        began_ms: None,
        ended_ms: None,
        end: None,
    };
    let mut reply = Reply {
        shared,
        bot,
        truth,
        edits: 0,
    };
    let end = match reply.perform().await {
        Ok(end) => end,
        Err(refusal) => ReplyEnd::Refused(refusal.code),
    };
    reply.truth.end = Some(end);
    reply.note();
}

// === impl Reply ===

impl Reply {
    async fn perform(&mut self) -> Result<ReplyEnd, ApiError> {
        let bot = Arc::clone(&self.bot);
        let script = &bot.script;
        if script.silent || self.is_offline() {
            return Ok(ReplyEnd::Silent);
        }
        let answered = bot.answered.fetch_add(1, Ordering::Relaxed);
        let limited = script
            .daily_limit
            .is_some_and(|limit| answered >= u64::from(limit));
        self.truth.text = if limited {
            script.limit_message.clone()
        } else {
            speech::answer(&script.says, &self.truth.prompt)
        };
        let channel_id = self.truth.channel_id;
        if script.types {
            self.shared
                .change(|world| world.trigger_typing(bot.user_id, channel_id))?;
        }
        if script.delay_ms > 0 {
            sleep(Duration::from_millis(script.delay_ms)).await;
        }
        if self.is_offline() {
            return Ok(ReplyEnd::Silent);
        }
        if limited {
            let text = self.truth.text.clone();
            self.send(text, Trimmings::default())?;
            return Ok(ReplyEnd::Limited);
        }
        if !self.write().await? {
            return Ok(ReplyEnd::Died);
        }
        self.truth.end = Some(ReplyEnd::Complete);
        self.note();
        self.epilogue().await
    }

    /// Writes all messages; `false`: died in the middle.
    async fn write(&mut self) -> Result<bool, ApiError> {
        let bot = Arc::clone(&self.bot);
        let script = &bot.script;
        let pause = Duration::from_secs_f64(1.0 / script.edits_per_second);
        let exact = script.says == Says::Echo;
        let parts = speech::cut(&self.truth.text, script.message_characters_max, exact);
        if let Some(placeholder) = &script.placeholder {
            self.send(placeholder.clone(), Trimmings::default())?;
        }
        let last = parts.len() - 1;
        for (index, part) in parts.iter().enumerate() {
            let stages = speech::growth(part, script);
            let whole = stages.len() - 1;
            for (step, stage) in stages.into_iter().enumerate() {
                let trimmings = if index == last && step == whole {
                    self.trimmings()
                } else {
                    Trimmings::default()
                };
                let begun = self.truth.message_ids.len() > index;
                if !begun {
                    self.pause(index).await?;
                    self.send(stage, trimmings)?;
                    continue;
                }
                if script
                    .dies_after_edits
                    .is_some_and(|edits| self.edits >= edits)
                {
                    return Ok(false);
                }
                sleep(pause).await;
                if self.is_offline() {
                    return Ok(false);
                }
                self.edit(stage, trimmings)?;
            }
        }
        Ok(true)
    }

    /// What a bot does before a further message.
    async fn pause(&self, index: usize) -> Result<(), ApiError> {
        let script = &self.bot.script;
        if index == 0 || script.pause_ms == 0 {
            return Ok(());
        }
        if script.types {
            let (actor, channel_id) = (self.bot.user_id, self.truth.channel_id);
            self.shared
                .change(|world| world.trigger_typing(actor, channel_id))?;
        }
        sleep(Duration::from_millis(script.pause_ms)).await;
        Ok(())
    }

    /// What happens after the last word.
    async fn epilogue(&mut self) -> Result<ReplyEnd, ApiError> {
        let script = self.bot.script.clone();
        let channel_id = self.truth.channel_id;
        if let Some(wait_ms) = script.unfurls_after_ms
            && let Some(&message_id) = self.truth.message_ids.last()
        {
            sleep(Duration::from_millis(wait_ms)).await;
            // A link in a message that is gone unfurls no more, and nobody cares.
            let _ = self
                .shared
                .change(|world| world.unfurl_message(channel_id, message_id));
        }
        if let Some(wait_ms) = script.deletes_after_ms
            && let Some(&message_id) = self.truth.message_ids.first()
        {
            sleep(Duration::from_millis(wait_ms)).await;
            if self.is_offline() {
                return Ok(ReplyEnd::Complete);
            }
            let actor = self.bot.user_id;
            self.shared
                .change(|world| world.delete_message(actor, channel_id, message_id, None))?;
            return Ok(ReplyEnd::Deleted);
        }
        Ok(ReplyEnd::Complete)
    }

    fn is_offline(&self) -> bool {
        let guild_id = self.shared.config.guild.id;
        !self
            .shared
            .world
            .lock()
            .is_online(guild_id, self.bot.user_id)
    }

    fn send(&mut self, content: String, trimmings: Trimmings) -> Result<(), ApiError> {
        let first = self.truth.message_ids.is_empty();
        let reply_to = self.truth.prompt_ids.first().copied();
        let message = NewMessage {
            content,
            // A bot's reply to a prompt that was deleted is a plain message.
            fail_if_not_exists: false,
            reply_to: reply_to.filter(|_| first && self.bot.script.refers),
            embeds: trimmings.embeds.unwrap_or_default(),
            components: trimmings.components.unwrap_or_default(),
            files: trimmings.files,
            allowed_mentions: Some(AllowedMentions::default()),
            ..NewMessage::default()
        };
        let (actor, channel_id) = (self.bot.user_id, self.truth.channel_id);
        let sent = self
            .shared
            .change(|world| world.create_message(actor, channel_id, message))?;
        self.truth.message_ids.extend(id_of(&sent["id"]));
        self.truth.parts.push(content_of(&sent));
        if first {
            self.truth.began_ms = Some(self.shared.clock.now_ms());
        }
        self.note();
        Ok(())
    }

    fn edit(&mut self, content: String, trimmings: Trimmings) -> Result<(), ApiError> {
        let Some(&message_id) = self.truth.message_ids.last() else {
            return Ok(());
        };
        let patch = MessagePatch {
            content: Some(content),
            embeds: trimmings.embeds,
            components: trimmings.components,
            files: trimmings.files,
            allowed_mentions: Some(AllowedMentions::default()),
            ..MessagePatch::default()
        };
        let (actor, channel_id) = (self.bot.user_id, self.truth.channel_id);
        let edited = self
            .shared
            .change(|world| world.edit_message(actor, channel_id, message_id, patch))?;
        if let Some(part) = self.truth.parts.last_mut() {
            *part = content_of(&edited);
        }
        self.edits += 1;
        self.truth.ended_ms = Some(self.shared.clock.now_ms());
        Ok(())
    }

    fn trimmings(&self) -> Trimmings {
        let script = &self.bot.script;
        let embed = || json!({ "title": "In short", "description": "See above.", "type": "rich" });
        Trimmings {
            components: script.buttons.then(|| vec![buttons()]),
            embeds: script.embed.then(|| vec![embed()]),
            files: script
                .attachment
                .iter()
                .map(|name| self.file(name))
                .collect(),
        }
    }

    fn file(&self, name: &str) -> File {
        File {
            filename: name.to_owned(),
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            bytes: Bytes::from(self.truth.text.clone()),
            ..File::default()
        }
    }

    fn note(&mut self) {
        if self.truth.began_ms.is_some() && self.truth.ended_ms.is_none() {
            self.truth.ended_ms = self.truth.began_ms;
        }
        self.shared.record.replied(self.truth.clone());
    }
}

/// A row with two buttons (Discord: components/reference#action-row).
fn buttons() -> Value {
    json!({
        "type": 1,
        "components": [
            { "type": 2, "style": 2, "label": "Again", "custom_id": "again" },
            { "type": 2, "style": 2, "label": "Thanks", "custom_id": "thanks" },
        ],
    })
}

fn content_of(message: &Value) -> String {
    message["content"].as_str().unwrap_or_default().to_owned()
}
