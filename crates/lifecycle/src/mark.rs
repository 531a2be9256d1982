//! The mark: what ties a channel in Discord to one attempt of ours.

use std::fmt;

use data_encoding::BASE32HEX_NOPAD;
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use twilight_model::id::{Id, marker::GuildMarker};

use crate::{
    AttemptId,
    attempt::{ATTEMPT_CHARACTERS, NotAnAttempt},
    sabotage::Sabotage,
};

const NAMESPACE_CHARACTERS: usize = 6;

/// 100 bits of the MAC: out of reach of guessing, and short enough for a topic.
const MAC_CHARACTERS: usize = 20;

/// `~`, namespace, `.`, attempt, `.`, MAC.
const MARK_CHARACTERS: usize = 3 + NAMESPACE_CHARACTERS + ATTEMPT_CHARACTERS + MAC_CHARACTERS;

/// Separates this use of the key from any other.
const PURPOSE: &[u8] = b"cordboard channel 1";

/// Text that ties a channel to one attempt: `~namespace.attempt.mac`, 55 characters of ASCII that
/// Markdown leaves alone, read without regard to case.
///
/// It goes into the topic, where people can copy it, and into the audit-log reason of the
/// creation, where only our own bot can have put it. A mark is therefore recognisable, and no
/// evidence by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    namespace: [u8; NAMESPACE_CHARACTERS],
    attempt: AttemptId,
    mac: [u8; MAC_CHARACTERS],
}

/// The installation's key. Whoever has it can make marks; without it nobody can, and marks of
/// other installations mean nothing to us.
pub struct MarkKey(SecretBox<[u8; 32]>);

/// Makes and recognises the marks of one installation in one guild.
#[derive(Debug)]
pub struct Marks {
    key: MarkKey,
    namespace: [u8; NAMESPACE_CHARACTERS],
    guild_id: Id<GuildMarker>,
    /// What a test has taken away.
    pub(crate) sabotage: Option<Sabotage>,
}

// === impl Mark ===

impl Mark {
    /// The first mark in a text, whoever made it.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        Self::all(text).next()
    }

    /// The attempt it names.
    #[must_use]
    pub const fn attempt(&self) -> AttemptId {
        self.attempt
    }

    fn all(text: &str) -> impl Iterator<Item = Self> {
        text.match_indices('~').filter_map(|(at, _)| {
            let end = at + MARK_CHARACTERS;
            let follows = text.get(end..)?.chars().next();
            if follows.is_some_and(char::is_alphanumeric) {
                return None;
            }
            Self::parse(&text.get(at..end)?.to_ascii_lowercase()).ok()
        })
    }

    fn parse(text: &str) -> Result<Self, NotAnAttempt> {
        let mut parts = text.strip_prefix('~').ok_or(NotAnAttempt)?.split('.');
        let mut part = || parts.next().ok_or(NotAnAttempt);
        let (namespace, attempt, mac) = (part()?, part()?, part()?);
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain(namespace) || !plain(mac) {
            return Err(NotAnAttempt);
        }
        Ok(Self {
            namespace: namespace.as_bytes().try_into().map_err(|_| NotAnAttempt)?,
            attempt: attempt.parse()?,
            mac: mac.as_bytes().try_into().map_err(|_| NotAnAttempt)?,
        })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| fmt::Error);
        write!(
            f,
            "~{}.{}.{}",
            text(&self.namespace)?,
            self.attempt,
            text(&self.mac)?
        )
    }
}

impl fmt::Debug for Mark {
    /// Names the attempt only: a mark in a log could be copied before its channel exists.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mark({})", self.attempt.short())
    }
}

// === impl MarkKey ===

impl MarkKey {
    /// The key with these bytes; they should come from a good random source, once.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }
}

impl fmt::Debug for MarkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MarkKey")
    }
}

// === impl Marks ===

impl Marks {
    /// The marks of one installation in one guild. A namespace that is not six of `a-z0-9` is made
    /// so: other characters are left out, `x` fills up.
    #[must_use]
    pub fn new(key: MarkKey, namespace: &str, guild_id: Id<GuildMarker>) -> Self {
        let mut plain = [b'x'; NAMESPACE_CHARACTERS];
        let letters = namespace.bytes().filter(u8::is_ascii_alphanumeric);
        for (place, letter) in plain.iter_mut().zip(letters) {
            *place = letter.to_ascii_lowercase();
        }
        Self {
            key,
            namespace: plain,
            guild_id,
            sabotage: None,
        }
    }

    /// The mark of an attempt.
    pub(crate) fn mark(&self, attempt: AttemptId) -> Mark {
        Mark {
            namespace: self.namespace,
            attempt,
            mac: self.mac(attempt),
        }
    }

    /// The attempt named by a mark of ours in a text. Marks of others, for another guild, or
    /// changed by a single character are not ours.
    #[must_use]
    pub fn recognise(&self, text: &str) -> Option<AttemptId> {
        let ours = |mark: &Mark| {
            let is_valid = bool::from(mark.mac.ct_eq(&self.mac(mark.attempt)));
            mark.namespace == self.namespace && (is_valid || self.lacks(Sabotage::NoMac))
        };
        Mark::all(text).find(ours).map(|mark| mark.attempt)
    }

    fn lacks(&self, safeguard: Sabotage) -> bool {
        self.sabotage == Some(safeguard)
    }

    fn mac(&self, attempt: AttemptId) -> [u8; MAC_CHARACTERS] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.0.expose_secret())
            .expect("HMAC takes keys of any length");
        // Each part has a fixed length, so that no two inputs read the same.
        mac.update(PURPOSE);
        mac.update(&self.namespace);
        if !self.lacks(Sabotage::WrongGuildMac) {
            mac.update(&self.guild_id.get().to_be_bytes());
        }
        mac.update(attempt.as_bytes());
        let text = BASE32HEX_NOPAD
            .encode(&mac.finalize().into_bytes())
            .to_ascii_lowercase();
        text.as_bytes()[..MAC_CHARACTERS]
            .try_into()
            .expect("256 bits are more than 20 characters")
    }
}

#[cfg(test)]
mod tests;
