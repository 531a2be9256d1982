//! A bounded memory: the oldest sighting goes when a new one does not fit.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

use crate::limits::SIGHTINGS_KEPT;

/// What was seen under which key.
#[derive(Debug)]
pub(super) struct Sightings<K, V> {
    known: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K, V> Default for Sightings<K, V> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<K: Clone + Eq + Hash, V> Sightings<K, V> {
    /// Remembers; an older sighting under this key stays as it is.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.known.contains_key(&key) {
            return;
        }
        if self.order.len() >= SIGHTINGS_KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.known.insert(key, value);
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.known.get_mut(key)
    }
}
