#![doc = include_str!("../README.md")]

mod backoff;
mod board;
mod cluster;
mod connection;
mod delivery;
mod directory;
mod dispatch;
mod fatal;
mod feed;
mod frame;
mod gateway;
mod hearing;
mod heartbeats;
mod hub;
mod limits;
mod link;
mod permit;
mod queue;
mod reception;
mod roster;
mod session;
mod settings;
mod state;
mod subscription;
mod supervisor;
mod table;
mod turnstile;
mod url;

pub use self::{
    cluster::Cluster,
    delivery::{Acknowledged, Delivery, Lapse, LapseReason},
    directory::{Endpoint, Failure, GatewayDirectory},
    dispatch::Dispatch,
    fatal::Fatal,
    feed::Feed,
    gateway::Gateway,
    hub::Hub,
    session::Session,
    settings::Settings,
    state::{Health, State, Trouble},
    subscription::Subscription,
    url::UrlError,
};

/// Ids, intents and shard numbers, as twilight defines them.
pub use twilight_model::gateway::{Intents, ShardId};
