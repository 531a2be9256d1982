//! One message of a reply, as far as it has been seen.

use tokio::time::Instant;

use super::Change;
use crate::{Profile, sighting::Sighting};

/// One message of a reply, in the newest state seen.
#[derive(Debug)]
pub(super) struct Message {
    first_seen: Instant,
    state: Sighting,
    /// What it adds to the reply: nothing while it is a placeholder.
    text: String,
    /// It ended with the profile's marker.
    is_marked: bool,
}

// === impl Message ===

impl Message {
    pub(super) fn new(state: Sighting, profile: &Profile, now: Instant) -> Self {
        let mut message = Self {
            first_seen: now,
            state,
            text: String::new(),
            is_marked: false,
        };
        message.read(profile);
        message
    }

    pub(super) const fn first_seen(&self) -> Instant {
        self.first_seen
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn has_buttons(&self) -> bool {
        self.state.buttons
    }

    pub(super) const fn is_marked(&self) -> bool {
        self.is_marked
    }

    /// Takes in the newest state.
    ///
    /// Discord also sends updates when a link unfurls or a message is pinned; they carry the time
    /// of the last edit, or none (discord-api-docs #8281). So what is not newer and says the same
    /// changes no text. Neither does the fresh signature that each read gives a file's address.
    pub(super) fn update(&mut self, mut state: Sighting, profile: &Profile) -> Change {
        let edited = state.edited_ms > self.state.edited_ms
            || state.content != self.state.content
            || self.state.loading;
        if !edited {
            let change = if state.buttons == self.state.buttons {
                Change::Nothing
            } else {
                Change::Life
            };
            self.state.buttons = state.buttons;
            return change;
        }
        for fresh in &mut state.attachments {
            let known = self.state.attachments.iter();
            let same = known
                .into_iter()
                .find(|known| fresh.id.is_some() && known.id == fresh.id);
            if let Some(known) = same {
                fresh.markdown.clone_from(&known.markdown);
            }
        }
        self.state = state;
        let before = (std::mem::take(&mut self.text), self.is_marked);
        self.read(profile);
        if before.0 == self.text && before.1 == self.is_marked {
            Change::Life
        } else {
            Change::Text
        }
    }

    /// What the message says, without what is there only while the bot writes.
    fn read(&mut self, profile: &Profile) {
        let marker = profile.completion.marker.as_deref();
        let (content, ends) = cut(&self.state.content, marker, &profile.cursors);
        let files = self
            .state
            .attachments
            .iter()
            .map(|file| file.markdown.as_str());
        let parts = [
            content,
            self.state.display.trim_end(),
            self.state.embeds.trim_end(),
        ];
        let mut text = String::with_capacity(content.len());
        for part in parts
            .into_iter()
            .chain(files)
            .filter(|part| !part.trim().is_empty())
        {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(part);
        }
        let (whole, ends_behind) = cut(&text, marker, &[]);
        text.truncate(whole.len());
        let placeholder = profile.is_placeholder(&text);
        self.is_marked = ends || ends_behind;
        self.text = if self.state.loading || placeholder {
            String::new()
        } else {
            text
        };
    }
}

/// The text without blanks, the cursor and the marker at its end, and whether the marker was there.
fn cut<'a>(text: &'a str, marker: Option<&str>, cursors: &[String]) -> (&'a str, bool) {
    let text = text.trim_end();
    let before_cursor = |text: &'a str| {
        let mut cursors = cursors.iter().filter(|cursor| !cursor.is_empty());
        cursors.find_map(|cursor| text.strip_suffix(cursor.as_str()))
    };
    // Several in a row are a bar that the bot drew.
    let text = match before_cursor(text) {
        Some(before) if before_cursor(before).is_none() => before.trim_end(),
        _ => text,
    };
    match marker.filter(|marker| !marker.is_empty()) {
        Some(marker) => match text.strip_suffix(marker) {
            Some(rest) => (rest.trim_end(), true),
            None => (text, false),
        },
        None => (text, false),
    }
}
