//! Op 8: members of a guild over the gateway (Discord: events/gateway-events#request-guild-members).

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    identify::Attached,
    intents,
    limits::{ALL_MEMBERS_INTERVAL, MEMBERS_PER_CHUNK},
    payload::RequestMembers,
};
use crate::shared::Shared;

/// When one connection last asked for everybody, by guild.
#[derive(Debug, Default)]
pub(crate) struct MemberRequests {
    asked_for_all: BTreeMap<u64, Instant>,
}

impl MemberRequests {
    /// Answers one request with chunks, or with `RATE_LIMITED`.
    pub(crate) fn answer(&mut self, shared: &Shared, to: &Attached, request: &RequestMembers) {
        let everybody = request.query.as_deref() == Some("") && request.limit == 0;
        if everybody && let Some(wait) = self.too_soon(request.guild_id) {
            let limited = json!({
                "opcode": 8,
                "retry_after": wait.as_secs_f64(),
                "meta": { "guild_id": request.guild_id.to_string(), "nonce": request.nonce },
            });
            shared
                .sessions
                .tell(&to.session_id, "RATE_LIMITED", &limited);
            return;
        }
        for chunk in chunks(shared, to, request) {
            shared
                .sessions
                .tell(&to.session_id, "GUILD_MEMBERS_CHUNK", &chunk);
        }
    }

    /// How long until everybody may be asked for again; counts this request if it is now.
    fn too_soon(&mut self, guild_id: u64) -> Option<Duration> {
        let now = Instant::now();
        if let Some(last) = self.asked_for_all.get(&guild_id) {
            let wait = ALL_MEMBERS_INTERVAL.saturating_sub(now.duration_since(*last));
            if !wait.is_zero() {
                return Some(wait);
            }
        }
        self.asked_for_all.insert(guild_id, now);
        None
    }
}

/// The answer in pieces of at most a thousand members; one empty piece if nobody matches.
fn chunks(shared: &Shared, to: &Attached, request: &RequestMembers) -> Vec<Value> {
    let wanted = wanted_ids(request.user_ids.as_ref());
    let members = members(shared, to, request, &wanted);
    let found: Vec<&str> = members
        .iter()
        .filter_map(|member| member["user"]["id"].as_str())
        .collect();
    let missing: Vec<String> = wanted
        .iter()
        .filter(|id| !found.contains(&id.as_str()))
        .cloned()
        .collect();
    let pieces: Vec<&[Value]> = if members.is_empty() {
        vec![&[]]
    } else {
        members.chunks(MEMBERS_PER_CHUNK).collect()
    };
    let count = pieces.len();
    pieces
        .into_iter()
        .enumerate()
        .map(|(index, members)| {
            let mut chunk = json!({
                "guild_id": request.guild_id.to_string(),
                "members": members,
                "chunk_index": index,
                "chunk_count": count,
                "not_found": missing,
            });
            if let Some(nonce) = &request.nonce {
                chunk["nonce"] = nonce.clone();
            }
            chunk
        })
        .collect()
}

/// Who matches. Without `GUILD_MEMBERS` only those whom `GUILD_CREATE` shows as well.
fn members(
    shared: &Shared,
    to: &Attached,
    request: &RequestMembers,
    wanted: &[String],
) -> Vec<Value> {
    let world = shared.world.lock();
    if !world.is_member(request.guild_id, to.user_id) {
        return Vec::new();
    }
    let all = if to.intents & intents::GUILD_MEMBERS != 0 {
        world
            .member_ids(request.guild_id)
            .into_iter()
            .filter_map(|user_id| world.member_object(request.guild_id, user_id))
            .collect()
    } else {
        let guild = world.guild_create(request.guild_id, to.user_id);
        guild["members"].as_array().cloned().unwrap_or_default()
    };
    let prefix = request.query.as_deref().unwrap_or_default().to_lowercase();
    let matches = |member: &Value| {
        if wanted.is_empty() {
            [&member["user"]["username"], &member["nick"]]
                .into_iter()
                .filter_map(Value::as_str)
                .any(|name| name.to_lowercase().starts_with(&prefix))
        } else {
            member["user"]["id"]
                .as_str()
                .is_some_and(|id| wanted.iter().any(|one| one == id))
        }
    };
    let limit = if request.limit == 0 {
        usize::MAX
    } else {
        request.limit
    };
    all.into_iter().filter(matches).take(limit).collect()
}

/// `user_ids` is one id or a list.
fn wanted_ids(ids: Option<&Value>) -> Vec<String> {
    match ids {
        Some(Value::String(id)) => vec![id.clone()],
        Some(Value::Array(ids)) => ids
            .iter()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}
