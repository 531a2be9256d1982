//! From edits to text that can only be appended to. Pure: no clock but the one handed in, no I/O.

mod message;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use tokio::time::Instant;
use twilight_model::id::{Id, marker::MessageMarker};

use self::message::Message;
use crate::{
    Bot, EditMode, End, EndReason,
    limits::{HOLD_BACK_CHARACTERS, READ_LAG, REPLY_MESSAGES_MAX},
    sighting::Sighting,
    split::before_fence,
    stop::Stop,
};

/// Put before the whole final text when it is not what was given out.
const CORRECTION: &str = "\n\n---\n";

/// One reply, as it stands and as far as it has been given out.
///
/// What stands is the bot's messages after the prompt, in the order of their ids. What has been
/// given out only grows: text is held back until it has settled, and when the bot changes what was
/// given out, nothing is until the two agree again, or until the end.
#[derive(Debug)]
pub(crate) struct Assembly {
    bot: Arc<Bot>,
    /// Earlier messages are no answer.
    prompt_id: Id<MessageMarker>,
    messages: BTreeMap<Id<MessageMarker>, Message>,
    stop: Stop,
    given: String,
    stopped: bool,
    /// The bot wrote more messages than are taken in.
    cut: bool,
}

/// What a new state of a message changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing that the bot did, such as an unfurled link.
    Nothing,
    /// The bot did something, but the text is the same.
    Life,
    /// The text changed.
    Text,
}

/// The end of a reply: what is still to be given out, and the whole.
#[derive(Debug)]
pub(crate) struct Finish {
    pub(crate) rest: Option<String>,
    pub(crate) end: End,
}

// === impl Assembly ===

impl Assembly {
    pub(crate) fn new(bot: Arc<Bot>, prompt_id: Id<MessageMarker>, stop: Stop) -> Self {
        Self {
            bot,
            prompt_id,
            messages: BTreeMap::new(),
            stop,
            given: String::new(),
            stopped: false,
            cut: false,
        }
    }

    /// Takes in the newest state of a message of the bot.
    pub(crate) fn observe(
        &mut self,
        id: Id<MessageMarker>,
        state: Sighting,
        now: Instant,
    ) -> Change {
        if id <= self.prompt_id {
            return Change::Nothing;
        }
        let profile = &self.bot.profile;
        if let Some(message) = self.messages.get_mut(&id) {
            return message.update(state, profile);
        }
        if self.messages.len() >= REPLY_MESSAGES_MAX {
            self.cut = true;
            return Change::Life;
        }
        let message = Message::new(state, profile, now);
        let change = if message.text().is_empty() {
            Change::Life
        } else {
            Change::Text
        };
        self.messages.insert(id, message);
        change
    }

    /// Takes in that a message is gone.
    pub(crate) fn forget(&mut self, id: Id<MessageMarker>) -> Change {
        match self.messages.remove(&id) {
            None => Change::Nothing,
            Some(message) if message.text().is_empty() => Change::Life,
            Some(_) => Change::Text,
        }
    }

    /// Takes in that a reading begun at `began` did not show a message: it is gone, unless it came
    /// so shortly before that the reading may have been behind.
    pub(crate) fn miss(&mut self, id: Id<MessageMarker>, began: Instant) -> Change {
        let seen = self.messages.get(&id).map(Message::first_seen);
        match seen.map(|seen| began.saturating_duration_since(seen)) {
            Some(age) if age >= READ_LAG => self.forget(id),
            _ => Change::Nothing,
        }
    }

    /// How many messages the bot has written and not deleted, placeholders included.
    pub(crate) fn message_count(&self) -> usize {
        self.messages.len()
    }

    /// Whether there is an answer, or part of one.
    pub(crate) fn has_text(&self) -> bool {
        self.messages
            .values()
            .any(|message| !message.text().is_empty())
    }

    /// Whether the bot has shown by buttons or marker that it has finished.
    pub(crate) fn shows_end(&self) -> bool {
        let Some((_, last)) = self.messages.last_key_value() else {
            return false;
        };
        let buttons = self.bot.profile.completion.components && last.has_buttons();
        (buttons || last.is_marked()) && self.has_text()
    }

