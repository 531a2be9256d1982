//! History and lists for whoever has time: `cordboard_recovery::{History, ChannelDirectory}`.

use cordboard_recovery::{Archive, ChannelDirectory, Failure, Head, History, Message};
use serde::Deserialize;
use serde_json::value::RawValue;
use twilight_http::request::TryIntoRequest;
use twilight_model::{
    id::{
        Id,
        marker::{ChannelMarker, GuildMarker, MessageMarker},
    },
    util::Timestamp,
};

use crate::{
    Code, Discord, Trouble,
    call::Call,
    limiter::{Resource, Share},
    limits::{ARCHIVE_PAGE, ARCHIVE_PAGES_MAX, PAGE},
    messages::page,
    send::json,
    verdict::Failed,
};

/// Discord's history and lists on the share of upkeep, which conversations do not wait for.
#[derive(Clone, Debug)]
pub struct Backfill {
    discord: Discord,
}

impl Discord {
    /// Reads history and lists when conversations leave the time.
    #[must_use]
    pub fn backfill(&self) -> Backfill {
        Backfill {
            discord: self.clone(),
        }
    }
}

// === impl Backfill ===

impl History for Backfill {
    async fn after(
        &self,
        channel_id: Id<ChannelMarker>,
        after: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Message>, Failure> {
        let request = self
            .discord
            .builders
            .channel_messages(channel_id)
            // Ids begin at 1, so 1 is "from the beginning"; without `after` the newest page comes.
            .after(after.unwrap_or(Id::new(1)))
            .limit(PAGE);
        let route = "GET /channels/{channel_id}/messages";
        let read = self.read(route, Resource::Channel(channel_id), request, page);
        Ok(read.await?)
    }
}

impl ChannelDirectory for Backfill {
    fn now_ms(&self) -> Option<u64> {
        self.discord.sender.discord_ms()
    }

    async fn channels(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Head>, Failure> {
        let guild = Resource::Guild(guild_id);
        let request = self.discord.builders.guild_channels(guild_id);
        let listed = self.read("GET /guilds/{guild_id}/channels", guild, request, list);
        let mut listed = listed.await?;
        let request = self.discord.builders.active_threads(guild_id);
        let threads = self.read(
            "GET /guilds/{guild_id}/threads/active",
            guild,
            request,
            threads,
        );
        listed.extend(threads.await?.threads);
        Ok(heads(&listed, Some(guild_id)))
    }

    async fn archived(
        &self,
        channel_id: Id<ChannelMarker>,
        since_ms: u64,
        is_private: bool,
    ) -> Result<Archive, Failure> {
        match self.archived_of(channel_id, since_ms, is_private).await {
            Ok(archive) => Ok(archive),
            // Private ones are shown to those who may manage threads.
            Err(Failed {
                trouble: Trouble::Refused(refusal),
                ..
            }) if is_private && refusal.status == 403 => Ok(Archive::default()),
            Err(failed) => Err(failed.into()),
        }
    }

    async fn message(
        &self,
        channel_id: Id<ChannelMarker>,
        message_id: Id<MessageMarker>,
    ) -> Result<Option<Message>, Failure> {
        let request = self.discord.builders.message(channel_id, message_id);
        let route = "GET /channels/{channel_id}/messages/{message_id}";
        let read = self.read(route, Resource::Channel(channel_id), request, message);
        match read.await {
            Ok(message) => Ok(Some(message)),
            Err(failed) => match failed.trouble.refusal() {
                Some(refusal) if refusal.status == 404 && refusal.code == Code::UnknownMessage => {
                    Ok(None)
                }
                _ => Err(failed.into()),
            },
        }
    }
}

impl Backfill {
    async fn read<T>(
        &self,
        route: &'static str,
        resource: Resource,
        request: impl TryIntoRequest,
        parse: fn(&[u8]) -> Result<T, Trouble>,
    ) -> Result<T, Failed> {
        let call = Call::new(route, Share::Upkeep, resource, request)?;
        self.discord.sender.send(&call, parse).await
    }

