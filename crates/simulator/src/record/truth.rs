//! The truth as `GET /__sim/truth` tells it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    bots::ReplyTruth,
    config::id,
    world::{ChannelTruth, RoleTruth},
};

/// What there is and what has been, whatever any client believes.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Truth {
    /// The proxy's own bot: what it created is told by `creator_id`.
    #[serde(with = "id")]
    pub user_id: u64,
    /// Every channel and thread that ever was, dead ones included.
    pub channels: Vec<ChannelTruth>,
    /// Every role that was ever deleted, or that a request was to delete.
    pub roles: Vec<RoleTruth>,
    /// How many messages were ever created.
    pub messages: u64,
    /// What was counted.
    pub counters: Counters,
    /// What the scripted bots wrote, oldest first; the newest 20 000.
    pub replies: Vec<ReplyTruth>,
}

/// Exact counts since the start, whatever the history has forgotten.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// REST requests received.
    pub requests: u64,
    /// REST requests received, by route template; unknown paths count as `unknown`.
    pub routes: BTreeMap<&'static str, u64>,
    /// 429s served, of all kinds.
    pub rate_limited: u64,
    /// Answers that count for the invalid-request ban: 401, 403 and 429 that is not shared.
    pub invalid: u64,
    /// Requests that met a fault.
    pub faults: u64,
    /// How often each kind of fault struck ([`FaultKind::name`](crate::FaultKind::name)), by route
    /// template or event name, and each kind of [`GatewayCommand`](crate::GatewayCommand), by
    /// `gateway`, per connection that it reached: what a storm proves its coverage with.
    pub struck: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// IDENTIFYs received.
    pub identifies: u64,
    /// RESUMEs received.
    pub resumes: u64,
    /// Gateway connections opened.
    pub connections: u64,
}
