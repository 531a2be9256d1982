//! What an operator may say about a store.

/// What an operator may say about a store, beyond where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Opens the store also on a network file system, where neither the lock that keeps a second
    /// process out nor the sync that makes a row durable can be relied on.
    pub allows_network_fs: bool,
}
