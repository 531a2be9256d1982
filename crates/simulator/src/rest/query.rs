//! Query strings, with Discord's complaints about numbers out of range.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::world::ApiError;

/// The parameters of one request; of a repeated one the last counts.
#[derive(Debug, Default)]
pub(crate) struct Query {
    parameters: BTreeMap<String, String>,
}

impl Query {
    /// Reads a raw query string without its `?`.
    pub(crate) fn parse(raw: &str) -> Self {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty());
        let parameters = pairs.map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key), decoded(value))
        });
        Self {
            parameters: parameters.collect(),
        }
    }

    /// A parameter that is there and not empty.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.parameters
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// All parameters.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&String, &String)> {
        self.parameters.iter()
    }

    /// Whether a parameter says yes.
    pub(crate) fn flag(&self, key: &str) -> bool {
        matches!(self.text(key), Some("true" | "True" | "1"))
    }

    /// An id.
    pub(crate) fn id(&self, key: &str) -> Result<Option<u64>, ApiError> {
        let refuse = |text: &str| {
            let message = format!("Value \"{text}\" is not snowflake.");
            ApiError::form(key, "NUMBER_TYPE_COERCE", message)
        };
        self.text(key)
            .map(|text| text.parse().map_err(|_| refuse(text)))
            .transpose()
    }

    /// A number between `min` and `max`, or its default.
    pub(crate) fn number(
        &self,
        key: &str,
        (min, default, max): (u64, u64, u64),
    ) -> Result<u64, ApiError> {
        let Some(text) = self.text(key) else {
            return Ok(default);
        };
        let Ok(number) = text.parse::<i64>() else {
            let message = format!("Value \"{text}\" is not int.");
            return Err(ApiError::form(key, "NUMBER_TYPE_COERCE", message));
        };
        let number = u64::try_from(number).ok().filter(|number| *number >= min);
        match number {
            None => {
                let message = format!("int value should be greater than or equal to {min}.");
                Err(ApiError::form(key, "NUMBER_TYPE_MIN", message))
            }
            Some(number) if number > max => {
                let message = format!("int value should be less than or equal to {max}.");
                Err(ApiError::form(key, "NUMBER_TYPE_MAX", message))
            }
            Some(number) => Ok(number),
        }
    }
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_form_errors() {
        let query = Query::parse("limit=101&after=12&query=a+b%21");
        let error = query.number("limit", (1, 50, 100)).unwrap_err();
        let fault = &error.errors.unwrap()["limit"]["_errors"][0];
        assert_eq!(fault["code"], "NUMBER_TYPE_MAX");
        assert_eq!(
            fault["message"],
            "int value should be less than or equal to 100."
        );
        assert!(
            Query::parse("limit=0")
                .number("limit", (1, 50, 100))
                .is_err()
        );
        assert_eq!(query.id("after"), Ok(Some(12)));
        assert_eq!(query.text("query"), Some("a b!"));
        assert_eq!(query.number("none", (1, 50, 100)), Ok(50));
    }
}
