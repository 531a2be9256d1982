//! The binary beside a simulated Discord, as somebody at a shell uses it, on the real clock.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod codes;
mod export;
mod first_line;
mod foreign;
mod interrupted;
mod messages;
mod plans;
mod refused;
mod serving;
mod versions;
mod world;
