#![doc = include_str!("../README.md")]

mod backoff;
mod board;
mod cause;
mod cluster;
mod connection;
mod delivery;
mod directory;
mod dispatch;
mod fatal;
mod feed;
mod frame;
mod gateway;
mod health;
mod hearing;
mod heartbeats;
mod hub;
mod limits;
mod link;
mod permit;
mod pulse;
mod queue;
mod reception;
mod roster;
mod session;
mod settings;
mod state;
mod status;
mod subscription;
mod supervisor;
mod table;
mod trouble;
mod turnstile;
mod url;

pub use self::{
    cause::Cause,
    cluster::Cluster,
    delivery::{Acknowledged, Delivery, Lapse, LapseReason},
    directory::{Endpoint, Failure, GatewayDirectory},
    dispatch::Dispatch,
    fatal::Fatal,
    feed::Feed,
    gateway::Gateway,
    health::{Counts, Health},
    hub::Hub,
    session::Session,
    settings::Settings,
    state::State,
    status::Status,
    subscription::Subscription,
    trouble::Trouble,
    url::UrlError,
};

/// Ids, intents and shard numbers, as twilight defines them.
pub use twilight_model::gateway::{Intents, ShardId};
