//! Threads.

use super::{Answer, Outcome, Visit, read};
use crate::world::{ApiError, World, snowflake};

/// `POST /channels/{channel_id}/messages/{message_id}/threads`: 201.
pub(super) fn start_from_message(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let draft = read::thread_draft(&visit.body)?;
    let (channel_id, message_id) = (visit.id("channel_id"), visit.id("message_id"));
    world
        .start_thread_from_message(
            visit.actor(),
            channel_id,
            message_id,
            &draft,
            visit.reason(),
        )
        .map(Answer::created)
}

/// `POST /channels/{channel_id}/threads`: 201.
pub(super) fn start(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let draft = read::thread_draft(&visit.body)?;
    let channel_id = visit.id("channel_id");
    world
        .start_thread(visit.actor(), channel_id, draft, visit.reason())
        .map(Answer::created)
}

/// `GET /guilds/{guild_id}/threads/active`.
pub(super) fn active(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let replica = visit.replica(visit.shared.config.list_lag_ms);
    world
        .active_threads(visit.actor(), visit.id("guild_id"), replica)
        .map(Answer::ok)
}

/// `GET /channels/{channel_id}/threads/archived/public`.
pub(super) fn archived_public(visit: &Visit<'_>, world: &mut World) -> Outcome {
    archived(visit, world, false)
}

/// `GET /channels/{channel_id}/threads/archived/private`.
pub(super) fn archived_private(visit: &Visit<'_>, world: &mut World) -> Outcome {
    archived(visit, world, true)
}

fn archived(visit: &Visit<'_>, world: &World, private: bool) -> Outcome {
    let refuse = |text: &str| {
        let message = format!("Value \"{text}\" is not a valid ISO8601 timestamp.");
        ApiError::form("before", "DATE_TIME_TYPE_PARSE", message)
    };
    let before = visit.query.text("before");
    let before_ms = before
        .map(|text| snowflake::parse_iso(text).ok_or_else(|| refuse(text)))
        .transpose()?;
    let limit = visit.query.number("limit", (2, 50, 100))?;
    let page = (before_ms, limit);
    world
        .archived_threads(visit.actor(), visit.id("channel_id"), private, page)
        .map(Answer::ok)
}

/// `GET /channels/{channel_id}/thread-members`.
pub(super) fn members(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .thread_members(visit.actor(), visit.id("channel_id"))
        .map(Answer::ok)
}

/// `PUT /channels/{channel_id}/thread-members/{user_id}` and `…/@me`.
pub(super) fn join(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world.join_thread(visit.actor(), visit.id("channel_id"), member(visit))?;
    Ok(Answer::nothing())
}

/// `DELETE /channels/{channel_id}/thread-members/{user_id}` and `…/@me`.
pub(super) fn leave(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world.leave_thread(visit.actor(), visit.id("channel_id"), member(visit))?;
    Ok(Answer::nothing())
}

fn member(visit: &Visit<'_>) -> u64 {
    visit.route.id("user_id").unwrap_or_else(|| visit.actor())
}
