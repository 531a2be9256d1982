//! JSON read without complaint: what has the wrong type is kept as such, so that one pass finds
//! syntax errors with their position, and a second names the parameter that is wrong.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::ApiError;

/// What objects at one place look like, and how long lists there may be.
pub(super) trait Shape<'de>: Deserialize<'de> {
    /// Elements of a list at this place.
    const LIST_MAX: usize;
}

/// Any JSON value. Text is borrowed from the body where it holds no escapes, so that an inlined
/// image of many megabytes is not copied.
#[derive(Debug, Default)]
pub(super) enum Loose<'a, O> {
    /// Not there, or null: clients send null for "not set".
    #[default]
    Absent,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Loose<'a, O>>),
    Object(Box<O>),
}

/// An object or list element whose content does not matter.
#[derive(Debug)]
pub(super) struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl Shape<'_> for Skipped {
    const LIST_MAX: usize = crate::limits::ENTRIES_MAX;
}

impl<O> Loose<'_, O> {
    /// The type's name in error messages, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The error for a value of this type where another is needed.
    pub(super) fn unexpected(&self, param: &str, expected: &str) -> ApiError {
        ApiError::invalid_type(param, expected, self.kind())
    }

    /// A boolean, also in a string; `false` when absent.
    pub(super) fn flag(&self, param: &str) -> Result<bool, ApiError> {
        match self {
            Self::Absent | Self::Number(0.0) => Ok(false),
            Self::Bool(flag) => Ok(*flag),
            Self::Text(text) if text.eq_ignore_ascii_case("true") || text == "1" => Ok(true),
            Self::Text(text)
                if text.eq_ignore_ascii_case("false") || text == "0" || text.is_empty() =>
            {
                Ok(false)
            }
            Self::Number(1.0) => Ok(true),
            other => Err(other.unexpected(param, "a boolean")),
        }
    }

    /// A number, also in a string.
    pub(super) fn number(&self, param: &str) -> Result<Option<f64>, ApiError> {
        match self {
            Self::Absent => Ok(None),
            Self::Number(number) => Ok(Some(*number)),
            Self::Text(text) => match text.trim().parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(self.unexpected(param, "a number")),
            },
            other => Err(other.unexpected(param, "a number")),
        }
    }
}

impl<'a, O> Loose<'a, O> {
    /// A string that has to be there.
    pub(super) fn text(self, param: &str) -> Result<Cow<'a, str>, ApiError> {
        match self {
            Self::Absent => Err(ApiError::missing(param)),
            Self::Text(text) => Ok(text),
            other => Err(other.unexpected(param, "a string")),
        }
    }

    /// A string that may be absent.
    pub(super) fn optional_text(self, param: &str) -> Result<Option<Cow<'a, str>>, ApiError> {
        match self {
            Self::Absent => Ok(None),
            other => other.text(param).map(Some),
        }
    }

    /// A string, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a, O: Shape<'de>> Deserialize<'de> for Loose<'a, O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData))
    }
}

struct LooseVisitor<'a, O>(PhantomData<Loose<'a, O>>);

impl<'de: 'a, 'a, O: Shape<'de>> Visitor<'de> for LooseVisitor<'a, O> {
    type Value = Loose<'a, O>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Loose::Absent)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Loose::Bool(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "only small numbers mean anything here"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "only small numbers mean anything here"
    )]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = sequence.next_element()? {
            if list.len() == O::LIST_MAX {
                let detail = format!("an array holds more than {} elements", O::LIST_MAX);
                return Err(Error::custom(detail));
            }
            list.push(element);
        }
        Ok(Loose::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        O::deserialize(MapAccessDeserializer::new(map))
            .map(|object| Loose::Object(Box::new(object)))
    }
}
