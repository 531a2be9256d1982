//! The small values that configuration is made of, each with an error that says how to write it.

use std::{fmt, time::Duration};

use secrecy::SecretString;
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};
use twilight_model::id::Id;

/// A length of time: `"500ms"`, `"5s"`, `"10m"`, `"24h"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        cordboard_conversation::duration::deserialize(deserializer).map(Self)
    }
}

/// How long something stays: a length of time, or `0` for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stay(pub(crate) Option<Duration>);

impl<'de> Deserialize<'de> for Stay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Stay;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time such as \"5s\", or 0, which keeps channels for good")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Stay, E> {
                match number {
                    0 => Ok(Stay(None)),
                    _ => Err(E::invalid_value(Unexpected::Signed(number), &self)),
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Stay, E> {
                if text.trim() == "0" {
                    return Ok(Stay(None));
                }
                let wait = cordboard_conversation::duration::parse(text).map_err(E::custom)?;
                Ok(Stay(Some(wait).filter(|wait| !wait.is_zero())))
            }
        }

        deserializer.deserialize_any(Text)
    }
}

/// A Discord id, written as a string: JSON and TOML readers elsewhere lose digits of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Snowflake(u64);

impl Snowflake {
    /// The id, as what the key says it is.
    pub(crate) fn id<T>(self) -> Id<T> {
        Id::new(self.0)
    }
}

impl<'de> Deserialize<'de> for Snowflake {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;

        impl Visitor<'_> for Digits {
            type Value = Snowflake;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a Discord id in quotes, such as \"1087394857203948572\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Snowflake, E> {
                match text.trim().parse() {
                    Ok(id) if id != 0 => Ok(Snowflake(id)),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(Digits)
    }
}

/// A whole number, also taken from a string, since the environment knows nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of at least 1")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Count, E> {
                match usize::try_from(number) {
                    Ok(count) if count > 0 => Ok(Count(count)),
                    _ => Err(E::invalid_value(Unexpected::Signed(number), &self)),
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Count, E> {
                match text.trim().parse() {
                    Ok(count) if count > 0 => Ok(Count(count)),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(Number)
    }
}

/// A secret. What is no string is refused without being repeated: it may be the secret all the
/// same, such as one of digits without quotes.
pub(crate) fn secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretString>, D::Error> {
    /// Takes any scalar, so that no default of serde's quotes it.
    struct Text;

    impl Text {
        fn refused<E: Error>() -> E {
            E::custom("a secret has to be a string in quotes")
        }
    }

    impl Visitor<'_> for Text {
        type Value = SecretString;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string in quotes")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<SecretString, E> {
            Ok(SecretString::from(text))
        }

        fn visit_bool<E: Error>(self, _: bool) -> Result<SecretString, E> {
            Err(Self::refused())
        }

        fn visit_i64<E: Error>(self, _: i64) -> Result<SecretString, E> {
            Err(Self::refused())
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<SecretString, E> {
            Err(Self::refused())
        }

        fn visit_i128<E: Error>(self, _: i128) -> Result<SecretString, E> {
            Err(Self::refused())
        }

        fn visit_u128<E: Error>(self, _: u128) -> Result<SecretString, E> {
            Err(Self::refused())
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<SecretString, E> {
            Err(Self::refused())
        }
    }

    deserializer.deserialize_any(Text).map(Some)
}
