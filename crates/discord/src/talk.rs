//! Speaking to a bot in a channel: `cordboard_upkeep::Talk`.
//!
//! Messages change shape over the years. So each field is read by itself: one that is missing or odd
//! counts as empty, and costs no other.

use cordboard_conversation::Post;
use cordboard_upkeep::{Failure, Heard, Note, Sight, Talk};
use serde::Deserialize;
use serde_json::Value;
use twilight_http::request::TryIntoRequest;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker, UserMarker},
};

use crate::{
    Code, Discord, DiscordError, Trouble,
    call::Call,
    limiter::{Resource, Share},
    limits::PAGE,
    send::json,
    verdict::Failed,
};

/// The types of channels that hold messages: text, voice, announcements, threads, stages
/// (resources/channel#channel-object-channel-types).
const HOLD_MESSAGES: [u8; 7] = [0, 2, 5, 10, 11, 12, 13];

/// resources/message#message-flags, `LOADING`: the author shows "is thinking…".
const LOADING: u64 = 1 << 7;

impl Talk for Discord {
    async fn me(&self) -> Result<Id<UserMarker>, Failure> {
        let named = self.identity().await;
        named.map(|me| me.user_id).map_err(|error| match error {
            DiscordError::NotDone { wait, source } => Failure::NotDone {
                wait,
                source: source.into(),
            },
            other => Failure::Never {
                source: other.into(),
            },
        })
    }

    async fn look(&self, channel_id: Id<ChannelMarker>) -> Result<Sight, Failure> {
        let (route, request) = (
            "GET /channels/{channel_id}",
            self.builders.channel(channel_id),
        );
        sight(self.read_in(route, channel_id, request, json).await)
    }

    async fn post(
        &self,
        channel_id: Id<ChannelMarker>,
        note: &Note,
    ) -> Result<Id<MessageMarker>, Failure> {
        let post = Post {
            content: note.text.clone(),
            files: Vec::new(),
            mention: Some(note.mention),
            nonce: note.nonce.clone(),
            timeout: note.timeout,
        };
        let call = self.call_to_post(channel_id, &post, Share::Upkeep);
        let call = call.map_err(Failed::from)?;
        let posted = self.post_patiently(&call).await;
        Ok(posted?.id)
    }

    async fn after(
        &self,
        channel_id: Id<ChannelMarker>,
        after: Id<MessageMarker>,
    ) -> Result<Vec<Heard>, Failure> {
        let request = self
            .builders
            .channel_messages(channel_id)
            .after(after)
            .limit(PAGE);
        let route = "GET /channels/{channel_id}/messages";
        let page = self.read_in(route, channel_id, request, page).await;
        Ok(page?)
    }
}

impl Discord {
    /// Reads something of a channel when conversations leave the time: nothing can have been done.
    async fn read_in<T>(
        &self,
        route: &'static str,
        channel_id: Id<ChannelMarker>,
        request: impl TryIntoRequest,
        parse: fn(&[u8]) -> Result<T, Trouble>,
    ) -> Result<T, Failed> {
        let call = Call::new(route, Share::Upkeep, Resource::Channel(channel_id), request)?;
        let read = self.sender.send(&call, parse).await;
        read.map_err(|failed| Failed {
            may_have_acted: false,
            ..failed
        })
    }
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default)]
    guild_id: Option<Id<GuildMarker>>,
    #[serde(rename = "type")]
    kind: u8,
    #[serde(default)]
    last_message_id: Option<Id<MessageMarker>>,
}

/// Only Discord's own words say that a channel is missing or forbidden.
fn sight(looked: Result<Channel, Failed>) -> Result<Sight, Failure> {
    let failed = match looked {
        Ok(channel) => {
            return Ok(Sight::Here {
                guild_id: channel.guild_id,
                holds_messages: HOLD_MESSAGES.contains(&channel.kind),
                last_message_id: channel.last_message_id,
            });
        }
        Err(failed) => failed,
    };
    match failed.trouble.refusal() {
        Some(refusal) if refusal.status == 404 && refusal.code == Code::UnknownChannel => {
            Ok(Sight::Missing)
        }
        Some(refusal) if refusal.status == 403 => Ok(Sight::Forbidden),
        _ => Err(failed.into()),
    }
}

