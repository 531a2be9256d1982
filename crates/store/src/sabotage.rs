//! A safeguard removed on purpose, so that tests can show that they would notice, and chance taken
//! out, so that they can repeat what they saw (feature `sabotage`).

use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, Ordering},
};

static IS_SYNCHRONOUS_NORMAL: AtomicBool = AtomicBool::new(false);

/// Stores that are opened from now on by this process do not sync each commit: after a power loss
/// the last ones are missing.
pub fn synchronous_normal() {
    IS_SYNCHRONOUS_NORMAL.store(true, Ordering::Relaxed);
}

pub(crate) fn is_synchronous_normal() -> bool {
    IS_SYNCHRONOUS_NORMAL.load(Ordering::Relaxed)
}

thread_local! {
    static WORKS_AT_ONCE: Cell<bool> = const { Cell::new(false) };
}

/// Stores that are used on this thread work at once, on the thread that asks, or not: with a thread
/// of its own, a disk decides what comes before what, and no run is like another.
pub fn work_at_once(at_once: bool) {
    WORKS_AT_ONCE.set(at_once);
}

pub(crate) fn works_at_once() -> bool {
    WORKS_AT_ONCE.get()
}
