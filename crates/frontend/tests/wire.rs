//! The front on real sockets, on a paused clock, before a desk that does what the question says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "wire/admin.rs"]
mod admin;
#[path = "wire/answers.rs"]
mod answers;
#[path = "wire/client.rs"]
mod client;
#[path = "wire/desk.rs"]
mod desk;
#[path = "wire/doors.rs"]
mod doors;
#[path = "wire/errors.rs"]
mod errors;
#[path = "wire/hang_up.rs"]
mod hang_up;
#[path = "wire/limits.rs"]
mod limits;
#[path = "wire/log.rs"]
mod log;
#[path = "wire/metrics.rs"]
mod metrics;
#[path = "wire/owed.rs"]
mod owed;
#[path = "wire/readiness.rs"]
mod readiness;
#[path = "wire/relay.rs"]
mod relay;
#[path = "wire/relay_consumers.rs"]
mod relay_consumers;
#[path = "wire/relay_dead_letters.rs"]
mod relay_dead_letters;
#[path = "wire/relay_streams.rs"]
mod relay_streams;
#[path = "wire/shutdown.rs"]
mod shutdown;
#[path = "wire/starting.rs"]
mod starting;
#[path = "wire/stream.rs"]
mod stream;
#[path = "wire/streams.rs"]
mod streams;
#[path = "wire/world.rs"]
mod world;
