//! How one bot behaves, knob by knob.

mod pattern;

use std::time::Duration;

use serde::Deserialize;

pub use self::pattern::Pattern;
use crate::{
    duration,
    limits::{LIMIT_MESSAGE_BYTES_MAX, PLACEHOLDER_BYTES_MAX},
};

/// How one bot behaves: how it wants to be asked, and how one sees that it has finished.
///
/// In a configuration each knob that is left out is as in the profile `default`:
///
/// ```toml
/// [profiles.slow]
/// first_answer_timeout = "5m"
/// completion = { components = false, quiet = "20s" }
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// How one sees that a reply is complete.
    pub completion: Completion,
    /// The longest wait for the first message of the reply (default 60 s).
    #[serde(deserialize_with = "duration::deserialize")]
    pub first_answer_timeout: Duration,
    /// The longest time without a sign of life in mid-reply; typing is one (default 60 s). While the gateway is
    /// away it may be typing unheard: then this and [`Self::first_answer_timeout`] are longer by this. While its
    /// channel cannot be read, nothing is told of it before the deadline.
    #[serde(deserialize_with = "duration::deserialize")]
    pub idle_timeout: Duration,
    /// Each message of the prompt begins with a mention of the bot (default true).
    pub mention: bool,
    /// What becomes of a prompt that is too long for one message.
    pub long_prompt: LongPrompt,
    /// The most messages one prompt is split into; a longer one is attached as a file (default 5,
    /// which is what Discord lets one post in five seconds).
    pub parts_max: usize,
    /// How much of the dialogue goes into the prompt.
    pub history: PromptHistory,
    /// How edits become text that can only be appended to.
    pub edit_mode: EditMode,
    /// A whole message of at most 200 bytes that matches one of these is no answer yet: "Thinking…".
    pub placeholders: Vec<Pattern>,
    /// Cut from the end of the reply: the signs that bots write where they will go on.
    pub cursors: Vec<String>,
    /// A whole reply of at most 500 bytes that matches one of these says that the bot has reached its limit.
    pub limit_messages: Vec<Pattern>,
}

/// How one sees that a reply is complete: the first of these that holds.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Completion {
    /// Buttons or menus appear under the last message (default true).
    pub components: bool,
    /// Nothing has changed for so long (default 3 s; `"never"` switches it off).
    #[serde(deserialize_with = "duration::deserialize_or_never")]
    pub quiet: Option<Duration>,
    /// The last message ends with this text, which is then cut off.
    pub marker: Option<String>,
    /// How long one sign of typing puts off the quiet end (default 10 s, as long as Discord shows it).
    /// A new message of the bot ends it early. While the gateway is away, the last change of the text counts
    /// as one.
    #[serde(deserialize_with = "duration::deserialize")]
    pub typing: Duration,
    /// A reply that goes on for longer than this after its first text is cut (default 10 min).
    #[serde(deserialize_with = "duration::deserialize")]
    pub bound: Duration,
}

/// What becomes of a prompt that is too long for one message.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LongPrompt {
    /// Several messages, each readable by itself.
    #[default]
    Split,
    /// One message with the prompt as a text file.
    Attach,
}

/// How much of the dialogue goes into the prompt.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum PromptHistory {
    /// All of it: each conversation has a channel of its own, so the bot remembers nothing.
    #[default]
    Transcript,
    /// What the person said last.
    LastUser,
}

/// How edits become text that can only be appended to.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum EditMode {
    /// The last characters are held back until more follow: for bots that rewrite their last words.
    #[default]
    Holdback,
    /// All at the end: for bots that rewrite as a whole.
    Final,
    /// At once: for bots that only append.
    Append,
}

// === impl Profile ===

impl Profile {
    /// The names of the built-in profiles.
    pub const NAMES: [&'static str; 5] = ["default", "components", "quiet", "final", "append"];

    /// A built-in profile: `default` (buttons or 3 s of quiet), `components` (buttons only),
    /// `quiet` (3 s of quiet only), `final` (all text at the end), `append` (nothing held back).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut profile = Self::default();
        match name {
            "default" => {}
            "components" => profile.completion.quiet = None,
            "quiet" => profile.completion.components = false,
            "final" => profile.edit_mode = EditMode::Final,
            "append" => profile.edit_mode = EditMode::Append,
            _ => return None,
        }
        Some(profile)
    }

    /// Whether a whole message of the bot is no answer yet.
    #[must_use]
    pub fn is_placeholder(&self, text: &str) -> bool {
        text.len() <= PLACEHOLDER_BYTES_MAX
            && self
                .placeholders
                .iter()
                .any(|pattern| pattern.matches(text))
    }

    /// Whether a whole reply says that the bot has reached its limit.
    #[must_use]
    pub fn is_limit_message(&self, text: &str) -> bool {
        text.len() <= LIMIT_MESSAGE_BYTES_MAX
            && !text.is_empty()
            && self
                .limit_messages
                .iter()
                .any(|pattern| pattern.matches(text))
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            completion: Completion::default(),
            first_answer_timeout: Duration::from_mins(1),
            idle_timeout: Duration::from_mins(1),
            mention: true,
            long_prompt: LongPrompt::default(),
            parts_max: 5,
            history: PromptHistory::default(),
            edit_mode: EditMode::default(),
            placeholders: Pattern::placeholders(),
            cursors: ["▌", "▍", "▋", "█", "▎"].map(str::to_owned).into(),
            limit_messages: Pattern::limit_messages(),
        }
    }
}

// === impl Completion ===

impl Default for Completion {
    fn default() -> Self {
        Self {
            components: true,
            quiet: Some(Duration::from_secs(3)),
            marker: None,
            typing: Duration::from_secs(10),
            bound: Duration::from_mins(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_listed_name_has_a_profile_and_no_other_has() {
        for name in Profile::NAMES {
            assert!(Profile::named(name).is_some(), "{name}");
        }
        assert_eq!(Profile::named("Default"), None);
        assert_eq!(Profile::named("default"), Some(Profile::default()));
    }

    #[test]
    fn knobs_that_are_left_out_are_as_in_the_default() {
        let profile: Profile = serde_json::from_value(json!({
            "completion": { "quiet": "never", "marker": "[end]" },
            "first_answer_timeout": "5m",
            "long_prompt": "attach",
            "history": "last_user",
            "edit_mode": "final",
            "limit_messages": ["(?i)come back tomorrow"],
        }))
        .unwrap();
        let expected = Profile {
            completion: Completion {
                quiet: None,
                marker: Some("[end]".to_owned()),
                ..Completion::default()
            },
            first_answer_timeout: Duration::from_mins(5),
            long_prompt: LongPrompt::Attach,
            history: PromptHistory::LastUser,
            edit_mode: EditMode::Final,
            limit_messages: vec![Pattern::new("(?i)come back tomorrow").unwrap()],
            ..Profile::default()
        };
        assert_eq!(profile, expected);
    }

    #[test]
    fn slips_in_a_profile_are_refused() {
        for slip in [
            json!({ "idle": "60s" }),
            json!({ "idle_timeout": 60 }),
            json!({ "idle_timeout": "60" }),
            json!({ "completion": { "button": true } }),
            json!({ "placeholders": ["("] }),
            json!({ "edit_mode": "Final" }),
        ] {
            let profile = serde_json::from_value::<Profile>(slip.clone());
            assert!(profile.is_err(), "{slip}");
        }
    }
}
