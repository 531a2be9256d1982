//! What is on record of messages, a line each.

use std::collections::{HashSet, VecDeque};

use cordboard_recovery::{Logged, MessageQuery};
use cordboard_store::Peek;
use serde::Serialize;
use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker, UserMarker},
};

use crate::{
    limits::PEEK_ROWS,
    maintenance::{CommandError, Maintenance, channels::lookup::Lookup},
    settings,
};

/// Which messages are asked for.
#[derive(Clone, Debug, Default)]
pub struct Span {
    /// Of these channels; none: of all.
    pub channel_ids: Vec<Id<ChannelMarker>>,
    /// With larger ids.
    pub after: Option<Id<MessageMarker>>,
    /// With smaller ids.
    pub before: Option<Id<MessageMarker>>,
    /// Deleted ones as well.
    pub with_deleted: bool,
}

/// One message.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Its channel.
    pub channel_id: Id<ChannelMarker>,
    /// Its id.
    pub id: Id<MessageMarker>,
    /// Who wrote it; `null` of one that was only seen deleted.
    pub author_id: Option<Id<UserMarker>>,
    /// When it was edited last, in milliseconds since 1970; `null` for never.
    pub edited_ms: Option<u64>,
    /// Whether it is gone.
    pub is_deleted: bool,
    /// The message object as Discord gave it; `null` of one that was only seen deleted.
    pub message: Option<Box<RawValue>>,
}

/// Messages, page by page.
#[derive(Debug)]
pub struct Exported {
    peek: Peek,
    /// The channels that are left; `None` in it: all of them.
    channels: VecDeque<Option<Id<ChannelMarker>>>,
    span: Span,
    after: Option<Id<MessageMarker>>,
    /// Channels that were named and of which no message is on record, in a sentence each.
    pub notes: Vec<String>,
}

// === impl Maintenance ===

impl Maintenance {
    /// What is on record of messages, channel by channel, oldest first. Works beside a running proxy.
    ///
    /// # Errors
    /// When a channel is neither on record nor in the guild, or the store cannot be read.
    pub async fn export(&self, mut span: Span) -> Result<Exported, CommandError> {
        if span.channel_ids.is_empty() {
            let what = "writing down what is on record of messages, of all channels";
            self.teller.tell(what);
        }
        let peek = self.peek().await?;
        // Whoever names a channel twice wants it once.
        let mut seen = HashSet::new();
        span.channel_ids
            .retain(|channel_id| seen.insert(*channel_id));
        let mut notes = Vec::new();
        for channel_id in &span.channel_ids {
            notes.extend(self.without_messages(&peek, *channel_id).await?);
        }
        let mut channels: VecDeque<_> = span.channel_ids.iter().copied().map(Some).collect();
        if channels.is_empty() {
            channels.push_back(None);
        }
        Ok(Exported {
            peek,
            after: span.after.or(Some(Id::new(1))),
            channels,
            span,
            notes,
        })
    }

    /// What whoever asks for this channel should know when no message of it is on record.
    async fn without_messages(
        &self,
        peek: &Peek,
        channel_id: Id<ChannelMarker>,
    ) -> Result<Vec<String>, CommandError> {
        let any = MessageQuery {
            channel_id: Some(channel_id),
            after: Some(Id::new(1)),
            before: None,
            limit: 1,
            with_deleted: true,
        };
        let found = peek.messages(any).await.map_err(settings::store_failed)?;
        if !found.is_empty() {
            return Ok(Vec::new());
        }
        let mut notes = vec![format!("no message of {channel_id} is on record")];
        let watched = self.cursors().await?.channels;
        if watched.iter().any(|line| line.channel_id == channel_id) {
            return Ok(notes);
        }
        match self.look_up(channel_id).await {
            Lookup::Found => {}
            Lookup::Stranger(what) => {
                return Err(CommandError::Usage(format!(
                    "{channel_id} is neither on record nor a channel of the guild \
                     (discord.guild_id): {what}"
                )));
            }
            Lookup::Unknown(why) => notes.push(format!(
                "whether {channel_id} is a channel of the guild could not be looked up: {why}"
            )),
        }
        Ok(notes)
    }
}

// === impl Exported ===

impl Exported {
    /// The next page; `None` at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn page(&mut self) -> Result<Option<Vec<Line>>, CommandError> {
        while let Some(channel_id) = self.channels.front().copied() {
            let query = MessageQuery {
                channel_id,
                after: self.after,
                before: self.span.before,
                limit: PEEK_ROWS,
                with_deleted: self.span.with_deleted,
            };
            let page = self.peek.messages(query).await;
            let page = page.map_err(settings::store_failed)?;
            if let Some(last) = page.last() {
                self.after = Some(last.id);
                return Ok(Some(page.into_iter().map(Line::new).collect()));
            }
            self.channels.pop_front();
            self.after = self.span.after.or(Some(Id::new(1)));
        }
        Ok(None)
    }
}

// === impl Line ===

impl Line {
    fn new(logged: Logged) -> Self {
        Self {
            channel_id: logged.channel_id,
            id: logged.id,
            author_id: logged.author_id,
            edited_ms: (logged.edited_ms > 0).then_some(logged.edited_ms),
            is_deleted: logged.is_deleted,
            message: logged.json,
        }
    }
}
