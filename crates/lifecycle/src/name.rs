//! Channel names, for people only: nothing is ever looked up by a name.

use std::collections::HashSet;

use parking_lot::Mutex;

use crate::{
    AttemptId,
    limits::{NAME_PART_MAX, REFUSED_LABELS_MAX},
};

/// Labels with which Discord refused a name: the names of what they are asked for go without.
#[derive(Debug, Default)]
pub(crate) struct RefusedLabels(Mutex<HashSet<String>>);

/// `prefix-label-abcd`, in characters that Discord keeps as they are. A label cannot bring a mark
/// into the name: `~` and `.` do not pass.
pub(crate) fn channel_name(prefix: &str, label: &str, attempt: AttemptId) -> String {
    let parts = [plain(prefix), plain(label), attempt.short()];
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("-")
}

/// Small letters and digits, and one `-` for any run of other characters.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars().map(|letter| letter.to_ascii_lowercase()) {
        if letter.is_ascii_alphanumeric() {
            plain.push(letter);
        } else if !plain.is_empty() && !plain.ends_with('-') {
            plain.push('-');
        }
        if plain.len() == NAME_PART_MAX {
            break;
        }
    }
    plain.truncate(plain.trim_end_matches('-').len());
    plain
}

// === impl RefusedLabels ===

impl RefusedLabels {
    /// The label, or none if it was refused.
    pub(crate) fn pass<'a>(&self, label: &'a str) -> &'a str {
        if self.0.lock().contains(label) {
            ""
        } else {
            label
        }
    }

    /// Discord refused a name with this label.
    pub(crate) fn add(&self, label: &str) {
        let mut refused = self.0.lock();
        if refused.len() < REFUSED_LABELS_MAX {
            refused.insert(label.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_discord_keeps() {
        let attempt = AttemptId::from_bytes([0; 16]);
        let name = |label: &str| channel_name("cord", label, attempt);
        assert_eq!(name("My Bot (v2)"), "cord-my-bot-v2-0000");
        assert_eq!(name(""), "cord-0000");
        assert_eq!(name("~~é~~"), "cord-0000");
        assert_eq!(name(&"long ".repeat(50)).len(), 4 + 1 + 39 + 5);
    }
}
