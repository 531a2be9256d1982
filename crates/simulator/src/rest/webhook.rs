//! Webhooks.

use super::{Answer, Outcome, Visit, form::Form, read};
use crate::world::World;

/// `POST /channels/{channel_id}/webhooks`: 200 with the token.
pub(super) fn create(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let mut form = Form::of(&visit.body.json)?;
    let name = form.required_text("name");
    form.done()?;
    let channel_id = visit.id("channel_id");
    world
        .create_webhook(visit.actor(), channel_id, name, visit.reason())
        .map(Answer::ok)
}

/// `GET /channels/{channel_id}/webhooks`.
pub(super) fn list_in_channel(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .channel_webhooks(visit.actor(), visit.id("channel_id"))
        .map(Answer::ok)
}

/// `GET /guilds/{guild_id}/webhooks`.
pub(super) fn list_in_guild(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .guild_webhooks(visit.actor(), visit.id("guild_id"))
        .map(Answer::ok)
}

/// `GET /webhooks/{webhook_id}` and `…/{webhook_token}`.
pub(super) fn get(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let token = visit.route.token();
    world
        .webhook(visit.actor, visit.id("webhook_id"), token)
        .map(Answer::ok)
}

/// `PATCH /webhooks/{webhook_id}` and `…/{webhook_token}`.
pub(super) fn modify(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let mut form = Form::of(&visit.body.json)?;
    let name = form.text("name");
    form.done()?;
    let webhook = (visit.id("webhook_id"), visit.route.token());
    world
        .modify_webhook(visit.actor, webhook, name, visit.reason())
        .map(Answer::ok)
}

/// `DELETE /webhooks/{webhook_id}` and `…/{webhook_token}`.
pub(super) fn delete(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let webhook = (visit.id("webhook_id"), visit.route.token());
    world.delete_webhook(visit.actor, webhook, visit.reason())?;
    Ok(Answer::nothing())
}

/// `POST /webhooks/{webhook_id}/{webhook_token}`: 204, or 200 and the message with `wait=true`.
pub(super) fn execute(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let draft = read::new_message(&visit.body.json, &visit.body.files)?;
    let mut form = Form::of(&visit.body.json)?;
    let username = form.text("username");
    form.done()?;
    let thread_id = visit.query.id("thread_id")?;
    let value = world.execute_webhook(webhook(visit), thread_id, username, draft)?;
    Ok(if visit.query.flag("wait") {
        Answer::ok(value)
    } else {
        Answer::nothing()
    })
}

/// `GET /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}`.
pub(super) fn message(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let thread_id = visit.query.id("thread_id")?;
    let message_id = visit.id("message_id");
    world
        .webhook_message(webhook(visit), thread_id, message_id)
        .map(Answer::ok)
}

/// `PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}`.
pub(super) fn edit_message(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let patch = read::message_patch(&visit.body.json, &visit.body.files)?;
    let thread_id = visit.query.id("thread_id")?;
    let message_id = visit.id("message_id");
    world
        .edit_webhook_message(webhook(visit), thread_id, message_id, patch)
        .map(Answer::ok)
}

/// `DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}`.
pub(super) fn delete_message(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let thread_id = visit.query.id("thread_id")?;
    world.delete_webhook_message(webhook(visit), thread_id, visit.id("message_id"))?;
    Ok(Answer::nothing())
}

fn webhook<'a>(visit: &'a Visit<'_>) -> (u64, &'a str) {
    (visit.id("webhook_id"), visit.route.token().unwrap_or(""))
}
