//! A safeguard removed on purpose, so that tests can show that they would notice, and chance taken
//! out, so that they can repeat what they saw (feature `sabotage`).

use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

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

thread_local! {
    static IS_UNFENCED: Cell<bool> = const { Cell::new(false) };
    static STALLED_UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
    static TAKES: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Stores that are used on this thread let lives write that another one has followed, or not.
pub fn let_former_lives_write(may_write: bool) {
    IS_UNFENCED.set(may_write);
}

pub(crate) fn lets_former_lives_write() -> bool {
    IS_UNFENCED.get()
}

/// A safeguard of maintenance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Upkeep {
    /// A role whose deletion may be on its way is known to be in doubt.
    RolesInDoubt,
    /// The deletion of a role is on record before it is sent.
    RolesOnRecord,
}

thread_local! {
    static MISSING: Cell<Option<Upkeep>> = const { Cell::new(None) };
}

/// Daybooks that are used on this thread do without this safeguard; `None`: with all of them.
pub fn take_away(safeguard: Option<Upkeep>) {
    MISSING.set(safeguard);
}

pub(crate) fn lacks(safeguard: Upkeep) -> bool {
    MISSING.get() == Some(safeguard)
}

/// The disk below stores that work at once on this thread does not answer until then, by tokio's clock;
/// `None`: it answers.
pub fn stall_until(until: Option<Instant>) {
    STALLED_UNTIL.set(until);
}

/// The disk below stores that work at once on this thread takes so long for each commit, by tokio's clock;
/// `None`: no time.
pub fn take_for_each(time: Option<Duration>) {
    TAKES.set(time);
}

/// Works now, or when the disk answers.
pub(crate) fn work(work: impl FnOnce() + Send + 'static) {
    let now = Instant::now();
    let stalled = STALLED_UNTIL.get().filter(|until| *until > now);
    let taken = TAKES.get().map(|time| now + time);
    let Some(until) = stalled.max(taken) else {
        return work();
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the disk's own time, in a test that has no other thread"
    )]
    drop(tokio::spawn(async move {
        sleep_until(until).await;
        work();
    }));
}