    /// The youngest archives come first.
    async fn archived_of(
        &self,
        channel_id: Id<ChannelMarker>,
        since_ms: u64,
        is_private: bool,
    ) -> Result<Archive, Failed> {
        let (mut found, mut reached, mut before) = (Archive::default(), None, None::<String>);
        for _ in 0..ARCHIVE_PAGES_MAX {
            let page = self.archive_page(channel_id, before.as_deref(), is_private);
            let Threads {
                mut threads,
                has_more,
            } = page.await?;
            let is_wanted = |at: Timestamp| milliseconds(at) >= since_ms;
            let last = threads.iter().rev().find_map(|it| archived_at(it));
            threads.retain(|thread| archived_at(thread).is_none_or(is_wanted));
            found.threads.extend(heads(&threads, None));
            let Some(last) = last else {
                found.is_cut_off = has_more;
                return Ok(found);
            };
            if !has_more || !is_wanted(last) {
                return Ok(found);
            }
            // Of those that were archived at once, some may be on the next page. If it is no other one, it goes on
            // behind them.
            let is_stuck = reached.replace(last) == Some(last);
            found.is_cut_off |= is_stuck;
            before = Some(moment(last.as_micros() + if is_stuck { 0 } else { 1_000 }));
        }
        tracing::warn!(channel.id = %channel_id, "more threads were archived than are listed");
        found.is_cut_off = true;
        Ok(found)
    }

    async fn archive_page(
        &self,
        channel_id: Id<ChannelMarker>,
        before: Option<&str>,
        is_private: bool,
    ) -> Result<Threads, Failed> {
        let (builders, channel) = (&self.discord.builders, Resource::Channel(channel_id));
        if is_private {
            let request = builders.private_archived_threads(channel_id);
            let mut request = request.limit(ARCHIVE_PAGE);
            if let Some(before) = before {
                request = request.before(before);
            }
            let route = "GET /channels/{channel_id}/threads/archived/private";
            return self.read(route, channel, request, threads).await;
        }
        let request = builders.public_archived_threads(channel_id);
        let mut request = request.limit(ARCHIVE_PAGE);
        if let Some(before) = before {
            request = request.before(before);
        }
        let route = "GET /channels/{channel_id}/threads/archived/public";
        self.read(route, channel, request, threads).await
    }
}

fn list(body: &[u8]) -> Result<Vec<Box<RawValue>>, Trouble> {
    json(body)
}

fn threads(body: &[u8]) -> Result<Threads, Trouble> {
    json(body)
}

/// One odd channel does not hide all others.
fn heads(listed: &[Box<RawValue>], guild_id: Option<Id<GuildMarker>>) -> Vec<Head> {
    let (mut heads, mut odd) = (Vec::new(), 0_usize);
    for json in listed {
        match Head::read(json, guild_id) {
            Ok(head) => heads.extend(head),
            Err(_) => odd += 1,
        }
    }
    if odd > 0 {
        tracing::warn!(
            odd,
            listed = listed.len(),
            "channels in a list cannot be read"
        );
    }
    heads
}

fn archived_at(thread: &RawValue) -> Option<Timestamp> {
    let thread: Archived = serde_json::from_str(thread.get()).ok()?;
    let at = thread.thread_metadata.archive_timestamp?;
    Timestamp::parse(&at).ok()
}

/// A time as a query may name it. It is written there as it is, and a plus would be a space.
fn moment(micros: i64) -> String {
    let moment = Timestamp::from_micros(micros).map(|moment| moment.iso_8601().to_string());
    moment.unwrap_or_default().replace("+00:00", "Z")
}

fn message(body: &[u8]) -> Result<Message, Trouble> {
    let raw: Box<RawValue> = json(body)?;
    Message::read(raw).map_err(|error| Trouble::Unreadable(error.into()))
}

fn milliseconds(timestamp: Timestamp) -> u64 {
    u64::try_from(timestamp.as_micros() / 1_000).unwrap_or_default()
}

#[derive(Deserialize)]
struct Threads {
    threads: Vec<Box<RawValue>>,
    #[serde(default)]
    has_more: bool,
}

/// When a thread was archived.
#[derive(Deserialize)]
struct Archived {
    thread_metadata: ThreadMetadata,
}

#[derive(Deserialize)]
struct ThreadMetadata {
    #[serde(default)]
    archive_timestamp: Option<String>,
}
