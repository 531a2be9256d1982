//! A runtime that is blocked on purpose, so that a test can see what becomes of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use tokio::{sync::Notify, time::sleep};

use crate::{engines::Engines, limits::HEARTBEAT_EVERY};

/// More than any runtime of ours has threads.
pub(crate) const ALL: usize = 8;

static BLOCKED: AtomicUsize = AtomicUsize::new(0);

/// Proxies that start from now on in this process block so many threads, a second after they are ready.
pub(crate) fn block_threads(count: usize) {
    BLOCKED.store(count, Ordering::Relaxed);
}

pub(crate) fn commit(engines: &mut Engines) {
    // A thread that is blocked while it alone waits for timers and sockets stops them for all, unless
    // it has woken another thread before.
    let others = Arc::new(Notify::new());
    for _ in 0..BLOCKED.load(Ordering::Relaxed) {
        for _ in 0..2 {
            let woken = Arc::clone(&others);
            engines.spawn_care("woken", async move { woken.notified().await });
        }
        let others = Arc::clone(&others);
        engines.spawn_care("sabotage", async move {
            sleep(HEARTBEAT_EVERY).await;
            others.notify_waiters();
            loop {
                thread::park();
            }
        });
    }
}
