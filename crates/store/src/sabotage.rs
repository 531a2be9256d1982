//! A safeguard removed on purpose, so that tests can show that they would notice (feature
//! `sabotage`).

use std::sync::atomic::{AtomicBool, Ordering};

static IS_SYNCHRONOUS_NORMAL: AtomicBool = AtomicBool::new(false);

/// Stores that are opened from now on by this process do not sync each commit: after a power loss
/// the last ones are missing.
pub fn synchronous_normal() {
    IS_SYNCHRONOUS_NORMAL.store(true, Ordering::Relaxed);
}

pub(crate) fn is_synchronous_normal() -> bool {
    IS_SYNCHRONOUS_NORMAL.load(Ordering::Relaxed)
}
