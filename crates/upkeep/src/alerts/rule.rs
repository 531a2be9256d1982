//! What is owed to whom.

use serde::Serialize;

use super::{Standing, limits::TELLINGS_MAX};

/// What is told of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has begun.
    Begun,
    /// It still stands.
    Reminder,
    /// It is over.
    Resolved,
}

/// What one target was told of one alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The last that it was told.
    pub state: State,
    /// When that was written down, in milliseconds since 1970.
    pub at_ms: u64,
    /// How often it was told anything of it within the last [`DAMPED_WITHIN_MS`](super::limits).
    pub lately: u32,
}

/// What is owed to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    /// Nothing: it knows.
    Nothing,
    /// It should be told this.
    Tell(State),
    /// It was told so much lately that this has to wait.
    Later,
}

// === impl State ===

impl State {
    /// Its name in records and in what is delivered.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Reminder => "reminder",
            Self::Resolved => "resolved",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Begun, Self::Reminder, Self::Resolved];
        all.into_iter().find(|state| state.name() == name)
    }
}

/// What is owed to a target that was told this of an alarm, and wants to be reminded after so long.
///
/// Its end is owed to whoever knows of its beginning, and its beginning to whoever does not know of it: what
/// it was told counts, not how often it has begun and ended since. A reminder is owed only of what somebody
/// has said again: an alarm of somebody who is gone stands, and nags nobody.
#[must_use]
pub fn owed(alarm: &Standing, told: Option<Told>, remind_after_ms: u64, now_ms: u64) -> Owed {
    let knows = told.is_some_and(|told| told.state != State::Resolved);
    let is_new = told.is_none() && alarm.kind.is_momentary();
    let state = match (alarm.is_open() || is_new, told) {
        (true, Some(told)) if knows => {
            let is_due = now_ms.saturating_sub(told.at_ms) >= remind_after_ms;
            if !is_due || alarm.said_ms <= told.at_ms {
                return Owed::Nothing;
            }
            State::Reminder
        }
        (true, _) => State::Begun,
        (false, _) if knows && !alarm.kind.is_momentary() => State::Resolved,
        (false, _) => return Owed::Nothing,
    };
    if told.is_some_and(|told| told.lately >= TELLINGS_MAX) {
        Owed::Later
    } else {
        Owed::Tell(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{Alarm, Kind};

    const REMIND: u64 = 1_000;

    fn standing(kind: Kind, begun_ms: u64) -> Standing {
        Standing::begun(&Alarm::new(kind, "one", "it is so", "do this"), begun_ms)
    }

    fn told(state: State, at_ms: u64) -> Told {
        Told {
            state,
            at_ms,
            lately: 1,
        }
    }

    #[test]
    fn a_beginning_is_told_once_and_an_end_once() {
        let open = standing(Kind::BotSilent, 10);
        let ended = open.clone().ended(20);
        let table = [
            (&open, None, Owed::Tell(State::Begun)),
            (&open, Some(told(State::Begun, 10)), Owed::Nothing),
            (&open, Some(told(State::Reminder, 10)), Owed::Nothing),
            (
                &open,
                Some(told(State::Resolved, 5)),
                Owed::Tell(State::Begun),
            ),
            (
                &ended,
                Some(told(State::Begun, 10)),
                Owed::Tell(State::Resolved),
            ),
            (
                &ended,
                Some(told(State::Reminder, 10)),
                Owed::Tell(State::Resolved),
            ),
            (&ended, Some(told(State::Resolved, 20)), Owed::Nothing),
            // Whoever does not know of it need not hear that it is over.
            (&ended, None, Owed::Nothing),
        ];
        for (alarm, told, expected) in table {
            assert_eq!(
                owed(alarm, told, REMIND, 30),
                expected,
                "{alarm:?} {told:?}"
            );
        }
    }

    #[test]
    fn a_reminder_is_owed_of_what_was_said_again() {
        let mut open = standing(Kind::BotSilent, 10);
        assert_eq!(
            owed(&open, Some(told(State::Begun, 10)), REMIND, 5_000),
            Owed::Nothing
        );
        open.said_ms = 900;
        assert_eq!(
            owed(&open, Some(told(State::Begun, 10)), REMIND, 1_009),
            Owed::Nothing
        );
        let reminder = Owed::Tell(State::Reminder);
        assert_eq!(
            owed(&open, Some(told(State::Begun, 10)), REMIND, 1_010),
            reminder
        );
        // A clock that was set back.
        assert_eq!(
            owed(&open, Some(told(State::Begun, 10_000)), REMIND, 1_010),
            Owed::Nothing
        );
    }

    #[test]
    fn what_flaps_waits_and_is_told_as_it_is_then() {
        let open = standing(Kind::GatewayDown, 10);
        let much = |state| {
            Some(Told {
                state,
                at_ms: 9,
                lately: TELLINGS_MAX,
            })
        };
        assert_eq!(owed(&open, much(State::Resolved), REMIND, 20), Owed::Later);
        let ended = open.ended(30);
        assert_eq!(owed(&ended, much(State::Begun), REMIND, 40), Owed::Later);
        assert_eq!(
            owed(&ended, much(State::Resolved), REMIND, 40),
            Owed::Nothing
        );
    }

    #[test]
    fn what_has_no_end_is_told_once() {
        let test = standing(Kind::Test, 10);
        assert!(!test.is_open());
        assert_eq!(owed(&test, None, REMIND, 10), Owed::Tell(State::Begun));
        assert_eq!(
            owed(&test, Some(told(State::Begun, 10)), REMIND, 5_000),
            Owed::Nothing
        );
    }
}
