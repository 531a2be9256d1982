//! What the simulator promises to clients that it does not know: limits, faults, bots, truth.
//! One binary, on a paused clock; the only client is hyper's.

#![expect(clippy::unwrap_used, reason = "what cannot go on fails its test here")]

mod bots;
mod checks;
mod control;
mod faults;
mod guild;
mod lag;
mod limits;
mod people;
mod roles;
mod threads;
mod world;
