//! A regular expression in a profile.

use regex_lite::Regex;
use serde::{Deserialize, Deserializer, de::Error};

/// A regular expression in a profile. The syntax is that of the `regex` crate without Unicode classes.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// Said instead of an answer for as long as there is none: "Thinking…", "Generating (42%)", "⏳".
/// More words only count before dots, a percentage or an hourglass: "Thinking takes time." answers.
const PLACEHOLDER: &str = r"(?i)^[\s*_`>~⏳⌛💭🤔-]*((please wait|one moment|just a moment|thinking|typing|loading|generating|processing|working on it)\b(.{0,60}?(\.\.|…|%|⏳|⌛))?)?([\s.…*_`~:)⏳⌛💭🤔-]|\(\d{1,3}\s?%)*$";

/// Said instead of an answer when there will be none today.
const LIMIT: &str = r"(?i)^[^a-z]*(sorry,? +)?(you'?ve|you’ve|you have) +(reached|exceeded|hit|used up) +(your|the) +((free|current|message|usage|request) +)?(daily|hourly|weekly|monthly|message|usage|request|rate|free)\b.{0,40}\b(limit|quota|cap)\b";

// === impl Pattern ===

impl Pattern {
    /// Reads a regular expression.
    pub fn new(pattern: &str) -> Result<Self, regex_lite::Error> {
        Regex::new(pattern).map(Self)
    }

    /// Whether it occurs in `text`.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    pub(crate) fn placeholders() -> Vec<Self> {
        vec![Self::new(PLACEHOLDER).expect("a constant that a test compiles")]
    }

    pub(crate) fn limit_messages() -> Vec<Self> {
        vec![Self::new(LIMIT).expect("a constant that a test compiles")]
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(|error| {
            D::Error::custom(format_args!("{text:?} is no regular expression: {error}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_answers() {
        let placeholders = Pattern::placeholders();
        let holds = |text: &str| placeholders.iter().any(|pattern| pattern.matches(text));
        for text in [
            "Thinking…",
            "thinking...",
            "*Thinking*",
            "⏳",
            "...",
            "Generating (42%)",
            "Generating your image... 42%",
            "Please wait…",
            "Loading.",
            "💭 Thinking",
            "(42%)",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            "Hello",
            "Yes.",
            "42",
            "Thinkers think.",
            "I am thinking of a number.",
            "7.",
            "100%",
            "Thinking of a number between one and ten.",
            "Processing takes three days.",
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn messages_about_limits_are_told_from_answers() {
        let limits = Pattern::limit_messages();
        let says = |text: &str| limits.iter().any(|pattern| pattern.matches(text));
        for text in [
            "You have reached your daily limit. Come back tomorrow!",
            "You have exceeded the daily limit for sending messages to the bot. Please try again later.",
            "Sorry, you've hit your free message limit.",
            "⚠️ You've used up your monthly message quota",
        ] {
            assert!(says(text), "{text}");
        }
        for text in [
            "Limits are a concept of analysis.",
            "The daily limit is 500 channels.",
            "You have reached your destination. There is no limit.",
        ] {
            assert!(!says(text), "{text}");
        }
    }
}
