//! The open streams of consumers, for those who are not their clients.

use super::places::{Ending, Places};

/// The open streams of consumers, for whoever sets a consumer somewhere else: by itself its bot would go on
/// where it was.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    pub(super) places: Places,
}

// === impl Streams ===

impl Streams {
    /// Ends the stream of a consumer that is set somewhere else. Until it opens another one, which begins
    /// there whatever it has seen before, nothing that it acknowledges counts. To be called before it is set,
    /// and again after that.
    pub fn move_away(&self, name: &str) {
        self.places.move_away(name);
    }

    /// Ends the stream of a consumer that was forgotten.
    pub fn forget(&self, name: &str) {
        self.places.end(name, Ending::Forgotten);
    }
}
