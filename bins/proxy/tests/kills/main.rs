//! The real binary, killed: at every named kill point, at random times, at system calls.
//!
//! The simulated Discord runs in the test's own process on the real clock. It survives the proxy's
//! death and knows what was true, whatever the proxy believes.
//!
//! The binary has its kill points because this package's development dependency on `cordboard-app`
//! switches them on: cargo builds the binary and the tests of one package with one set of features.
//! So `cargo test --workspace` and `cargo test -p cordboard-proxy --test kills` both run all of this
//! on one build, and `cargo build` and `cargo run` know nothing of it.
#![expect(
    clippy::print_stdout,
    reason = "all of this file is a test, which says what it has tried"
)]

mod blackout;
mod discord;
mod failures;
mod image;
mod life;
mod load;
mod named;
mod power_loss;
mod random;
mod shipped;
mod strace;
mod syscalls;
mod trace;
mod trial;
mod world;

use std::env;

/// Where the dice of a test begin; printed, so that it can be run again.
fn seed(test: &str) -> u64 {
    let seed = setting("CORDBOARD_KILL_SEED", fastrand::u64(..1 << 32));
    println!("{test}: CORDBOARD_KILL_SEED={seed}");
    seed
}

/// A number from the environment, to run more, or one again (docs/TESTING.md).
fn setting(variable: &str, default: u64) -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a test runs is said from outside"
    )]
    let value = env::var(variable);
    value.map_or(default, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not {value:?}"))
    })
}
