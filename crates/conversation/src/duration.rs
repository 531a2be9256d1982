//! Lengths of time as people write them: `"500ms"`, `"5s"`, `"10m"`, `"1m30s"`, `"24h"`, `"7d"`.

use std::{fmt, time::Duration};

use serde::{
    Deserializer,
    de::{Error, Visitor},
};

use crate::limits::DURATION_MAX;

/// A text that is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a length of time such as \"500ms\", \"5s\", \"10m\" or \"24h\"")]
pub struct NotADuration {
    /// What was written.
    pub text: String,
}

/// Reads a length of time: whole numbers, each with a unit (`ms`, `s`, `m`, `h`, `d`), at most a year in all.
///
/// ```
/// # use std::time::Duration;
/// # use cordboard_conversation::duration::parse;
/// assert_eq!(parse("1m30s"), Ok(Duration::from_secs(90)));
/// assert!(parse("90").is_err());
/// ```
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    let total = sum(text.trim()).filter(|total| *total <= DURATION_MAX);
    total.ok_or_else(|| NotADuration {
        text: text.to_owned(),
    })
}

/// For `#[serde(deserialize_with = "cordboard_conversation::duration::deserialize")]`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(Text)
}

/// As [`deserialize`]; `"never"` is `None`.
pub fn deserialize_or_never<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    deserializer.deserialize_str(TextOrNever)
}

fn sum(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = None;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let letters = after
            .find(|c: char| !c.is_ascii_lowercase())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let seconds = match unit {
            "ms" => 0,
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let length = match seconds {
            0 => Duration::from_millis(number),
            seconds => Duration::from_secs(number.checked_mul(seconds)?),
        };
        total = Some(total.unwrap_or(Duration::ZERO).checked_add(length)?);
        rest = after;
    }
    total
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a length of time such as \"500ms\", \"5s\" or \"10m\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        parse(text).map_err(E::custom)
    }
}

struct TextOrNever;

impl Visitor<'_> for TextOrNever {
    type Value = Option<Duration>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a length of time such as \"500ms\", \"5s\" or \"10m\", or \"never\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<Duration>, E> {
        match text.trim() {
            "never" => Ok(None),
            text => parse(text).map(Some).map_err(E::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, milliseconds) in [
            ("0s", 0),
            ("500ms", 500),
            ("5s", 5_000),
            (" 10m ", 600_000),
            ("1m30s", 90_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
            ("1h 0m".replace(' ', "").as_str(), 3_600_000),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        let endless = "99999999999999999999s";
        for text in [
            "", " ", "5", "s", "5 s", "-5s", "5S", "1.5s", "5sec", "5s5", "never", "400d", endless,
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }
}
