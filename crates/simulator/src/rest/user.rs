//! Users, applications, and where the gateway is.

use serde_json::{Value, json};

use super::{Answer, Outcome, Visit};
use crate::world::World;

/// `GET /gateway`.
#[expect(clippy::unnecessary_wraps, reason = "the table's signature")]
pub(super) fn gateway(visit: &Visit<'_>, _world: &mut World) -> Outcome {
    Ok(Answer::ok(json!({ "url": gateway_url(visit) })))
}

/// `GET /gateway/bot`.
#[expect(clippy::unnecessary_wraps, reason = "the table's signature")]
pub(super) fn gateway_bot(visit: &Visit<'_>, _world: &mut World) -> Outcome {
    let (total, remaining, reset_after_ms, max_concurrency) =
        visit.shared.sessions.budget(visit.actor());
    Ok(Answer::ok(json!({
        "url": gateway_url(visit),
        "shards": visit.shared.config.gateway.shards,
        "session_start_limit": {
            "total": total,
            "remaining": remaining,
            "reset_after": reset_after_ms,
            "max_concurrency": max_concurrency,
        },
    })))
}

/// `GET /applications/@me`, and the older path with the same answer.
#[expect(clippy::unnecessary_wraps, reason = "the table's signature")]
pub(super) fn application(visit: &Visit<'_>, world: &mut World) -> Outcome {
    Ok(Answer::ok(world.application_object(visit.actor())))
}

/// `GET /users/@me`.
#[expect(clippy::unnecessary_wraps, reason = "the table's signature")]
pub(super) fn me(visit: &Visit<'_>, world: &mut World) -> Outcome {
    Ok(Answer::ok(world.own_user_object(visit.actor())))
}

/// `GET /users/{user_id}`.
pub(super) fn get(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world.user(visit.id("user_id")).map(Answer::ok)
}

/// `GET /users/@me/guilds`.
pub(super) fn guilds(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let actor = visit.actor();
    let mut guilds = Vec::new();
    let reached = |id: &u64| world.reach(*id).is_ok();
    for guild_id in world.guild_ids_of(actor).into_iter().filter(reached) {
        let guild = world.guild(actor, guild_id, false)?;
        guilds.push(json!({
            "id": guild["id"],
            "name": guild["name"],
            "icon": guild["icon"],
            "banner": null,
            "owner": guild["owner_id"] == actor.to_string().as_str(),
            "permissions": world.guild_permissions(guild_id, actor).to_string(),
            "features": guild["features"],
        }));
    }
    Ok(Answer::ok(Value::Array(guilds)))
}

/// `DELETE /users/@me/guilds/{guild_id}`.
pub(super) fn leave(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let actor = visit.actor();
    world.remove_member(actor, visit.id("guild_id"), actor, visit.reason())?;
    Ok(Answer::nothing())
}

fn gateway_url(visit: &Visit<'_>) -> String {
    let address = visit.shared.address.get();
    address.map_or_else(
        || "ws://127.0.0.1".to_owned(),
        |address| format!("ws://{address}"),
    )
}
