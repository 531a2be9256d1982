//! Where a walk through a channel's messages stands.

use twilight_model::id::{Id, marker::MessageMarker};

use crate::{Message, PAGE_MESSAGES};

/// Where a walk through a channel's messages stands, oldest first. Pure, and only ever forward.
///
/// The next page begins one millisecond *before* the newest message of the last one, not behind it:
/// within a millisecond, Discord's order differs from one request to the next (discord-api-docs
/// #2816), so a message could be passed by unseen. Whoever reads drops what comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What the next request asks for: ids above this.
    after: Option<Id<MessageMarker>>,
}

/// What a page meant for the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There may be more: ask again with the cursor.
    More,
    /// There may be more, but a whole page lay within one millisecond, so that the cursor had to
    /// go past it without the margin. Messages of that millisecond may have been missed.
    MoreAfterTie,
    /// This was the last page.
    Done,
}

/// Snowflakes carry their milliseconds above these bits (Discord: reference#snowflakes).
const BITS_BELOW_MS: u32 = 22;

impl Cursor {
    /// A walk over the messages with ids above `after`; `None` for all of them.
    #[must_use]
    pub fn starting_after(after: Option<Id<MessageMarker>>) -> Self {
        Self {
            after: after.and_then(just_before_ms),
        }
    }

    /// A cursor without the margin.
    pub(crate) const fn behind(after: Option<Id<MessageMarker>>) -> Self {
        Self { after }
    }

    /// What to give [`History::after`](crate::History::after) next.
    #[must_use]
    pub fn after(&self) -> Option<Id<MessageMarker>> {
        self.after
    }

    /// Takes the page that was read at the cursor, in any order.
    pub fn turn(&mut self, page: &[Message]) -> Progress {
        let Some(newest) = page.iter().map(|message| message.id).max() else {
            return Progress::Done;
        };
        if page.len() < PAGE_MESSAGES {
            self.after = self.after.max(just_before_ms(newest));
            return Progress::Done;
        }
        let next = just_before_ms(newest);
        if next > self.after {
            self.after = next;
            return Progress::More;
        }
        if Some(newest) > self.after {
            self.after = Some(newest);
            return Progress::MoreAfterTie;
        }
        // A full page of what was not asked for: going on would go on for ever.
        Progress::Done
    }
}

/// The largest id below every id of `id`'s millisecond.
fn just_before_ms(id: Id<MessageMarker>) -> Option<Id<MessageMarker>> {
    let first = id.get() >> BITS_BELOW_MS << BITS_BELOW_MS;
    first.checked_sub(1).and_then(Id::new_checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(ms: u64, low: u64) -> Id<MessageMarker> {
        Id::new(ms << BITS_BELOW_MS | low)
    }

    fn page(ids: impl IntoIterator<Item = Id<MessageMarker>>) -> Vec<Message> {
        ids.into_iter()
            .map(|id| Message {
                id,
                edited_ms: 0,
                json: Box::default(),
            })
            .collect()
    }

    #[test]
    fn the_walk_begins_before_the_millisecond_it_starts_after() {
        assert_eq!(Cursor::starting_after(None).after(), None);
        assert_eq!(Cursor::starting_after(Some(id(0, 5))).after(), None);
        let before = Id::new((7 << BITS_BELOW_MS) - 1);
        assert_eq!(Cursor::starting_after(Some(id(7, 5))).after(), Some(before));
    }

    #[test]
    fn a_full_page_is_followed_by_one_that_reads_its_last_millisecond_again() {
        let mut cursor = Cursor::starting_after(None);
        // Newest first, as Discord sends them.
        assert_eq!(
            cursor.turn(&page((0..100).rev().map(|n| id(10 + n, 3)))),
            Progress::More
        );
        assert_eq!(cursor.after(), Some(Id::new((109 << BITS_BELOW_MS) - 1)));
        assert_eq!(cursor.turn(&page([id(109, 3), id(110, 0)])), Progress::Done);
        assert_eq!(cursor.after(), Some(Id::new((110 << BITS_BELOW_MS) - 1)));
    }

    #[test]
    fn a_millisecond_that_fills_a_page_is_passed() {
        let mut cursor = Cursor::starting_after(None);
        assert_eq!(
            cursor.turn(&page((0..100).map(|n| id(10, n)))),
            Progress::More
        );
        assert_eq!(
            cursor.turn(&page((0..100).map(|n| id(10, n)))),
            Progress::MoreAfterTie
        );
        assert_eq!(cursor.after(), Some(id(10, 99)));
    }

    #[test]
    fn the_walk_never_goes_back_and_never_stands_still() {
        let mut cursor = Cursor::starting_after(Some(id(50, 0)));
        let start = cursor.after();
        assert_eq!(cursor.turn(&page([id(3, 0)])), Progress::Done);
        assert_eq!(cursor.after(), start);
        assert_eq!(
            cursor.turn(&page((0..100).map(|n| id(4, n)))),
            Progress::Done
        );
        assert_eq!(cursor.after(), start);
        assert_eq!(cursor.turn(&[]), Progress::Done);
    }
}
