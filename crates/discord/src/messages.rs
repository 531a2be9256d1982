//! Messages over REST: `cordboard_conversation::MessageApi` and `cordboard_recovery::History`.

use cordboard_conversation::{MessageApi, Post};
use cordboard_lifecycle::{Failure, kp};
use cordboard_recovery::{History, Message};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep};
use twilight_model::{
    http::attachment::Attachment,
    id::{
        Id,
        marker::{ChannelMarker, MessageMarker, UserMarker},
    },
};

use crate::{
    Code, Discord, Trouble,
    call::Call,
    limiter::{Resource, Share},
    limits::{NEW_CHANNEL_TRIES, NEW_CHANNEL_WAIT, PAGE},
    send::json,
    verdict::Failed,
};

impl MessageApi for Discord {
    async fn post(
        &self,
        channel_id: Id<ChannelMarker>,
        post: &Post,
    ) -> Result<Id<MessageMarker>, Failure> {
        let call = self.call_to_post(channel_id, post, Share::Conversation);
        let call = call.map_err(|trouble| Failed::from(trouble).acting())?;
        kp!("discord.post.asked");
        let posted = self.post_patiently(&call).await.map_err(Failed::acting)?;
        kp!("discord.post.done");
        Ok(posted.id)
    }
}

impl Discord {
    /// A post that can be repeated, since it carries an enforced nonce.
    pub(crate) fn call_to_post(
        &self,
        channel_id: Id<ChannelMarker>,
        post: &Post,
        share: Share,
    ) -> Result<Call, Trouble> {
        let files: Vec<Attachment> = (0..)
            .zip(&post.files)
            .map(|(id, file)| {
                Attachment::from_bytes(file_name(&file.name), file.bytes.to_vec(), id)
            })
            .collect();
        // twilight knows neither `enforce_nonce` nor nonces that are strings.
        let payload = serde_json::to_vec(&Payload::new(post, &files)).expect("strings and numbers");
        let request = self
            .builders
            .create_message(channel_id)
            .attachments(&files)
            .payload_json(&payload);
        let call = Call::new(
            "POST /channels/{channel_id}/messages",
            share,
            Resource::Channel(channel_id),
            request,
        )?;
        Ok(call.until(Instant::now() + post.timeout).repeatable())
    }

    /// A channel that was just created may be unknown for a moment (reference#consistency).
    pub(crate) async fn post_patiently(&self, call: &Call) -> Result<Posted, Failed> {
        let mut tries = 1;
        loop {
            match self.sender.send(call, json::<Posted>).await {
                Err(Failed {
                    trouble: Trouble::Refused(refusal),
                    may_have_acted: false,
                }) if refusal.code == Code::UnknownChannel
                    && tries < NEW_CHANNEL_TRIES
                    && Instant::now() + NEW_CHANNEL_WAIT < call.deadline =>
                {
                    tries += 1;
                    sleep(NEW_CHANNEL_WAIT).await;
                }
                outcome => return outcome,
            }
        }
    }
}

impl History for Discord {
    async fn after(
        &self,
        channel_id: Id<ChannelMarker>,
        after: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Message>, cordboard_recovery::Failure> {
        // Ids begin at 1, so 1 is "from the beginning"; without `after` the newest page comes.
        let after = after.unwrap_or(Id::new(1));
        let call = Call::new(
            "GET /channels/{channel_id}/messages",
            Share::Conversation,
            Resource::Channel(channel_id),
            self.builders
                .channel_messages(channel_id)
                .after(after)
                .limit(PAGE),
        );
        Ok(self.sender.send(&call.map_err(Failed::from)?, page).await?)
    }
}

/// Reads a page, which comes newest first, but not reliably (discord-api-docs #2816).
pub(crate) fn page(body: &[u8]) -> Result<Vec<Message>, Trouble> {
    let raw: Vec<&RawValue> =
        serde_json::from_slice(body).map_err(|error| Trouble::Unreadable(error.into()))?;
    let mut messages = Vec::with_capacity(raw.len());
    for json in raw {
        let message = Message::read(json.to_owned());
        messages.push(message.map_err(|error| Trouble::Unreadable(error.into()))?);
    }
    messages.sort_unstable_by_key(|message| message.id);
    messages.dedup_by_key(|message| message.id);
    Ok(messages)
}

/// twilight lets through ASCII letters, digits, dots, dashes and underscores only.
fn file_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect();
    if name.is_empty() {
        String::from("file")
    } else {
        name
    }
}

#[derive(Deserialize)]
pub(crate) struct Posted {
    pub(crate) id: Id<MessageMarker>,
}

/// The body of a post (resources/message#create-message).
#[derive(Serialize)]
pub(crate) struct Payload<'a> {
    content: &'a str,
    nonce: &'a str,
    enforce_nonce: bool,
    allowed_mentions: AllowedMentions,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<PartialAttachment<'a>>,
}

/// Everything is parsed to nothing, so that a prompt cannot ping a guild.
#[derive(Serialize)]
struct AllowedMentions {
    parse: [(); 0],
    users: Vec<Id<UserMarker>>,
    replied_user: bool,
}

#[derive(Serialize)]
struct PartialAttachment<'a> {
    id: u64,
    filename: &'a str,
}

impl<'a> Payload<'a> {
    /// One that mentions nobody and has no files.
    pub(crate) fn of_text(content: &'a str, nonce: &'a str) -> Self {
        Self {
            content,
            nonce,
            enforce_nonce: true,
            allowed_mentions: AllowedMentions {
                parse: [],
                users: Vec::new(),
                replied_user: false,
            },
            attachments: Vec::new(),
        }
    }

    fn new(post: &'a Post, files: &'a [Attachment]) -> Self {
        Self {
            content: &post.content,
            nonce: &post.nonce,
            enforce_nonce: true,
            allowed_mentions: AllowedMentions {
                parse: [],
                users: post.mention.into_iter().collect(),
                replied_user: false,
            },
            attachments: files
                .iter()
                .map(|file| PartialAttachment {
                    id: file.id,
                    filename: &file.filename,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