/// Reads a page, which comes newest first, but not reliably (discord-api-docs #2816).
fn page(body: &[u8]) -> Result<Vec<Heard>, Trouble> {
    let messages: Vec<Value> = json(body)?;
    let mut heard: Vec<Heard> = messages.iter().filter_map(message).collect();
    heard.sort_unstable_by_key(|heard| heard.id);
    Ok(heard)
}

/// `None` for what is no message.
fn message(message: &Value) -> Option<Heard> {
    let mut text = Vec::new();
    text.extend(message["content"].as_str());
    for embed in items(&message["embeds"]) {
        // Those that Discord makes of links in the text say nothing that the author did.
        if embed["type"].as_str().is_none_or(|kind| kind == "rich") {
            text.extend(embed["title"].as_str());
            text.extend(embed["description"].as_str());
            for field in items(&embed["fields"]) {
                text.extend(field["name"].as_str());
                text.extend(field["value"].as_str());
            }
        }
    }
    displays(&message["components"], &mut text, 0);
    let files = items(&message["attachments"]);
    text.extend(files.filter_map(|file| file["filename"].as_str()));
    text.retain(|line| !line.trim().is_empty());
    Some(Heard {
        id: id(&message["id"])?,
        author_id: id(&message["author"]["id"])?,
        answers: id(&message["message_reference"]["message_id"]),
        text: text.join("\n"),
        is_loading: message["flags"].as_u64().unwrap_or_default() & LOADING != 0,
    })
}

/// What text displays say, in messages that are made of components (components/reference, type 10),
/// however they are nested; Discord allows a few levels.
fn displays<'a>(components: &'a Value, text: &mut Vec<&'a str>, depth: usize) {
    if depth > 4 {
        return;
    }
    for component in items(components) {
        if component["type"].as_u64() == Some(10) {
            text.extend(component["content"].as_str());
        }
        displays(&component["components"], text, depth + 1);
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn id<T>(value: &Value) -> Option<Id<T>> {
    value.as_str()?.parse().ok().and_then(Id::new_checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_put_in_order_and_an_odd_message_costs_no_other() {
        let body = br#"[{"id":"30","author":{"id":"7"},"content":"c","flags":128,
                "message_reference":{"message_id":"9"}},
            {"id":"20","author":null,"content":"b"}, 5,
            {"id":"9","author":{"id":"8"},"content":" ","embeds":[{"type":"rich","title":"t",
                "fields":[{"name":"n","value":"v"}]},{"type":"link","title":"not the author's"}],
             "components":[{"type":17,"components":[{"type":10,"content":"shown"}]}],
             "attachments":[{"filename":"a.txt"}]}]"#;
        let heard = page(body).unwrap();
        assert_eq!(heard.len(), 2);
        assert_eq!(heard[0].id, Id::new(9));
        assert_eq!(heard[0].text, "t\nn\nv\nshown\na.txt");
        assert!(!heard[0].is_loading);
        assert_eq!(heard[1].answers, Some(Id::new(9)));
        assert!(heard[1].is_loading);
        assert!(page(b"{}").is_err());
    }

    #[test]
    fn only_discords_own_words_say_that_a_channel_is_missing_or_forbidden() {
        let refused = |status, code: u64| {
            let body = format!(r#"{{"code":{code},"message":"x"}}"#);
            let refusal = crate::Refusal::read(status, body.as_bytes()).unwrap();
            sight(Err(Trouble::Refused(refusal).into()))
        };
        assert_eq!(refused(404, 10003).unwrap(), Sight::Missing);
        assert_eq!(refused(403, 50001).unwrap(), Sight::Forbidden);
        assert!(refused(404, 0).is_err());
        for status in [404, 502] {
            let broken = sight(Err(Trouble::Broken { status }.into()));
            assert!(
                !matches!(broken, Ok(_) | Err(Failure::Never { .. })),
                "{status}"
            );
        }
        let channel = br#"{"id":"1","type":0,"guild_id":"5","last_message_id":null}"#;
        let here = Sight::Here {
            guild_id: Some(Id::new(5)),
            holds_messages: true,
            last_message_id: None,
        };
        assert_eq!(sight(Ok(json(channel).unwrap())).unwrap(), here);
    }
}
