//! Reading back.

use std::{collections::BTreeMap, ops::Bound};

use serde_json::Value;

use super::Message;
use crate::world::{ApiError, World, permission, snowflake::created_ms};

/// Which page of a channel's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The newest.
    Latest,
    /// Directly before this id.
    Before(u64),
    /// Directly after this id.
    After(u64),
    /// Half before, half after, and the message itself.
    Around(u64),
}

impl World {
    /// `GET /channels/{channel_id}/messages`: newest first, whichever end the page is taken from.
    /// Without `READ_MESSAGE_HISTORY` it is empty and no error.
    pub(crate) fn history(
        &self,
        actor: u64,
        channel_id: u64,
        page: Page,
        limit: u64,
    ) -> Result<Value, ApiError> {
        let (channel, held) = self.channel_for(actor, channel_id)?;
        if !channel.takes_messages() {
            return Err(ApiError::not_text());
        }
        if held & permission::READ_MESSAGE_HISTORY == 0 {
            return Ok(Value::Array(Vec::new()));
        }
        let Some(all) = self.messages.get(&channel_id) else {
            return Ok(Value::Array(Vec::new()));
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.id_skew_ms > 0 {
            let salt = self.clock.now_ms();
            let found = select_loosely(all, page, limit, salt);
            return Ok(found
                .into_iter()
                .map(|one| self.read_by(actor, one))
                .collect());
        }
        Ok(select(all, page, limit)
            .into_iter()
            .map(|one| self.read_by(actor, one))
            .collect())
    }

    /// `GET /channels/{channel_id}/messages/{message_id}`.
    pub(crate) fn read_message(
        &self,
        actor: u64,
        channel_id: u64,
        message_id: u64,
    ) -> Result<Value, ApiError> {
        let needed = permission::READ_MESSAGE_HISTORY;
        // Unlike a page, one message is refused without READ_MESSAGE_HISTORY.
        self.need_in_channel(actor, channel_id, needed)?;
        let message = self
            .stored(channel_id, message_id)
            .ok_or_else(ApiError::unknown_message)?;
        Ok(self.read_by(actor, message))
    }
}

/// The same, with those of one millisecond in an order that hangs on the request.
fn select_loosely(
    all: &BTreeMap<u64, Message>,
    page: Page,
    limit: usize,
    salt: u64,
) -> Vec<&Message> {
    let Page::After(after) = page else {
        return select(all, page, limit);
    };
    let above = all.range((Bound::Excluded(after), Bound::Unbounded));
    let mut found: Vec<_> = above.map(|(_, one)| one).collect();
    let order = |id: u64| (id ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    found.sort_by_key(|one| (created_ms(one.id), order(one.id)));
    found.truncate(limit);
    found.reverse();
    found
}

/// The page, newest first.
fn select(all: &BTreeMap<u64, Message>, page: Page, limit: usize) -> Vec<&Message> {
    let after = |id: u64, count: usize| {
        let mut found: Vec<&Message> = all
            .range((Bound::Excluded(id), Bound::Unbounded))
            .take(count)
            .map(|(_, one)| one)
            .collect();
        found.reverse();
        found
    };
    let before = |id: u64, count: usize| all.range(..id).rev().take(count).map(|(_, one)| one);
    match page {
        Page::Latest => all.values().rev().take(limit).collect(),
        Page::Before(id) => before(id, limit).collect(),
        Page::After(id) => after(id, limit),
        Page::Around(id) => {
            let half = limit / 2;
            let mut found = after(id, half);
            found.extend(all.get(&id));
            found.extend(before(id, half));
            found
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::message::{Author, DEFAULT};

    fn ids(page: Page, limit: usize) -> Vec<u64> {
        let all = (1..=9)
            .map(|id| (id, Message::bare(id, 1, Author::User(1), DEFAULT)))
            .collect();
        select(&all, page, limit)
            .into_iter()
            .map(|one| one.id)
            .collect()
    }

    #[test]
    fn every_page_is_newest_first_and_touches_its_anchor() {
        let rows: &[(Page, usize, &[u64])] = &[
            (Page::Latest, 3, &[9, 8, 7]),
            (Page::Before(5), 3, &[4, 3, 2]),
            (Page::After(5), 3, &[8, 7, 6]),
            (Page::After(0), 2, &[2, 1]),
            (Page::Around(5), 4, &[7, 6, 5, 4, 3]),
            (Page::Before(1), 5, &[]),
            (Page::After(u64::MAX), 5, &[]),
        ];
        for (page, limit, expected) in rows {
            assert_eq!(ids(*page, *limit), *expected, "{page:?}");
        }
    }
}
