//! A fingerprint of the whole run, so that two runs of one seed can be compared.

/// FNV-1a with 64 bits: not made against forgers, and the same on every machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trace(u64);

impl Default for Trace {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Trace {
    /// Takes in a text, and where it ends.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for byte in text.bytes() {
            self.byte(byte);
        }
        // No text holds this byte.
        self.byte(0xff);
        self
    }

    /// Takes in a number.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        for byte in number.to_le_bytes() {
            self.byte(byte);
        }
        self
    }

    /// What all of it comes to.
    pub(super) fn hash(self) -> u64 {
        self.0
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_borders_count() {
        let hash = |texts: &[&str]| {
            let mut trace = Trace::default();
            for text in texts {
                trace.text(text);
            }
            trace.number(7).hash()
        };
        assert_eq!(hash(&["ab", "c"]), hash(&["ab", "c"]));
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["a", "b"]), hash(&["b", "a"]));
    }
}
