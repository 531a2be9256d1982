//! The examples as processes, against a simulated Discord in this one. On the real clock, because a killed
//! process has no other.

#![expect(clippy::unwrap_used, reason = "what cannot go on fails its test here")]

#[path = "examples/archiver.rs"]
mod archiver;
#[path = "examples/catch_up.rs"]
mod catch_up;
#[path = "examples/catch_up_serenity.rs"]
mod catch_up_serenity;
#[path = "examples/life.rs"]
mod life;
