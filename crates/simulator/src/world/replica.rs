//! Lists come from replicas, which may be behind (discord-facts 0: eventually consistent).

use serde_json::Value;

use super::World;

/// What the replica lacks that answers one list.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Replica {
    /// It knows nothing that is younger, in milliseconds.
    pub(crate) lag_ms: u64,
    /// It lacks one more entry, drawn from the seed.
    pub(crate) omits_one: bool,
}

impl World {
    /// The moment of which a replica knows, in milliseconds since 1970.
    pub(super) fn known_ms(&self, replica: Replica) -> u64 {
        self.clock.now_ms().saturating_sub(replica.lag_ms)
    }

    /// Leaves one entry out, if the replica lacks one.
    pub(super) fn omit(&mut self, replica: Replica, list: &mut Vec<Value>) {
        if replica.omits_one && !list.is_empty() {
            list.remove(self.dice.usize(..list.len()));
        }
    }
}
