//! The few minutes in which a nonce means the same message.

use std::collections::{HashMap, VecDeque};

use super::Nonce;
use crate::world::bounds::NONCE_WINDOW_MS;

/// Author, channel and nonce. Whether Discord looks at the channel is not documented
/// (discord-facts 1.7): third parties say that it does.
type Key = (u64, u64, Nonce);

/// Which message a nonce made, for as long as Discord remembers.
#[derive(Debug, Default)]
pub(crate) struct Nonces {
    made: HashMap<Key, (u64, u64)>,
    order: VecDeque<(u64, Key)>,
}

impl Nonces {
    /// The message that this author's nonce made within the window.
    pub(crate) fn find(&self, author: u64, channel: u64, nonce: &Nonce, now: u64) -> Option<u64> {
        let (message_id, at_ms) = self.made.get(&(author, channel, nonce.clone()))?;
        (now.saturating_sub(*at_ms) <= NONCE_WINDOW_MS).then_some(*message_id)
    }

    /// Remembers what a nonce made.
    pub(crate) fn note(&mut self, key: Key, message_id: u64, now: u64) {
        while let Some((at_ms, _)) = self.order.front()
            && now.saturating_sub(*at_ms) > NONCE_WINDOW_MS
        {
            if let Some((at_ms, old)) = self.order.pop_front()
                && self
                    .made
                    .get(&old)
                    .is_some_and(|(_, noted)| *noted == at_ms)
            {
                self.made.remove(&old);
            }
        }
        self.made.insert(key.clone(), (message_id, now));
        self.order.push_back((now, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_forgotten_after_its_window_and_not_before() {
        let nonce = Nonce::Text("a".to_owned());
        let mut nonces = Nonces::default();
        nonces.note((1, 2, nonce.clone()), 9, 1_000);
        let last = 1_000 + NONCE_WINDOW_MS;
        assert_eq!(nonces.find(1, 2, &nonce, last), Some(9));
        assert_eq!(nonces.find(1, 2, &nonce, last + 1), None);
        assert_eq!(nonces.find(1, 3, &nonce, 1_000), None);
        assert_eq!(nonces.find(7, 2, &nonce, 1_000), None);
        nonces.note((1, 2, nonce.clone()), 10, last + 1);
        assert_eq!(nonces.find(1, 2, &nonce, last + 1), Some(10));
        assert_eq!(nonces.order.len(), 1);
    }
}
