//! What an operator may decide.

use std::time::Duration;

use crate::{
    Key,
    limits::{
        BODIES_BYTES_MAX, BODY_BYTES_MAX, COMMIT_AFTER, CONNECTIONS_MAX, KEEP_ALIVE_INTERVAL,
        REQUEST_TIMEOUT,
    },
};

/// What an operator may decide. The default lets nobody in: it has no keys.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who may ask. Empty: nobody. Of keys that share a secret, only the last one is ever found.
    pub keys: Vec<Key>,
    /// What `/healthz` says it is.
    pub version: String,
    /// Open connections at the same time (default 1024). More wait to be accepted.
    pub connections_max: usize,
    /// One request body (default 64 MiB).
    pub body_bytes_max: usize,
    /// All request bodies that are in memory at the same time (default 256 MiB); at least one fits.
    pub bodies_bytes_max: usize,
    /// One request in all (default 10 minutes).
    pub request_timeout: Duration,
    /// When a stream begins at the latest, its prompt posted or not (default 10 s).
    pub commit_after: Duration,
    /// The silence after which a stream gets a comment (default 10 s).
    pub keep_alive: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            connections_max: CONNECTIONS_MAX,
            body_bytes_max: BODY_BYTES_MAX,
            bodies_bytes_max: BODIES_BYTES_MAX,
            request_timeout: REQUEST_TIMEOUT,
            commit_after: COMMIT_AFTER,
            keep_alive: KEEP_ALIVE_INTERVAL,
        }
    }
}
