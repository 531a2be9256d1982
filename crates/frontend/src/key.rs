//! Keys: who may ask, and for what.

use std::{fmt, sync::Arc};

use cordboard_conversation::same_model;
use cordboard_openai::ApiError;
use http::{HeaderMap, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::limits::{KEY_ENDING_CHARS, KEY_SHOWN_CHARS_MIN};

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Chat and the list of models.
    Chat,
    /// The relay of messages.
    Relay,
    /// Administration.
    Admin,
}

/// One key. Only the digest of its secret is kept.
///
/// SHA-256 without a salt is enough: keys are long random strings and not passwords, so there is
/// nothing to guess that a slow hash would protect.
#[derive(Clone)]
pub struct Key {
    /// What logs call it.
    pub name: String,
    digest: [u8; 32],
    models: Option<Vec<String>>,
    scopes: Vec<Scope>,
}

impl Key {
    /// A key for these models (`None`: all of them) and scopes.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        secret: &SecretString,
        models: Option<Vec<String>>,
        scopes: Vec<Scope>,
    ) -> Self {
        Self {
            name: name.into(),
            digest: digest(secret.expose_secret()),
            models,
            scopes,
        }
    }

    /// Whether the same secret presents both: then a request would be taken for either of them, and
    /// no two such keys belong together.
    #[must_use]
    pub fn shares_secret(&self, other: &Self) -> bool {
        self.digest.ct_eq(&other.digest).into()
    }

    /// Whether it opens `scope`.
    #[must_use]
    pub fn opens(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether it may ask for `model`, by the name a client gives it.
    #[must_use]
    pub fn allows(&self, model: &str) -> bool {
        self.models
            .as_ref()
            .is_none_or(|models| models.iter().any(|own| same_model(own, model)))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("name", &self.name)
            .field("models", &self.models)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// All keys that are let in.
#[derive(Debug)]
pub(crate) struct KeyRing(Vec<Arc<Key>>);

impl KeyRing {
    pub(crate) fn new(keys: Vec<Key>) -> Self {
        Self(keys.into_iter().map(Arc::new).collect())
    }

    /// The key that a request carries, if it opens `scope`.
    pub(crate) fn caller(&self, headers: &HeaderMap, scope: Scope) -> Result<Arc<Key>, ApiError> {
        let presented = presented(headers).ok_or_else(ApiError::no_key)?;
        let key = self
            .find(presented)
            .ok_or_else(|| ApiError::wrong_key(&ending(presented)))?;
        if key.opens(scope) {
            Ok(key)
        } else {
            Err(ApiError::not_allowed("This API key is not for this."))
        }
    }

    /// Looks at every key whatever is found, so that the time taken tells nothing.
    fn find(&self, presented: &str) -> Option<Arc<Key>> {
        let digest = digest(presented);
        let mut found = u64::MAX;
        for (index, key) in (0_u64..).zip(&self.0) {
            found.conditional_assign(&index, key.digest.ct_eq(&digest));
        }
        let index = usize::try_from(found).ok()?;
        self.0.get(index).cloned()
    }
}

/// `Authorization: Bearer`, or what Anthropic's and Azure's clients send instead.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let bearer = || {
        let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key)
    };
    let plain = |name| headers.get(name)?.to_str().ok();
    bearer()
        .or_else(|| plain("x-api-key"))
        .or_else(|| plain("api-key"))
        .map(str::trim)
        .filter(|key| !key.is_empty())
}

fn ending(key: &str) -> String {
    let count = key.chars().count();
    if count < KEY_SHOWN_CHARS_MIN {
        return String::new();
    }
    key.chars().skip(count - KEY_ENDING_CHARS).collect()
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, secret: &str) -> Key {
        Key::new(name, &secret.into(), None, vec![Scope::Chat])
    }

    fn bearer(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn only_the_exact_key_passes() {
        let ring = KeyRing::new(vec![
            key("one", "sk-aaaaaaaaaaaa"),
            key("two", "sk-bbbbbbbbbbbb"),
        ]);
        for (header, name) in [
            ("Bearer sk-aaaaaaaaaaaa", Some("one")),
            ("bearer  sk-bbbbbbbbbbbb ", Some("two")),
            ("Bearer sk-aaaaaaaaaaa", None),
            ("Bearer sk-aaaaaaaaaaaaa", None),
            ("Bearer SK-AAAAAAAAAAAA", None),
            ("Bearer sk-aaaaaaaaaaaa,sk-bbbbbbbbbbbb", None),
            ("Bearer ,", None),
            ("Bearer ", None),
            ("Basic sk-aaaaaaaaaaaa", None),
            ("sk-aaaaaaaaaaaa", None),
        ] {
            let found = ring.caller(&bearer(header), Scope::Chat);
            assert_eq!(
                found.ok().map(|key| key.name.clone()).as_deref(),
                name,
                "{header}"
            );
        }
    }

    #[test]
    fn nothing_passes_where_there_is_no_key() {
        let ring = KeyRing::new(Vec::new());
        for header in ["Bearer x", "Bearer ", "Bearer null"] {
            assert_eq!(
                ring.caller(&bearer(header), Scope::Chat)
                    .unwrap_err()
                    .status,
                401
            );
        }
        assert_eq!(
            ring.caller(&HeaderMap::new(), Scope::Chat)
                .unwrap_err()
                .status,
            401
        );
        // Not even the empty secret, were one configured.
        let ring = KeyRing::new(vec![key("empty", "")]);
        assert_eq!(
            ring.caller(&bearer("Bearer "), Scope::Chat)
                .unwrap_err()
                .status,
            401
        );
    }

    #[test]
    fn a_wrong_key_is_shown_by_its_last_four_characters_at_most() {
        let ring = KeyRing::new(vec![key("one", "sk-aaaaaaaaaaaa")]);
        let error = ring
            .caller(&bearer("Bearer sk-secret-of-mine"), Scope::Chat)
            .unwrap_err();
        assert_eq!(error.message, "Incorrect API key provided: …mine.");
        let error = ring
            .caller(&bearer("Bearer short"), Scope::Chat)
            .unwrap_err();
        assert_eq!(error.message, "Incorrect API key provided: ….");
    }

    #[test]
    fn a_key_does_not_print_its_digest() {
        let printed = format!("{:?}", key("one", "sk-aaaaaaaaaaaa"));
        assert_eq!(
            printed,
            r#"Key { name: "one", models: None, scopes: [Chat], .. }"#
        );
    }
}
