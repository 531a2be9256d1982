//! A door to more channels, as Discord holds it: open, full, or closed for a while.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::{CAREFUL_FOR, CLOSED_MAX, CREATES_MAX, FULL_PAUSE};

/// What Discord has said of one kind of place: the guild, one category, or threads.
///
/// ```text
///        NoRoom                     something went, or a while has passed
///  open ────────► full ────────┐
///    ▲   long 429              ├──► careful: one creation at a time ──► open
///    └─────────► closed ───────┘        │ NoRoom, long 429: back
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Door {
    /// Until when each of them lasts.
    full: Option<Instant>,
    closed: Option<Instant>,
    careful: Option<Instant>,
}

/// What keeps everybody from passing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shut {
    /// There is no room, until something goes.
    Full,
    /// A rate limit, until then.
    Closed(Instant),
}

// === impl Door ===

impl Door {
    /// Discord said that there is no room.
    pub(super) fn full(&mut self, now: Instant) {
        self.full = Some(now + FULL_PAUSE);
        self.careful = self.careful.max(Some(now + CAREFUL_FOR));
    }

    /// Something behind it went: there is room for one more.
    pub(super) const fn relieved(&mut self) {
        self.full = None;
    }

    /// Discord wants no creations for so long.
    pub(super) fn closed(&mut self, now: Instant, wait: Duration) {
        let until = now + wait.min(CLOSED_MAX);
        // Others were told of the same limit, perhaps a little earlier.
        self.closed = self.closed.max(Some(until));
        self.careful = self.careful.max(Some(until + CAREFUL_FOR));
    }

    pub(super) fn shut(&self, now: Instant) -> Option<Shut> {
        match (self.closed, self.full) {
            (Some(until), _) if now < until => Some(Shut::Closed(until)),
            (_, Some(until)) if now < until => Some(Shut::Full),
            _ => None,
        }
    }

    /// Whether it was shut a moment ago.
    pub(super) fn is_careful(&self, now: Instant) -> bool {
        self.careful.is_some_and(|until| now < until)
    }

    /// How many may be under way through it at the same time.
    pub(super) fn width(&self, now: Instant) -> usize {
        // Many at once would all be refused if the first one is.
        if self.is_careful(now) { 1 } else { CREATES_MAX }
    }

    /// When time alone changes something next.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let times = [self.full, self.closed, self.careful];
        times
            .into_iter()
            .flatten()
            .filter(|until| now < *until)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_door_is_tried_by_one_after_a_while_or_when_something_went() {
        let now = Instant::now();
        let mut door = Door::default();
        assert_eq!((door.shut(now), door.width(now)), (None, CREATES_MAX));
        door.full(now);
        assert_eq!(door.shut(now), Some(Shut::Full));
        let later = door.due(now).unwrap();
        assert_eq!(later, now + FULL_PAUSE);
        assert_eq!((door.shut(later), door.width(later)), (None, 1));
        door.relieved();
        assert_eq!((door.shut(now), door.width(now)), (None, 1));
        assert_eq!(door.width(now + CAREFUL_FOR), CREATES_MAX);
        assert_eq!(door.due(now + CAREFUL_FOR), None);
    }

    #[test]
    fn a_closed_door_is_opened_by_time_alone_and_never_earlier_than_it_said() {
        let now = Instant::now();
        let hour = Duration::from_hours(1);
        let mut door = Door::default();
        door.closed(now, hour);
        door.closed(now, Duration::from_secs(30));
        door.relieved();
        assert_eq!(door.shut(now), Some(Shut::Closed(now + hour)));
        assert_eq!((door.shut(now + hour), door.width(now + hour)), (None, 1));
    }
}
