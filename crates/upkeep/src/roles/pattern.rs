//! Which names are meant.

use std::{fmt, str::FromStr};

use super::limits::PATTERN_CHARS_MAX;

/// A glob over the whole name of a role, upper and lower case told apart: `*` is any text, also none, `?`
/// is any one character, and what follows a `\` is itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Any,
    One,
    This(char),
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It matches no role.
    #[error("an empty pattern matches no role; `*` matches all")]
    Empty,
    /// Nothing follows the last backslash.
    #[error("ends in a `\\` that nothing follows; a backslash itself is `\\\\`")]
    Dangling,
    /// It is longer than any name.
    #[error("is longer than any role's name")]
    Long,
}

// === impl Pattern ===

impl Pattern {
    /// Whether a role of this name is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        // Where the last `*` was, and how much of the name it has taken. To give it one character more
        // is the only way back that is ever needed, so this is never exponential.
        let (mut at, mut part) = (0, 0);
        let mut star = None;
        while at < name.len() {
            match self.parts.get(part) {
                Some(Part::Any) => {
                    star = Some((part, at));
                    part += 1;
                }
                Some(Part::One) => (at, part) = (at + 1, part + 1),
                Some(Part::This(char)) if *char == name[at] => (at, part) = (at + 1, part + 1),
                _ => match star {
                    Some((of, taken)) => {
                        star = Some((of, taken + 1));
                        (at, part) = (taken + 1, of + 1);
                    }
                    None => return false,
                },
            }
        }
        let rest = self.parts.get(part..).unwrap_or_default();
        rest.iter().all(|part| *part == Part::Any)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.chars().count() > PATTERN_CHARS_MAX {
            return Err(PatternError::Long);
        }
        let (mut parts, mut chars) = (Vec::new(), text.chars());
        while let Some(char) = chars.next() {
            parts.push(match char {
                '*' => Part::Any,
                '?' => Part::One,
                '\\' => Part::This(chars.next().ok_or(PatternError::Dangling)?),
                char => Part::This(char),
            });
        }
        let text = text.to_owned();
        Ok(Self { text, parts })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_about_the_whole_name() {
        #[rustfmt::skip]
        let table = [
            ("temp", "temp", true), ("temp", "temps", false), ("temp", "a temp", false),
            ("temp", "Temp", false), ("temp-*", "temp-", true), ("temp-*", "temp-1", true),
            ("*temp*", "a temp b", true), ("t??p", "temp", true), ("t??p", "tep", false),
            ("*", "", true), ("?", "", false), ("?", "ö", true), ("*a*b", "aXbYb", true),
            ("*a*b", "ab c", false), (r"\*", "*", true), (r"\*", "x", false),
            (r"a\\b", r"a\b", true), ("a.c", "abc", false), ("[ab]", "a", false),
        ];
        for (pattern, name, matches) in table {
            let pattern: Pattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(name), matches, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_cost_no_more_than_their_number_times_the_name() {
        let pattern: Pattern = "*a".repeat(100).parse().unwrap();
        assert!(!pattern.matches(&"a".repeat(99)));
        assert!(pattern.matches(&"a".repeat(100)));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        assert_eq!("".parse::<Pattern>(), Err(PatternError::Empty));
        assert_eq!("a\\".parse::<Pattern>(), Err(PatternError::Dangling));
        assert_eq!("a".repeat(201).parse::<Pattern>(), Err(PatternError::Long));
    }
}
