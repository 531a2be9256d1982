//! A message in a channel of Discord's.

use std::time::Duration;

use twilight_model::id::{Id, marker::ChannelMarker};

use super::{Delivery, State};
use crate::Failure;

/// A message that tells something to people in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where.
    pub channel_id: Id<ChannelMarker>,
    /// At most 2000 characters (Discord: resources/message#create-message).
    pub text: String,
    /// Sent with `enforce_nonce`, so that Discord drops a second copy. At most 25 characters.
    pub nonce: String,
    /// How long it may take in all, waiting for a rate limit included.
    pub timeout: Duration,
}

/// Where notices are posted: Discord.
pub trait NoticeBoard: Send + Sync + 'static {
    /// Posts a message that mentions nobody. Safe to repeat with the same nonce for a few minutes.
    fn put_up(&self, notice: &Notice) -> impl Future<Output = Result<(), Failure>> + Send;
}

// === impl Delivery ===

impl Delivery {
    /// What people read of it in a channel: not more than one message holds, whatever is in it.
    #[must_use]
    pub fn for_people(&self) -> String {
        let state = match self.state {
            State::Begun => "begun",
            State::Reminder => "still so",
            State::Resolved => "over",
        };
        let mut text = format!("**{}** ({}) {state}", self.kind, plain(&self.subject));
        if self.state != State::Resolved {
            text = format!("{text}: {}\nFix: {}", self.text, self.fix);
        }
        if self.untold > 0 {
            text = format!(
                "{text}\n({} changes were not told, because there were so many)",
                self.untold
            );
        }
        text
    }
}

/// Text without what Discord would make bold, a code or a link.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| !matches!(c, '*' | '`' | '~' | '|' | '[' | ']' | '<' | '>');
    text.chars().filter(is_plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{
        Alarm, Kind,
        limits::{SUBJECT_CHARACTERS_MAX, TEXT_CHARACTERS_MAX},
    };

    #[test]
    fn the_longest_alarm_fits_into_one_message() {
        let long = "x".repeat(TEXT_CHARACTERS_MAX + SUBJECT_CHARACTERS_MAX);
        for kind in Kind::ALL {
            let alarm = Alarm::new(*kind, &*long, &*long, &*long);
            let delivery = Delivery {
                id: Delivery::draw_id(),
                target: "ops".to_owned(),
                kind: *kind,
                subject: alarm.subject,
                text: alarm.text,
                fix: alarm.fix,
                state: State::Reminder,
                at_ms: 0,
                count: u64::MAX,
                untold: u64::MAX,
                attempt: 1,
            };
            assert!(delivery.for_people().chars().count() <= 2_000);
            assert!(delivery.id.len() <= 25);
        }
    }
}
