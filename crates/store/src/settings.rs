//! How a store is opened.

/// How a store is opened, beyond where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Opens the store also on a network file system, where neither the lock that keeps a second
    /// process out nor the sync that makes a row durable can be relied on.
    pub allows_network_fs: bool,
    /// Who opens it: a program's name, of at most 40 bytes, for whoever finds it held
    /// ([`StoreError::Busy`](crate::StoreError::Busy)).
    pub program: Option<&'static str>,
}
