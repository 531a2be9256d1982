//! Where this process is to die (feature `kill-points`).

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use rustix::process::{Signal, getpid, kill_process};

/// What was armed; nothing in a process that no test has started.
static ARMED: OnceLock<Armed> = OnceLock::new();

/// Where a process is to die.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillPoint {
    /// The name, as in `kp!`.
    pub name: String,
    /// At which passage, counted from 1.
    pub nth: u64,
}

#[derive(Debug)]
struct Armed {
    point: KillPoint,
    passages: AtomicU64,
}

/// Arms this process, once; later calls change nothing.
pub fn arm(point: KillPoint) {
    let passages = AtomicU64::new(0);
    drop(ARMED.set(Armed { point, passages }));
}

/// Kills the process, if it is to die here and now.
///
/// # Panics
/// When the operating system lets a process not even kill itself.
pub(super) fn pass(name: &'static str) {
    let Some(armed) = ARMED.get() else { return };
    if armed.point.name == name
        && armed.passages.fetch_add(1, Ordering::Relaxed) + 1 == armed.point.nth
    {
        kill_process(getpid(), Signal::KILL).expect("a process may send itself a signal");
        // The signal may take a moment to reach this thread, which does nothing more.
        loop {
            thread::park();
        }
    }
}

// === impl KillPoint ===

impl std::str::FromStr for KillPoint {
    type Err = &'static str;

    /// Reads `NAME:N`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, nth) = text.rsplit_once(':').ok_or("no `:N` after the name")?;
        let nth = nth.parse().map_err(|_| "N is not a number")?;
        if nth == 0 {
            return Err("passages are counted from 1");
        }
        Ok(Self {
            name: name.to_owned(),
            nth,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_point_is_a_name_and_a_passage() {
        let point = KillPoint {
            name: "store.batch.committed".to_owned(),
            nth: 3,
        };
        assert_eq!("store.batch.committed:3".parse(), Ok(point));
        for wrong in ["store.batch.committed", "a:", "a:0", "a:x"] {
            assert!(wrong.parse::<KillPoint>().is_err(), "{wrong}");
        }
    }
}
