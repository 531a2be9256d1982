#![doc = include_str!("../README.md")]

mod alerts;
mod arrears;
mod canary;
mod clock;
pub mod config;
mod connect;
mod debts;
mod engines;
mod env;
mod error;
mod events;
mod front;
mod gateway;
mod health;
mod heartbeat;
mod housekeeping;
pub mod limits;
pub mod maintenance;
mod mark_key;
mod notifier;
mod orders;
mod parts;
mod proxy;
mod relay;
mod room;
mod runtime;
#[cfg(feature = "sabotage")]
mod sabotage;
mod session;
mod settings;
mod space;
mod status;
pub mod stop;
mod tasks;
pub mod telemetry;
mod upkeep;
mod watchdog;

pub use self::{
    clock::WallClock,
    config::{Config, ConfigError},
    env::Environment,
    error::{Failed, Source},
    proxy::Proxy,
    runtime::run_to_end,
    watchdog::Watchdog,
};

/// Names the TLS provider of this process: without it the first `wss` or `https` connection would
/// panic. An error means that the program has chosen one before us.
fn install_tls() {
    drop(rustls::crypto::ring::default_provider().install_default());
}
