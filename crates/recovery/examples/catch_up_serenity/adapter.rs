//! Recovery's ports over serenity's requests.

use std::sync::Arc;

use cordboard_recovery::{Archive, ChannelDirectory, Failure, Head, History, Message};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use serenity::{
    all::{ChannelId, GuildId, MessageId},
    http::{Http, HttpError, LightMethod, Request, Route},
};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker},
};

/// Messages of a full page.
const PAGE: &str = "100";

/// Discord, through serenity's HTTP client.
#[derive(Clone, Debug)]
pub(crate) struct Discord {
    http: Arc<Http>,
}

impl Discord {
    pub(crate) const fn new(http: Arc<Http>) -> Self {
        Self { http }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        query: Vec<(&'static str, String)>,
    ) -> Result<T, Failure> {
        let request = Request::new(route, LightMethod::Get).params(Some(query));
        self.http.fire(request).await.map_err(failure)
    }
}

/// 404 10003 is a channel that is gone, 403 one that is not ours to read; the rest may pass. A token that is
/// refused says nothing of the channel.
fn failure(error: serenity::Error) -> Failure {
    let refusal = match &error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) => {
            Some((answer.status_code.as_u16(), answer.error.code))
        }
        _ => None,
    };
    let source = error.into();
    match refusal {
        Some((404, 10_003)) => Failure::Gone { source },
        Some((403, _) | (404, 10_004)) => Failure::Never { source },
        _ => Failure::NotDone { wait: None, source },
    }
}

impl History for Discord {
    async fn after(
        &self,
        channel_id: Id<ChannelMarker>,
        after: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Message>, Failure> {
        let route = Route::ChannelMessages {
            channel_id: ChannelId::new(channel_id.get()),
        };
        let after = after.map_or(1, Id::get).to_string();
        let query = vec![("after", after), ("limit", PAGE.to_owned())];
        let page: Vec<Box<RawValue>> = self.get(route, query).await?;
        let messages = page.into_iter().map(Message::read);
        let mut messages: Vec<_> = messages.collect::<Result<_, _>>().map_err(|unreadable| {
            let source = unreadable.into();
            Failure::NotDone { wait: None, source }
        })?;
        messages.sort_unstable_by_key(|message| message.id);
        Ok(messages)
    }
}

impl ChannelDirectory for Discord {
    /// serenity keeps the `Date` of its answers to itself.
    fn now_ms(&self) -> Option<u64> {
        None
    }

    async fn channels(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Head>, Failure> {
        let guild = GuildId::new(guild_id.get());
        let mut listed: Vec<Box<RawValue>> = self
            .get(Route::GuildChannels { guild_id: guild }, vec![])
            .await?;
        let active = Route::GuildThreadsActive { guild_id: guild };
        let active: Threads = self.get(active, vec![]).await?;
        listed.extend(active.threads);
        Ok(heads(&listed, Some(guild_id)))
    }

    async fn archived(
        &self,
        channel_id: Id<ChannelMarker>,
        since_ms: u64,
        is_private: bool,
    ) -> Result<Archive, Failure> {
        let _ = since_ms;
        let channel_id = ChannelId::new(channel_id.get());
        let route = if is_private {
            Route::ChannelArchivedPrivateThreads { channel_id }
        } else {
            Route::ChannelArchivedPublicThreads { channel_id }
        };
        // The youngest hundred: more than a bot of this size has.
        let archived: Threads = match self.get(route, vec![]).await {
            // Without MANAGE_THREADS these are not ours to read, and neither are their messages.
            Err(Failure::Never { .. }) if is_private => return Ok(Archive::default()),
            archived => archived?,
        };
        Ok(Archive {
            threads: heads(&archived.threads, None),
            is_cut_off: archived.has_more,
        })
    }

    async fn message(
        &self,
        channel_id: Id<ChannelMarker>,
        message_id: Id<MessageMarker>,
    ) -> Result<Option<Message>, Failure> {
        let route = Route::ChannelMessage {
            channel_id: ChannelId::new(channel_id.get()),
            message_id: MessageId::new(message_id.get()),
        };
        let request = Request::new(route, LightMethod::Get);
        match self.http.fire::<Box<RawValue>>(request).await {
            Ok(json) => Ok(Message::read(json).ok()),
            Err(serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)))
                if answer.error.code == 10_008 =>
            {
                Ok(None)
            }
            Err(error) => Err(failure(error)),
        }
    }
}

fn heads(listed: &[Box<RawValue>], guild_id: Option<Id<GuildMarker>>) -> Vec<Head> {
    let heads = listed.iter().map(|json| Head::read(json, guild_id));
    heads.filter_map(Result::ok).flatten().collect()
}

#[derive(Deserialize)]
struct Threads {
    threads: Vec<Box<RawValue>>,
    #[serde(default)]
    has_more: bool,
}
