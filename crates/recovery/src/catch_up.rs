//! Reading what a channel holds, page by page.

use std::collections::BTreeSet;

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{Cursor, Failure, History, Message, Progress, limits::CATCH_UP_PAGES_MAX};

/// What a walk through a channel found.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The walk was over ids above this.
    pub after: Option<Id<MessageMarker>>,
    /// Each message once, oldest first.
    pub messages: Vec<Message>,
    /// Whether the walk came to the channel's end. If not, it stopped at its bound; go on with
    /// another one after the last message.
    pub complete: bool,
}

/// Reads the messages of `channel` with ids above `after`, oldest first, as they are now: at most
/// 10 pages of 100.
///
/// **An empty answer proves nothing.** Discord answers 200 and no messages to a bot that may see a
/// channel but not read its history. A caller that knows a message which must be there (its own
/// prompt) does well to begin just before it: then a reading without it was blind.
///
/// # Errors
///
/// The first failed page ends the reading, and what was read before is dropped; reading is safe to
/// repeat. Use [`Pages`] to go on where it failed instead.
pub async fn catch_up<H: History>(
    history: &H,
    channel: Id<ChannelMarker>,
    after: Option<Id<MessageMarker>>,
) -> Result<Reading, Failure> {
    let mut pages = Pages::new(channel, after);
    let mut messages = Vec::new();
    while let Some(page) = pages.next(history).await? {
        messages.extend(page);
    }
    // A page may hold older messages than the one before: those of the millisecond between them.
    messages.sort_unstable_by_key(|message: &Message| message.id);
    messages.dedup_by_key(|message| message.id);
    Ok(Reading {
        after,
        messages,
        complete: pages.complete,
    })
}

/// A walk through one channel, a page at a time.
#[derive(Clone, Debug)]
pub struct Pages {
    channel: Id<ChannelMarker>,
    after: Option<Id<MessageMarker>>,
    cursor: Cursor,
    /// The ids of the last page, which the next one overlaps by a millisecond.
    last: BTreeSet<Id<MessageMarker>>,
    left: u32,
    complete: bool,
}

impl Pages {
    /// A walk over the messages of `channel` with ids above `after`.
    #[must_use]
    pub fn new(channel: Id<ChannelMarker>, after: Option<Id<MessageMarker>>) -> Self {
        Self {
            channel,
            after,
            cursor: Cursor::starting_after(after),
            last: BTreeSet::new(),
            left: CATCH_UP_PAGES_MAX,
            complete: false,
        }
    }

    /// The next page, oldest first, without what was on the last one; `None` at the end of the
    /// channel or of the bound. [`Pages::is_complete`] tells which.
    ///
    /// Cancel-safe, and after an error the same page can be asked for again.
    pub async fn next<H: History>(&mut self, history: &H) -> Result<Option<Vec<Message>>, Failure> {
        if self.complete || self.left == 0 {
            return Ok(None);
        }
        let page = history.after(self.channel, self.cursor.after()).await?;
        self.left -= 1;
        self.complete = self.cursor.turn(&page) == Progress::Done;
        let ids = page.iter().map(|message| message.id).collect();
        let last = std::mem::replace(&mut self.last, ids);
        let mut fresh: Vec<Message> = page
            .into_iter()
            .filter(|message| Some(message.id) > self.after && !last.contains(&message.id))
            .collect();
        fresh.sort_unstable_by_key(|message| message.id);
        Ok(Some(fresh))
    }

    /// Whether the walk came to the channel's end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

#[cfg(test)]
mod tests;
