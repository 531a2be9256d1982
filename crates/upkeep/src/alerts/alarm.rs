//! One thing that is wrong, in words for people.

use serde::Serialize;

use super::{
    Kind,
    limits::{SUBJECT_CHARACTERS_MAX, TEXT_CHARACTERS_MAX},
};
use crate::Failure;

/// One thing that is wrong. Two with one kind and one subject are the same alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alarm {
    /// What is wrong.
    pub kind: Kind,
    /// With what, such as a bot's name: the same each time.
    pub subject: String,
    /// What is the matter, for people. Never a secret, a prompt or a reply.
    pub text: String,
    /// What to do about it, for people.
    pub fix: String,
}

/// Where alarms are raised and cleared, for whoever notices something.
///
/// Both say how things are, not that they have changed: say so as often as you look. What is said again
/// is told again only as a reminder. An error means that it is not on record: say it again later.
pub trait Alarms: Send + Sync + 'static {
    /// Says that this is wrong.
    fn raise(&self, alarm: Alarm) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Says that it is not, or no longer.
    fn clear(&self, kind: Kind, subject: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// An alarm on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// What is wrong.
    pub kind: Kind,
    /// With what.
    pub subject: String,
    /// What is the matter, as it was said last.
    pub text: String,
    /// What to do about it.
    pub fix: String,
    /// When it began, in milliseconds since 1970.
    pub begun_ms: u64,
    /// When it was said last.
    pub said_ms: u64,
    /// When it ended; `None` while it stands.
    pub ended_ms: Option<u64>,
    /// How often it was said since it began.
    pub count: u64,
}

// === impl Alarm ===

impl Alarm {
    /// An alarm in these words; what is too long of them is cut.
    #[must_use]
    pub fn new(
        kind: Kind,
        subject: impl Into<String>,
        text: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            subject: subject_of(&subject.into()),
            text: cut(&text.into(), TEXT_CHARACTERS_MAX),
            fix: cut(&fix.into(), TEXT_CHARACTERS_MAX),
        }
    }
}

/// A subject as it is kept: a clear has to find what a raise wrote.
#[must_use]
pub(crate) fn subject_of(subject: &str) -> String {
    cut(subject, SUBJECT_CHARACTERS_MAX)
}

fn cut(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept = text.chars().take(characters_max.saturating_sub(1));
    kept.chain(['…']).collect()
}

// === impl Standing ===

impl Standing {
    /// An alarm that has begun.
    #[must_use]
    pub fn begun(alarm: &Alarm, now_ms: u64) -> Self {
        Self {
            kind: alarm.kind,
            subject: alarm.subject.clone(),
            text: alarm.text.clone(),
            fix: alarm.fix.clone(),
            begun_ms: now_ms,
            said_ms: now_ms,
            // One that has no end is over at once.
            ended_ms: alarm.kind.is_momentary().then_some(now_ms),
            count: 1,
        }
    }

    /// The same after it was said again. One that had ended begins anew.
    #[must_use]
    pub fn said(self, alarm: &Alarm, now_ms: u64) -> Self {
        let again = Self::begun(alarm, now_ms);
        if !self.is_open() {
            return again;
        }
        Self {
            begun_ms: self.begun_ms,
            count: self.count.saturating_add(1),
            ..again
        }
    }

    /// The same after it has ended.
    #[must_use]
    pub fn ended(self, now_ms: u64) -> Self {
        let ended_ms = self.ended_ms.or(Some(now_ms));
        Self { ended_ms, ..self }
    }

    /// Whether it stands.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.ended_ms.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_at_a_character() {
        let long = "é".repeat(TEXT_CHARACTERS_MAX + 1);
        let alarm = Alarm::new(Kind::BotSilent, &*long, &*long, "short");
        assert_eq!(alarm.text.chars().count(), TEXT_CHARACTERS_MAX);
        assert!(alarm.text.ends_with("é…"));
        assert_eq!(alarm.subject, subject_of(&long));
        assert_eq!(alarm.fix, "short");
    }
}