    /// Whether what shows the end also shows all of the reply: an update is the whole state of its
    /// own message, but says nothing about others.
    pub(crate) fn is_certain(&self) -> bool {
        self.messages.len() == 1
    }

    /// What the bot says about its limit, if that is all it says and nothing was given out.
    pub(crate) fn limited(&self) -> Option<String> {
        if !self.given.is_empty() || self.bot.profile.limit_messages.is_empty() {
            return None;
        }
        let text = self.text();
        let limited = self.bot.profile.is_limit_message(&text);
        limited.then(|| text.into_owned())
    }

    /// Gives out what has settled since the last time.
    pub(crate) fn settle(&mut self) -> Option<String> {
        if self.stopped || self.bot.profile.edit_mode == EditMode::Final {
            return None;
        }
        let text = self.text();
        let fresh = text.strip_prefix(&*self.given)?;
        let held = match self.bot.profile.edit_mode {
            EditMode::Append => 0,
            EditMode::Holdback | EditMode::Final => HOLD_BACK_CHARACTERS,
        };
        let settled = settled(&text, held).checked_sub(self.given.len())?;
        let settled = &fresh[..settled];
        let (end, stopped) = match self.stop.find(settled) {
            Some(hit) => (hit, true),
            None => (self.stop.clear_of_beginnings(settled), false),
        };
        let piece = settled[..end].to_owned();
        self.stopped = stopped;
        self.given.push_str(&piece);
        (!piece.is_empty()).then_some(piece)
    }

    /// Whether a stop sequence was met in settled text.
    pub(crate) const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether the bot went on beyond what one reply may hold.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The end: the rest, or all again when it is not what was given out.
    pub(crate) fn finish(self, reason: EndReason) -> Finish {
        let end = |reason, text, conflict| End {
            reason,
            text,
            conflict,
        };
        if self.stopped {
            return Finish {
                rest: None,
                end: end(EndReason::StopSequence, self.given, false),
            };
        }
        let mut text = self.text().into_owned();
        let mut reason = reason;
        if let Some(hit) = self.stop.find(&text) {
            text.truncate(hit);
            reason = EndReason::StopSequence;
        }
        match text.strip_prefix(&*self.given) {
            Some(rest) => Finish {
                rest: (!rest.is_empty()).then(|| rest.to_owned()),
                end: end(reason, text, false),
            },
            // Only blanks at the end were taken back: nobody sees them.
            None if self.given.trim_end() == text.trim_end() => Finish {
                rest: None,
                end: end(reason, self.given, false),
            },
            None => Finish {
                rest: Some(format!("{CORRECTION}{text}")),
                end: end(reason, text, true),
            },
        }
    }

    /// The reply as it stands.
    fn text(&self) -> Cow<'_, str> {
        let mut texts = self
            .messages
            .values()
            .map(Message::text)
            .filter(|text| !text.is_empty());
        let first = texts.next().unwrap_or_default();
        let Some(second) = texts.next() else {
            return Cow::Borrowed(first);
        };
        let mut joined = format!("{first}\n{second}");
        for text in texts {
            joined.push('\n');
            joined.push_str(text);
        }
        Cow::Owned(joined)
    }
}

/// The end of what has settled when the last `held` characters have not: not inside a fence, not
/// inside what is seen as one character, and not behind a blank.
fn settled(text: &str, held: usize) -> usize {
    let Some(last) = held.checked_sub(1) else {
        return text.len();
    };
    let Some((mut end, _)) = text.char_indices().rev().nth(last) else {
        return 0;
    };
    end = before_fence(text, end);
    while text[end..].starts_with(joins_previous) || text[..end].ends_with(JOINER) {
        end = text[..end]
            .char_indices()
            .next_back()
            .map_or(0, |(index, _)| index);
    }
    text[..end].trim_end().len()
}

const JOINER: char = '\u{200d}';

/// Combining marks, variation selectors, skin tones and the joiner: drawn with what stands before.
fn joins_previous(c: char) -> bool {
    matches!(c, JOINER | '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests;
