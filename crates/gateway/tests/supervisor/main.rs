//! The supervised shard against the simulator and against hostile peers, on a paused clock.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it stands"
)]

mod budget;
mod deaf;
mod endings;
mod hostile;
mod ordinary;
mod payloads;
mod reach;
mod shards;
mod start;
mod succession;
mod tap;
mod world;
