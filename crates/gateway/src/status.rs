//! What is told whenever it changes.

use crate::{Lapse, State};

/// How the connection stands, and when events may have been lost last.
///
/// Whoever looks at it now and then misses no lapse: they are counted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// How the connection stands.
    pub state: State,
    /// The last time in which events may have been lost, for whichever reason but a subscriber's own
    /// slowness. The first session has one, too: what came before it is not known.
    pub last_lapse: Option<Lapse>,
    /// How many there were.
    pub lapses: u64,
}

// === impl Status ===

impl Status {
    pub(crate) const fn new(state: State) -> Self {
        Self {
            state,
            last_lapse: None,
            lapses: 0,
        }
    }

    pub(crate) const fn lapsed(&mut self, lapse: Lapse) {
        self.last_lapse = Some(lapse);
        self.lapses = self.lapses.saturating_add(1);
    }

    /// Whether events flow.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.state.is_ready()
    }

    /// Whether it is over: no event will come any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.state.is_over()
    }
}
