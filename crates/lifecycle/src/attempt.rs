//! The name of one attempt to create a channel.

use std::{fmt, str::FromStr};

use data_encoding::BASE32HEX_NOPAD;

/// Characters of an attempt in text: 128 bits in base32.
pub(crate) const ATTEMPT_CHARACTERS: usize = 26;

/// One attempt to create one channel: 128 random bits, used once and never again. In text, 26
/// characters of `0-9a-v`, which sort as the bits do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId([u8; 16]);

/// Text that names no attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an attempt: 26 characters of 0-9 and a-v are")]
pub struct NotAnAttempt;

// === impl AttemptId ===

impl AttemptId {
    /// An attempt that nobody can have guessed.
    ///
    /// # Panics
    /// When the operating system has no randomness to give.
    pub(crate) fn fresh() -> Self {
        let mut bits = [0; 16];
        #[cfg(feature = "sabotage")]
        if crate::sabotage::draw(&mut bits) {
            return Self(bits);
        }
        getrandom::fill(&mut bits).expect("the system's random source works");
        Self(bits)
    }

    /// The attempt with these bits.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The attempt's bits.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Its first characters, for the names that people see.
    pub(crate) fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(4);
        text
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32HEX_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

impl fmt::Debug for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AttemptId {
    type Err = NotAnAttempt;

    fn from_str(text: &str) -> Result<Self, NotAnAttempt> {
        let bytes = BASE32HEX_NOPAD
            .decode(text.to_ascii_uppercase().as_bytes())
            .map_err(|_| NotAnAttempt)?;
        bytes.try_into().map(Self).map_err(|_| NotAnAttempt)
    }
}
