//! Channels and their overwrites.

use super::{Answer, Outcome, Visit, read};
use crate::world::World;

/// `GET /guilds/{guild_id}/channels`.
pub(super) fn list(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let replica = visit.replica(visit.shared.config.list_lag_ms);
    world
        .guild_channels(visit.actor(), visit.id("guild_id"), replica)
        .map(Answer::ok)
}

/// `POST /guilds/{guild_id}/channels`: 201.
pub(super) fn create(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let draft = read::channel_draft(&visit.body.json)?;
    let guild_id = visit.id("guild_id");
    world
        .create_channel(visit.actor(), guild_id, draft, visit.reason())
        .map(Answer::created)
}

/// `PATCH /guilds/{guild_id}/channels`: 204.
pub(super) fn move_all(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let moves = read::moves(&visit.body.json)?;
    world.move_channels(visit.actor(), visit.id("guild_id"), &moves)?;
    Ok(Answer::nothing())
}

/// `GET /channels/{channel_id}`.
pub(super) fn get(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .channel(visit.actor(), visit.id("channel_id"))
        .map(Answer::ok)
}

/// `PATCH /channels/{channel_id}`, threads too.
pub(super) fn modify(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let patch = read::channel_patch(&visit.body.json)?;
    let channel_id = visit.id("channel_id");
    world
        .modify_channel(visit.actor(), channel_id, patch, visit.reason())
        .map(Answer::ok)
}

/// `DELETE /channels/{channel_id}`, threads too: 200 and what it was.
pub(super) fn delete(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let channel_id = visit.id("channel_id");
    world
        .delete_channel(visit.actor(), channel_id, visit.reason())
        .map(Answer::ok)
}

/// `PUT /channels/{channel_id}/permissions/{overwrite_id}`.
pub(super) fn set_overwrite(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let overwrite = read::overwrite(&visit.body.json, Some(visit.id("overwrite_id")), "")?;
    let channel_id = visit.id("channel_id");
    world.set_overwrite(visit.actor(), channel_id, overwrite, visit.reason())?;
    Ok(Answer::nothing())
}

/// `DELETE /channels/{channel_id}/permissions/{overwrite_id}`.
pub(super) fn delete_overwrite(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let (channel_id, overwrite_id) = (visit.id("channel_id"), visit.id("overwrite_id"));
    world.delete_overwrite(visit.actor(), channel_id, overwrite_id, visit.reason())?;
    Ok(Answer::nothing())
}
