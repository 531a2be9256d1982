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
use crate::{shared::Shared, world::World};

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
        shared.change(World::settle);
        let wanted = wanted_ids(request.user_ids.as_ref());
        let found = members(shared, to, request, &wanted);
        let missing: Vec<String> = wanted
            .into_iter()
            .filter(|wanted| !found.iter().any(|id| id.to_string() == *wanted))
            .collect();
        // One at a time: everybody at once would be a lot.
        let pieces = found.chunks(MEMBERS_PER_CHUNK).len().max(1);
        for index in 0..pieces {
            let piece = found.chunks(MEMBERS_PER_CHUNK).nth(index).unwrap_or(&[]);
            let chunk = chunk(shared, (to, request), piece, (index, pieces), &missing);
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

/// One piece of the answer; there is one empty piece if nobody matches.
fn chunk(
    shared: &Shared,
    (to, request): (&Attached, &RequestMembers),
    user_ids: &[u64],
    (index, count): (usize, usize),
    missing: &[String],
) -> Value {
    let guild_id = request.guild_id;
    let world = shared.world.lock();
    let members = user_ids.iter();
    let members = members.filter_map(|user_id| world.member_object(guild_id, *user_id));
    let mut chunk = json!({
        "guild_id": guild_id.to_string(),
        "members": members.collect::<Vec<_>>(),
        "chunk_index": index,
        "chunk_count": count,
        "not_found": missing,
    });
    // Who asks for presences without the intent has not asked (Discord:
    // events/gateway-events#request-guild-members).
    if request.presences && to.intents & intents::GUILD_PRESENCES != 0 {
        chunk["presences"] = world.presences(guild_id, user_ids.iter().copied()).into();
    }
    if let Some(nonce) = &request.nonce {
        chunk["nonce"] = nonce.clone();
    }
    chunk
}

/// Who matches, ascending. Without `GUILD_MEMBERS` only the asker itself, as in `GUILD_CREATE`.
fn members(
    shared: &Shared,
    to: &Attached,
    request: &RequestMembers,
    wanted: &[String],
) -> Vec<u64> {
    let guild_id = request.guild_id;
    let world = shared.world.lock();
    if !world.is_member(guild_id, to.user_id) {
        return Vec::new();
    }
    let limit = if request.limit == 0 {
        usize::MAX
    } else {
        request.limit
    };
    let all = to.intents & intents::GUILD_MEMBERS != 0;
    let mut found: Vec<u64> = if wanted.is_empty() {
        let prefix = request.query.as_deref().unwrap_or_default();
        let among = if all { None } else { Some(to.user_id) };
        world.members_named(guild_id, prefix, (among, limit))
    } else {
        let ids = wanted.iter().filter_map(|id| id.parse().ok());
        let ids = ids.filter(|id| all || *id == to.user_id);
        ids.filter(|id| world.is_member(guild_id, *id)).collect()
    };
    found.sort_unstable();
    found.dedup();
    found.truncate(limit);
    found
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
