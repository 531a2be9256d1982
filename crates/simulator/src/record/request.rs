//! One REST request in the history.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::RoleSeen;
use crate::{
    config::id,
    fault::{FaultKind, Scope},
};

/// A request as it came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrival {
    /// When it was read to its end, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// Whose token it carries; `None`: nobody's.
    pub(crate) actor: Option<u64>,
    /// Which of those that use this token, if they have names.
    pub(crate) client: Option<Arc<str>>,
    /// The route template; `unknown` if there is none.
    pub(crate) route: &'static str,
    /// The path with its ids, without the query.
    pub(crate) path: String,
    /// The channel or thread that the path names.
    pub(crate) channel_id: Option<u64>,
    /// Who created that channel; `None`: no such channel ever was.
    pub(crate) creator_id: Option<u64>,
    /// The role that this is to delete.
    pub(crate) role: Option<RoleSeen>,
    /// The top-level resource of the path; `0` if there is none.
    pub(crate) resource: u64,
    /// What the body allows to ping, if the body is a message.
    pub(crate) allowed_mentions: Option<Value>,
    /// The nonce, if the body is a message.
    pub(crate) nonce: Option<Value>,
    /// The audit-log reason, percent-decoded.
    pub(crate) reason: Option<String>,
    /// The mark in reason or topic, if this creates a channel or a thread.
    pub(crate) mark: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    /// When the answer left, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// As in the [`Arrival`].
    pub(crate) actor: Option<u64>,
    /// As in the [`Arrival`].
    pub(crate) client: Option<Arc<str>>,
    /// As in the [`Arrival`].
    pub(crate) route: &'static str,
    /// As in the [`Arrival`].
    pub(crate) channel_id: Option<u64>,
    /// As in the [`Arrival`].
    pub(crate) resource: u64,
    /// As in the [`Arrival`].
    pub(crate) mark: Option<String>,
    /// `None`: no answer left.
    pub(crate) status: Option<u16>,
    /// The fault it met.
    pub(crate) fault: Option<FaultKind>,
    /// What the answer said about waiting.
    pub(crate) told: Told,
    /// The answer is the world's own word that the channel of the path is gone.
    pub(crate) gone: bool,
    /// The role that this was to delete.
    pub(crate) role_id: Option<u64>,
    /// The answer is the world's own word that this role is gone.
    pub(crate) role_gone: bool,
}

/// What an answer said about waiting.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Told {
    /// Nothing.
    #[default]
    Nothing,
    /// `X-RateLimit-Remaining: 0`: this route rests.
    Spent {
        /// Until then, in milliseconds since 1970.
        until_ms: u64,
    },
    /// 429.
    RetryAfter {
        /// Whose limit.
        scope: Scope,
        /// Until then, in milliseconds since 1970.
        until_ms: u64,
    },
}

impl Answered {
    /// No answer yet.
    pub(crate) fn to(arrival: &Arrival) -> Self {
        Self {
            at_ms: arrival.at_ms,
            actor: arrival.actor,
            client: arrival.client.clone(),
            route: arrival.route,
            channel_id: arrival.channel_id,
            resource: arrival.resource,
            mark: arrival.mark.clone(),
            status: None,
            fault: None,
            told: Told::Nothing,
            gone: false,
            role_id: arrival.role.as_ref().map(|role| role.id),
            role_gone: false,
        }
    }

    /// Whether it counts for the ban.
    pub(crate) fn is_invalid(&self) -> bool {
        let shared = matches!(
            self.told,
            Told::RetryAfter {
                scope: Scope::Shared,
                ..
            }
        );
        matches!(self.status, Some(401 | 403 | 429)) && !shared
    }
}

/// A REST request as the history keeps it. Times are milliseconds since 1970 on the simulator's
/// clock.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RequestTruth {
    /// Counted from 1 in the order of arrival.
    pub number: u64,
    /// When it had been read to its end.
    pub arrived_ms: u64,
    /// When Discord acted on it or refused it; `None`: never.
    pub executed_ms: Option<u64>,
    /// When the answer left; `None`: no answer did, or not yet.
    pub answered_ms: Option<u64>,
    /// Whose token it carried.
    #[serde(with = "id::option")]
    pub actor_id: Option<u64>,
    /// Which of those that use this token, if they have names
    /// ([`Simulator::rest_url_of`](crate::Simulator::rest_url_of)).
    pub client: Option<String>,
    /// The route template, such as `POST /guilds/{guild_id}/channels`.
    pub route: &'static str,
    /// The path with its ids.
    pub path: String,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The fault it met.
    pub fault: Option<FaultKind>,
    /// What a message's body said in `allowed_mentions`.
    pub allowed_mentions: Option<Value>,
    /// A new message's nonce.
    pub nonce: Option<Value>,
    /// The audit-log reason, decoded.
    pub reason: Option<String>,
}

impl RequestTruth {
    pub(super) fn of(number: u64, arrival: Arrival) -> Self {
        Self {
            number,
            arrived_ms: arrival.at_ms,
            executed_ms: None,
            answered_ms: None,
            actor_id: arrival.actor,
            client: arrival.client.as_deref().map(ToOwned::to_owned),
            route: arrival.route,
            path: arrival.path,
            status: None,
            fault: None,
            allowed_mentions: arrival.allowed_mentions,
            nonce: arrival.nonce,
            reason: arrival.reason,
        }
    }
}
