//! The guild's message search: indexed, approximate, and no substitute for reading pages.

use serde_json::{Value, json};

use super::Message;
use crate::world::{ApiError, World, permission};

/// What to look for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    /// Text that the message holds, whatever its case.
    pub(crate) content: Option<String>,
    /// Only by this author.
    pub(crate) author_id: Option<u64>,
    /// Only in this channel.
    pub(crate) channel_id: Option<u64>,
    /// Results per page.
    pub(crate) limit: u64,
    /// Results to skip.
    pub(crate) offset: u64,
}

/// What a search finds.
#[derive(Debug)]
pub(crate) enum Found {
    /// 202: the index is being built (code 110000).
    NotYet(Value),
    /// 200.
    Results(Value),
}

impl Search {
    fn fits(&self, message: &Message) -> bool {
        let text = message.content.to_lowercase();
        self.content
            .as_ref()
            .is_none_or(|wanted| text.contains(&wanted.to_lowercase()))
            && self.author_id.is_none_or(|id| message.author.id() == id)
            && self.channel_id.is_none_or(|id| message.channel_id == id)
    }
}

impl World {
    /// `GET /guilds/{guild_id}/messages/search`, newest first. The first search of a guild finds
    /// no index.
    pub(crate) fn search_messages(
        &mut self,
        actor: u64,
        guild_id: u64,
        search: &Search,
    ) -> Result<Found, ApiError> {
        self.guild_for(actor, guild_id)?;
        if let Some(guild) = self
            .guilds
            .get_mut(&guild_id)
            .filter(|guild| !guild.search_indexed)
        {
            guild.search_indexed = true;
            return Ok(Found::NotYet(json!({
                "message": "Index not yet available. Try again later",
                "code": 110_000,
                "documents_indexed": 0,
                "retry_after": 2,
            })));
        }
        let readable = permission::VIEW_CHANNEL | permission::READ_MESSAGE_HISTORY;
        let rooms = self.channels.values().filter(|one| {
            one.guild_id == guild_id && self.permissions_in(actor, one.id) & readable == readable
        });
        let mut hits: Vec<&Message> = rooms
            .filter_map(|one| self.messages.get(&one.id))
            .flat_map(|all| all.values())
            .filter(|message| search.fits(message))
            .collect();
        hits.sort_unstable_by_key(|message| std::cmp::Reverse(message.id));
        let total = hits.len();
        let skip = usize::try_from(search.offset).unwrap_or(usize::MAX);
        let take = usize::try_from(search.limit).unwrap_or(usize::MAX);
        let page: Vec<Value> = hits
            .into_iter()
            .skip(skip)
            .take(take)
            .map(|message| json!([self.read_by(actor, message)]))
            .collect();
        Ok(Found::Results(json!({
            "doing_deep_historical_index": false,
            "total_results": total,
            "messages": page,
            "threads": [],
            "members": [],
        })))
    }
}
