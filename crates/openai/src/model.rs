//! Models, as `GET /v1/models` lists them.

use std::borrow::Cow;

use serde::Serialize;

/// One model. Clients show `id` and sort by `created`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Model<'a> {
    /// What requests name it by.
    pub id: Cow<'a, str>,
    object: &'static str,
    /// Unix seconds; some clients reject a model without it.
    pub created: u64,
    owned_by: &'static str,
}

impl<'a> Model<'a> {
    /// A model that a Discord bot answers for.
    #[must_use]
    pub fn new(id: impl Into<Cow<'a, str>>, created: u64) -> Self {
        Self {
            id: id.into(),
            object: "model",
            created,
            owned_by: "discord",
        }
    }
}

/// The answer to `GET /v1/models`; never paged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelList<'a> {
    object: &'static str,
    /// In the order of configuration.
    pub data: Vec<Model<'a>>,
}

impl<'a> ModelList<'a> {
    /// Wraps models for the wire.
    #[must_use]
    pub fn new(data: Vec<Model<'a>>) -> Self {
        Self {
            object: "list",
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_list_has_openais_shape() {
        let list = ModelList::new(vec![Model::new("demo", 7)]);
        assert_eq!(
            serde_json::to_string(&list).unwrap(),
            r#"{"object":"list","data":[{"id":"demo","object":"model","created":7,"owned_by":"discord"}]}"#
        );
    }
}
