//! Ids are numbers inside and strings on the wire (`#[serde(with = "id")]`).

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Writes `123` as `"123"`.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
pub(crate) fn serialize<S: Serializer>(id: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// Reads `"123"`; a bare number is refused, because JSON readers round it.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| D::Error::custom(format!("`{text}` is no id: digits only")))
}

/// The same for ids that may be missing.
pub(crate) mod option {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes `Some(123)` as `"123"` and `None` as `null`.
    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(
        id: &Option<u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => serializer.collect_str(id),
            None => serializer.serialize_none(),
        }
    }

    /// Reads `"123"` or `null`.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u64>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| {
            text.parse()
                .map_err(|_| D::Error::custom(format!("`{text}` is no id: digits only")))
        })
        .transpose()
    }
}

/// The same for lists of ids.
pub(crate) mod list {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes `[123]` as `["123"]`.
    pub(crate) fn serialize<S: Serializer>(ids: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ids.iter().map(ToString::to_string))
    }

    /// Reads `["123"]`.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u64>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .into_iter()
            .map(|text| {
                text.parse()
                    .map_err(|_| D::Error::custom(format!("`{text}` is no id: digits only")))
            })
            .collect()
    }
}
