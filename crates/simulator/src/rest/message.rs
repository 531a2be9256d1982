//! Messages: writing, reading, changing, deleting, pinning, searching.

use super::{Answer, AnswerBody, Outcome, Visit, form::Form, read};
use crate::world::{
    ApiError, World, bounds,
    message::{Found, Page, Search},
};

/// `POST /channels/{channel_id}/messages`: 200, not 201.
pub(super) fn create(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let draft = read::new_message(&visit.body.json, &visit.body.files)?;
    let actor = visit.actor();
    let mut value = world.create_message(actor, visit.id("channel_id"), draft)?;
    // One's own words are never blanked; the message one replies to may be.
    world.cut_content(actor, &mut value);
    Ok(Answer::ok(value))
}

/// `PATCH /channels/{channel_id}/messages/{message_id}`.
pub(super) fn edit(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let patch = read::message_patch(&visit.body.json, &visit.body.files)?;
    let (channel_id, message_id) = (visit.id("channel_id"), visit.id("message_id"));
    let mut value = world.edit_message(visit.actor(), channel_id, message_id, patch)?;
    world.cut_content(visit.actor(), &mut value);
    Ok(Answer::ok(value))
}

/// `GET /channels/{channel_id}/messages`: `around`, `before` and `after` exclude each other.
pub(super) fn list(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let query = &visit.query;
    let limit = query.number("limit", (1, bounds::PAGE_DEFAULT, bounds::PAGE_MAX))?;
    let page = match (query.id("around")?, query.id("before")?, query.id("after")?) {
        (None, None, None) => Page::Latest,
        (Some(id), None, None) => Page::Around(id),
        (None, Some(id), None) => Page::Before(id),
        (None, None, Some(id)) => Page::After(id),
        _ => {
            let message = "Only one of around, before and after may be given.";
            return Err(ApiError::form("", "MUTUALLY_EXCLUSIVE", message));
        }
    };
    world
        .history(visit.actor(), visit.id("channel_id"), page, limit)
        .map(Answer::ok)
}

/// `GET /channels/{channel_id}/messages/{message_id}`.
pub(super) fn get(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let (channel_id, message_id) = (visit.id("channel_id"), visit.id("message_id"));
    world
        .read_message(visit.actor(), channel_id, message_id)
        .map(Answer::ok)
}

/// `DELETE /channels/{channel_id}/messages/{message_id}`.
pub(super) fn delete(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let (channel_id, message_id) = (visit.id("channel_id"), visit.id("message_id"));
    world.delete_message(visit.actor(), channel_id, message_id, visit.reason())?;
    Ok(Answer::nothing())
}

/// `POST /channels/{channel_id}/messages/bulk-delete`.
pub(super) fn bulk_delete(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let mut form = Form::of(&visit.body.json)?;
    let ids = form.ids("messages");
    if !form.given("messages") {
        form.required("messages");
    }
    form.done()?;
    let ids = ids.unwrap_or_default();
    world.bulk_delete(visit.actor(), visit.id("channel_id"), &ids, visit.reason())?;
    Ok(Answer::nothing())
}

/// `POST /channels/{channel_id}/typing`.
pub(super) fn typing(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world.trigger_typing(visit.actor(), visit.id("channel_id"))?;
    Ok(Answer::nothing())
}

/// `GET /channels/{channel_id}/messages/pins`.
pub(super) fn pins(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .pins(visit.actor(), visit.id("channel_id"))
        .map(Answer::ok)
}

/// `GET /channels/{channel_id}/pins`.
pub(super) fn older_pins(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .pinned_messages(visit.actor(), visit.id("channel_id"))
        .map(Answer::ok)
}

/// `PUT /channels/{channel_id}/messages/pins/{message_id}`, and the older path.
pub(super) fn pin(visit: &Visit<'_>, world: &mut World) -> Outcome {
    set_pinned(visit, world, true)
}

/// `DELETE /channels/{channel_id}/messages/pins/{message_id}`, and the older path.
pub(super) fn unpin(visit: &Visit<'_>, world: &mut World) -> Outcome {
    set_pinned(visit, world, false)
}

fn set_pinned(visit: &Visit<'_>, world: &mut World, pinned: bool) -> Outcome {
    let place = (visit.id("channel_id"), visit.id("message_id"));
    world.set_pinned(visit.actor(), place, pinned, visit.reason())?;
    Ok(Answer::nothing())
}

/// `GET /guilds/{guild_id}/messages/search`: 202 until there is an index.
pub(super) fn search(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let query = &visit.query;
    let search = Search {
        content: query.text("content").map(ToOwned::to_owned),
        author_id: query.id("author_id")?,
        channel_id: query.id("channel_id")?,
        limit: query.number(
            "limit",
            (1, bounds::SEARCH_PAGE_MAX, bounds::SEARCH_PAGE_MAX),
        )?,
        offset: query.number("offset", (0, 0, bounds::SEARCH_OFFSET_MAX))?,
    };
    let (status, body) =
        match world.search_messages(visit.actor(), visit.id("guild_id"), &search)? {
            Found::NotYet(body) => (202, body),
            Found::Results(body) => (200, body),
        };
    Ok(Answer {
        status,
        body: AnswerBody::Json(body),
        due_ms: None,
    })
}
