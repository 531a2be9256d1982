//! A door to more channels, as Discord holds it: open, full, or closed for a while.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::limits::{
    CAREFUL_FOR, CLOSED_MAX, CREATES_MAX, FULL_PAUSE, REFUSED_AGAIN_AFTER, REFUSED_PAUSE,
};

/// What Discord has said of one kind of place: the guild, one category, or threads.
///
/// ```text
///        NoRoom                     something went, or a while has passed
///  open ────────► full ────────┐
///    ▲   long 429              ├──► careful: one creation at a time ──► open
///    ├─────────► closed ───────┘        │ NoRoom, long 429: back
///    │   Never               a while has passed, or something has changed
///    └─────────► refused ──────────► on trial: one creation at a time ──► open, with the first
///                                       │ Never: back                     that is created
/// ```
#[derive(Clone, Debug, Default)]
pub(super) struct Door {
    /// Until when each of them lasts.
    full: Option<Instant>,
    closed: Option<Instant>,
    careful: Option<Instant>,
    /// What Discord refused last, until it creates something.
    refused: Option<Refused>,
}

/// Discord refused a creation for a reason that does not pass by itself.
#[derive(Clone, Debug)]
struct Refused {
    since: Instant,
    until: Instant,
    why: Arc<str>,
}

/// What keeps everybody from passing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shut {
    /// There is no room, until something goes.
    Full,
    /// A rate limit, until then.
    Closed(Instant),
    /// Discord refuses, in these words; nobody asks before then.
    Refused(Instant, Arc<str>),
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

    /// Discord refuses, and no wait of its own choice helps.
    pub(super) fn refused(&mut self, now: Instant, why: &str) {
        self.refused = Some(Refused {
            since: now,
            until: now + REFUSED_PAUSE,
            why: why.into(),
        });
    }

    /// What was refused may be allowed now.
    pub(super) fn changed(&mut self, now: Instant) {
        if let Some(refused) = &mut self.refused {
            let again = now.max(refused.since + REFUSED_AGAIN_AFTER);
            refused.until = refused.until.min(again);
        }
    }

    /// Discord has created something behind it.
    pub(super) fn passed(&mut self) {
        self.refused = None;
    }

    pub(super) fn shut(&self, now: Instant) -> Option<Shut> {
        match (&self.refused, self.closed, self.full) {
            (Some(refused), ..) if now < refused.until => {
                Some(Shut::Refused(refused.until, Arc::clone(&refused.why)))
            }
            (_, Some(until), _) if now < until => Some(Shut::Closed(until)),
            (.., Some(until)) if now < until => Some(Shut::Full),
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
        if self.is_careful(now) || self.refused.is_some() {
            1
        } else {
            CREATES_MAX
        }
    }

    /// When time alone changes something next.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let refused = self.refused.as_ref().map(|refused| refused.until);
        let times = [self.full, self.closed, self.careful, refused];
        times
            .into_iter()
            .flatten()
            .filter(|until| now < *until)
            .min()
    }
}

// === impl Shut ===

impl Shut {
    /// What keeps everybody from passing who may take either of two doors: what ends by itself, and
    /// what ends first.
    pub(super) fn or_sooner(self, other: Self) -> Self {
        match (self, other) {
            (Self::Closed(one), Self::Closed(other)) => Self::Closed(one.min(other)),
            (Self::Refused(one, why), Self::Refused(other, _)) => {
                Self::Refused(one.min(other), why)
            }
            (Self::Full, _) | (_, Self::Full) => Self::Full,
            (Self::Closed(until), _) | (_, Self::Closed(until)) => Self::Closed(until),
        }
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
    fn a_refused_door_is_tried_by_one_at_a_time_until_something_is_created() {
        let now = Instant::now();
        let mut door = Door::default();
        door.refused(now, "no");
        let until = now + REFUSED_PAUSE;
        assert_eq!(door.shut(now), Some(Shut::Refused(until, "no".into())));
        assert_eq!(door.due(now), Some(until));
        assert_eq!((door.shut(until), door.width(until)), (None, 1));
        assert_eq!(
            door.width(until + CAREFUL_FOR),
            1,
            "time alone proves nothing"
        );
        door.passed();
        assert_eq!(door.width(until), CREATES_MAX);
    }

    #[test]
    fn a_change_brings_the_next_try_forward_but_not_each_change_one_more() {
        let now = Instant::now();
        let mut door = Door::default();
        door.refused(now, "no");
        door.changed(now);
        let soon = now + REFUSED_AGAIN_AFTER;
        assert!(door.shut(now).is_some());
        assert_eq!((door.due(now), door.shut(soon)), (Some(soon), None));
        door.refused(now, "no");
        door.changed(soon);
        assert_eq!(door.shut(soon), None);
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
