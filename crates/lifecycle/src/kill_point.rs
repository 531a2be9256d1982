//! Named instants at which a test kills the process (feature `kill-points`), or lets it panic (feature
//! `sabotage`).
//!
//! `kp!("lifecycle.create.planned")` is nothing without these features. With the first, the process
//! sends itself SIGKILL at the point that was armed: no destructor runs, nothing is flushed, as when
//! the machine's operator or its memory killer does it. What the next life finds is what the promises
//! are about. Nobody is killed until a program calls `arm`.

#[cfg(feature = "kill-points")]
mod armed;

#[cfg(feature = "kill-points")]
pub use self::armed::{KillPoint, arm};

/// A kill point: nothing without the features `kill-points` and `sabotage`.
#[macro_export]
macro_rules! kp {
    ($name:literal) => {
        $crate::kill_point::pass($name)
    };
}

/// Passes a kill point; what `kp!` stands for.
pub fn pass(name: &'static str) {
    #[cfg(feature = "kill-points")]
    armed::pass(name);
    #[cfg(feature = "sabotage")]
    crate::sabotage::pass(name);
}
