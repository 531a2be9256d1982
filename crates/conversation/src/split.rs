//! One long text as several messages, each readable by itself.

use std::fmt;

use crate::limits::FENCE_LANGUAGE_CHARACTERS_MAX;

const FENCE: &str = "```";
/// A line break and a fence.
const CLOSING_CHARACTERS: usize = 4;

/// One part of a text. Printed, it is what to post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// The language of the code block that the part before had to close.
    reopens: Option<&'a str>,
    text: &'a str,
    /// A code block is open at the end and goes on in the next part.
    closes: bool,
}

/// Cuts a text into parts that print at most `max` characters (Unicode scalars, as Discord counts),
/// at paragraphs, lines or words where possible. A code block that is cut is closed and opened again.
/// No part is blank: Discord would refuse it.
pub(crate) fn split(text: &str, max: usize) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut rest, mut fence) = (text, None);
    loop {
        let opening = fence.map_or(0, |language: &str| {
            CLOSING_CHARACTERS + language.chars().count()
        });
        let last = !longer_than(rest, max.saturating_sub(opening));
        let end = if last {
            rest.len()
        } else {
            cut(
                rest,
                max.saturating_sub(opening + CLOSING_CHARACTERS).max(1),
            )
        };
        let (text, after) = rest.split_at(end);
        let open = if last { None } else { fence_after(fence, text) };
        if !text.trim().is_empty() {
            parts.push(Part {
                reopens: fence,
                text,
                closes: open.is_some(),
            });
        }
        if last {
            return parts;
        }
        (rest, fence) = match open.and_then(|_| past_fence(after)) {
            Some(after) => (after, None),
            None => (after, open),
        };
    }
}

/// What follows the fence that would have closed the code block: it is closed already.
fn past_fence(after: &str) -> Option<&str> {
    let after = after.trim_start();
    let past = after.trim_start_matches('`');
    (after.len() - past.len() == FENCE.len()).then_some(past)
}

fn longer_than(text: &str, characters: usize) -> bool {
    text.len() > characters && text.chars().nth(characters).is_some()
}

/// Where to cut, at most `budget` characters from the start: the last good place in the second half.
fn cut(text: &str, budget: usize) -> usize {
    let at = |characters: usize| {
        text.char_indices()
            .nth(characters)
            .map_or(text.len(), |(index, _)| index)
    };
    // Bots that gather long prompts wait for the rest only after a message that looks full.
    let (from, end) = (at(budget * 3 / 5), at(budget));
    let window = &text[from..end];
    let place = ["\n\n", "\n", ". ", "! ", "? ", " "]
        .iter()
        .find_map(|mark| window.rfind(mark).map(|index| from + index + mark.len()))
        .unwrap_or(end);
    match before_fence(text, place) {
        0 => place,
        place => place,
    }
}

/// Moves a cut that would tear a fence, or its language, to the front of the fence.
pub(crate) fn before_fence(text: &str, place: usize) -> usize {
    let Some(mark) = text[..place].rfind('`') else {
        return place;
    };
    let start = text[..=mark].trim_end_matches('`').len();
    let run = text[start..].len() - text[start..].trim_start_matches('`').len();
    let after = start + run;
    let torn = run >= FENCE.len() && (place < after || text[after..place].chars().all(is_language));
    if torn { start } else { place }
}

/// The language of the code block that is open after `text`, if one is.
fn fence_after<'a>(mut open: Option<&'a str>, text: &'a str) -> Option<&'a str> {
    let mut rest = text;
    while let Some(index) = rest.find(FENCE) {
        rest = rest[index..].trim_start_matches('`');
        open = match open {
            Some(_) => None,
            None => Some(language(rest)),
        };
    }
    open
}

/// The language that a fence names: one word up to the end of its line.
fn language(after_fence: &str) -> &str {
    let line = after_fence.lines().next().unwrap_or_default();
    let short = !longer_than(line, FENCE_LANGUAGE_CHARACTERS_MAX);
    if short && line.chars().all(is_language) {
        line
    } else {
        ""
    }
}

fn is_language(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '#' | '.' | '_')
}

// === impl Part ===

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(language) = self.reopens {
            writeln!(f, "{FENCE}{language}")?;
        }
        f.write_str(self.text)?;
        match (self.closes, self.text.ends_with('\n')) {
            (false, _) => Ok(()),
            (true, true) => f.write_str(FENCE),
            (true, false) => write!(f, "\n{FENCE}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn printed(text: &str, max: usize) -> Vec<String> {
        split(text, max).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_text_that_fits_is_left_alone() {
        assert_eq!(printed("```rust\nunclosed", 2_000), ["```rust\nunclosed"]);
        assert_eq!(printed(&"é".repeat(2_000), 2_000).len(), 1);
        assert_eq!(printed(&"é".repeat(2_001), 2_000).len(), 2);
        assert!(printed(" \n ", 2_000).is_empty());
    }

    #[test]
    fn cuts_are_made_where_a_reader_would() {
        for (text, parts) in [
            (
                "one two. three\n\nfour five six seven",
                vec!["one two. three\n\n", "four five six seven"],
            ),
            (
                "one two three\nfour five six seven",
                vec!["one two three\n", "four five six seven"],
            ),
            (
                "one two thre. four five six seven",
                vec!["one two thre. ", "four five six seven"],
            ),
            (
                "one two three four five six seven",
                vec!["one two three ", "four five six seven"],
            ),
            (
                "onetwothreefourfivesixseven",
                vec!["onetwothreefourf", "ivesixseven"],
            ),
        ] {
            assert_eq!(printed(text, 20), parts, "{text}");
        }
    }

    #[test]
    fn a_code_block_that_is_cut_is_closed_and_opened_again() {
        let text = "See:\n```rust\nlet one = 1;\nlet two = 2;\nlet three = 3;\n```\nDone.";
        assert_eq!(
            printed(text, 40),
            [
                "See:\n```rust\nlet one = 1;\n```",
                "```rust\nlet two = 2;\nlet three = 3;\n```",
                "\nDone.",
            ],
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_every_part_can_be_posted(
            pieces in prop::collection::vec(
                prop_oneof![
                    "[a-zé😀`]{0,30}",
                    Just("```".to_owned()),
                    Just("\n```rust\n".to_owned()),
                    Just("\n```\n".to_owned()),
                    "[ \n]{0,60}",
                ],
                0..60,
            ),
            max in 60_usize..200,
        ) {
            let text = pieces.concat();
            let parts = split(&text, max);
            for (number, part) in parts.iter().enumerate() {
                let printed = part.to_string();
                prop_assert!(printed.chars().count() <= max);
                prop_assert!(!printed.trim().is_empty());
                if number + 1 < parts.len() && part.closes {
                    prop_assert_eq!(fence_after(None, &printed), None, "balanced: {}", printed);
                }
            }
            let dense = |text: &str| text.replace(|c: char| c.is_whitespace() || c == '`', "");
            let joined: String = parts.iter().map(|part| part.text).collect();
            prop_assert_eq!(dense(&joined), dense(&text));
        }
    }
}
