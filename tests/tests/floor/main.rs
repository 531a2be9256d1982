//! Claims about the whole proxy, each proven on the simulator floor. What every test is held to
//! besides its own claim is in `cordboard_tests::promises`.

#![expect(
    clippy::unwrap_used,
    reason = "all of this binary is a test, its helpers included"
)]

mod alerts;
mod answers;
mod capacity;
mod channels;
mod degraded;
mod departures;
mod doctor;
mod gateway;
mod keepalive;
mod limits;
mod maintenance;
mod messages;
mod oddities;
mod operators;
mod ownership;
mod prompts;
mod readiness;
mod refusals;
mod relay;
mod restarts;
mod roles;
mod watch;
