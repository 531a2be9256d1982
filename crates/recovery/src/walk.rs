//! One channel's history being read.

use std::collections::BTreeSet;

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{Cursor, Message, Progress, sabotage::Sabotage, snowflake::created_ms};

/// A channel's history being read, page by page. It ends with the session whose events it completes.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Which walk it is: there may be another one through the same channel by the time a page comes.
    pub(crate) number: u64,
    pub(crate) purpose: Purpose,
    cursor: Cursor,
    /// Behind which message it began.
    start: Option<Id<MessageMarker>>,
    /// Whether the durable cursor may not follow any more: a page was read so early that a message with
    /// a smaller id may have become readable after it.
    pub(crate) is_frozen: bool,
    /// Where it may end, if nothing is missing behind that; `None`: with the last page. In memory only: a walk
    /// that is begun anew for whatever reason reads all there is.
    pub(crate) until: Option<Id<MessageMarker>>,
    /// Discord's clock when the first page was asked for, if it was known.
    pub(crate) began_ms: Option<u64>,
    /// Messages on record that are to be found again; `None`: that has to be asked.
    pub(crate) expected: Option<BTreeSet<Id<MessageMarker>>>,
    /// Pages read, and the first message on them.
    pages: u64,
    first: Option<Id<MessageMarker>>,
    /// Reads in a row that failed.
    pub(crate) failures: u32,
    /// When the channel was first said not to be there.
    pub(crate) gone_since: Option<Instant>,
    /// What a test has taken away.
    pub(crate) sabotage: Option<Sabotage>,
}

/// What a channel is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Something may be missing.
    CatchUp,
    /// Nothing is known to be.
    Scrub,
}

/// A page to be read.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) channel_id: Id<ChannelMarker>,
    /// The walk it is for.
    pub(crate) number: u64,
    pub(crate) after: Option<Id<MessageMarker>>,
    /// Whether the messages that are expected have to be looked up first.
    pub(crate) asks_expected: bool,
    /// When it was given, and Discord's clock then, if it was known.
    pub(crate) at: Instant,
    pub(crate) at_ms: Option<u64>,
    /// The watermark then.
    pub(crate) watermark_ms: u64,
}

/// What a page meant.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) progress: Progress,
    /// Where the next page begins.
    pub(crate) next: Option<Id<MessageMarker>>,
    /// Expected messages that were not on the page they belong to.
    pub(crate) missed: Vec<Id<MessageMarker>>,
}

// === impl Walk ===

impl Walk {
    pub(crate) fn new(purpose: Purpose, after: Option<Id<MessageMarker>>) -> Self {
        let cursor = Cursor::starting_after(after);
        Self {
            number: 0,
            purpose,
            start: cursor.after(),
            cursor,
            is_frozen: false,
            until: None,
            began_ms: None,
            expected: None,
            pages: 0,
            first: None,
            failures: 0,
            gone_since: None,
            sabotage: None,
        }
    }

    pub(crate) fn after(&self) -> Option<Id<MessageMarker>> {
        self.cursor.after()
    }

    /// Whether this message lay ahead when it began.
    pub(crate) fn has_passed(&self, id: Id<MessageMarker>) -> bool {
        self.start < Some(id)
    }

    /// Whether all that this was begun for has been read, although there may be more.
    pub(crate) fn is_far_enough(&self) -> bool {
        self.until.is_some_and(|until| self.after() >= Some(until))
    }

    /// How many pages seem to be left up to the channel's last message, if they tell of as much time as
    /// those that were read. One, while nothing tells.
    pub(crate) fn pages_left(&self, last: Option<Id<MessageMarker>>) -> u64 {
        let (Some(first), Some(after), Some(last)) = (self.first, self.after(), last) else {
            return 1;
        };
        let read_ms = created_ms(after).saturating_sub(created_ms(first));
        let left_ms = created_ms(last).saturating_sub(created_ms(after));
        let left = left_ms.saturating_mul(self.pages).checked_div(read_ms);
        left.unwrap_or(1).max(1)
    }

    /// These are on record: begins before them, so that they are compared.
    pub(crate) fn expect(&mut self, recent: BTreeSet<Id<MessageMarker>>) {
        if let Some(first) = recent.first() {
            let earlier = Cursor::starting_after(Some(*first));
            if earlier.after() < self.cursor.after() {
                self.start = earlier.after();
                self.cursor = earlier;
            }
        }
        self.expected = Some(recent);
    }

    /// Takes the page that was asked for. Of what is younger than `settled_ms` nothing is said to be
    /// missing: it may not have been readable yet. Nor of the last millisecond of a full page, which the
    /// next one begins with: it may have ended anywhere in there. An empty page may be a blind one, unless that
    /// `was_probed`.
    pub(crate) fn turn(&mut self, page: &[Message], was_probed: bool, settled_ms: u64) -> Turn {
        let after = self.cursor.after();
        let progress = self.cursor.turn(page);
        let found: BTreeSet<_> = page.iter().map(|message| message.id).collect();
        let newest = found.last().copied();
        let has_seen = newest.is_some() || was_probed;
        let covered = |id: Id<MessageMarker>| {
            let is_older = newest.is_some_and(|newest| {
                let is_lacking = self.sabotage == Some(Sabotage::WholeLastMillisecond);
                created_ms(id) < created_ms(newest) || (is_lacking && id < newest)
            });
            let is_behind = progress == Progress::Done || is_older;
            Some(id) > after && is_behind && created_ms(id) < settled_ms
        };
        let expected = self.expected.iter().flatten().copied();
        let missed = expected.filter(|id| has_seen && covered(*id) && !found.contains(id));
        let missed = missed.collect();
        if self.sabotage == Some(Sabotage::NoTieMargin) && newest > self.cursor.after() {
            self.cursor = Cursor::behind(newest);
        }
        self.pages += 1;
        self.first = self.first.or(found.first().copied());
        self.failures = 0;
        self.gone_since = None;
        Turn {
            progress,
            next: self.cursor.after(),
            missed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PAGE_MESSAGES, snowflake::EPOCH_MS};

    const LATER_MS: u64 = EPOCH_MS + 60_000;

    fn id(ms: u64, low: u64) -> Id<MessageMarker> {
        Id::new(ms << 22 | low)
    }

    fn page(ids: impl IntoIterator<Item = Id<MessageMarker>>) -> Vec<Message> {
        let messages = ids.into_iter().map(|id| Message {
            id,
            edited_ms: 0,
            json: Box::default(),
        });
        messages.collect()
    }

    #[test]
    fn a_full_page_does_not_say_what_there_is_in_its_last_millisecond() {
        let before = (1..).map(|ms| id(ms, 1)).take(PAGE_MESSAGES - 1);
        // In whatever order: the older one of the last two is on the next page.
        let [deleted, older, newer] = [id(50, 0), id(200, 1), id(200, 2)];
        let mut walk = Walk::new(Purpose::CatchUp, None);
        walk.expect(before.clone().chain([deleted, older, newer]).collect());
        let first = walk.turn(&page(before.chain([newer])), false, LATER_MS);
        assert_eq!(
            (first.progress, first.missed),
            (Progress::More, vec![deleted])
        );
        let second = walk.turn(&page([older, newer]), false, LATER_MS);
        assert_eq!((second.progress, second.missed), (Progress::Done, vec![]));
    }
}
