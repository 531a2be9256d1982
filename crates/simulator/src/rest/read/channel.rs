//! Channels and overwrites.

use serde_json::Value;

use crate::{
    rest::form::Form,
    world::{ApiError, ChannelDraft, ChannelPatch, Overwrite, OverwriteKind, channel::Move},
};

/// The body of `POST /guilds/{guild_id}/channels`.
pub(in crate::rest) fn channel_draft(body: &Value) -> Result<ChannelDraft, ApiError> {
    let mut form = Form::of(body)?;
    let overwrites = form
        .value("permission_overwrites")
        .map(overwrites)
        .transpose()?;
    let draft = ChannelDraft {
        name: form.required_text("name"),
        kind: form.number("type").unwrap_or(0),
        topic: form.text("topic"),
        parent_id: form.id("parent_id"),
        position: form.number("position"),
        nsfw: form.flag("nsfw").unwrap_or(false),
        rate_limit_per_user: form.number("rate_limit_per_user").unwrap_or(0),
        default_auto_archive_duration: form.number("default_auto_archive_duration"),
        default_thread_rate_limit_per_user: form.number("default_thread_rate_limit_per_user"),
        overwrites,
    };
    form.done()?;
    Ok(draft)
}

/// The body of `PATCH /channels/{channel_id}`.
pub(in crate::rest) fn channel_patch(body: &Value) -> Result<ChannelPatch, ApiError> {
    let mut form = Form::of(body)?;
    let overwrites = form
        .value("permission_overwrites")
        .map(overwrites)
        .transpose()?;
    let usual = "default_auto_archive_duration";
    let patch = ChannelPatch {
        name: form.text("name"),
        kind: form.number("type"),
        topic: form.given("topic").then(|| form.text("topic")),
        parent_id: form.given("parent_id").then(|| form.id("parent_id")),
        position: form.number("position"),
        nsfw: form.flag("nsfw"),
        rate_limit_per_user: form.number("rate_limit_per_user"),
        default_auto_archive_duration: form.given(usual).then(|| form.number(usual)),
        overwrites,
        flags: form.number("flags"),
        archived: form.flag("archived"),
        auto_archive_duration: form.number("auto_archive_duration"),
        locked: form.flag("locked"),
        invitable: form.flag("invitable"),
    };
    form.done()?;
    Ok(patch)
}

/// The body of `PATCH /guilds/{guild_id}/channels`.
pub(in crate::rest) fn moves(body: &Value) -> Result<Vec<Move>, ApiError> {
    let Value::Array(items) = body else {
        let message = "Only iterables may be used in a ListType";
        return Err(ApiError::form("", "LIST_TYPE_CONVERT", message));
    };
    let read = |(index, item): (usize, &Value)| {
        let mut form = Form::at(item, &index.to_string())?;
        if !form.given("id") {
            form.required("id");
        }
        let one = Move {
            id: form.id("id").unwrap_or_default(),
            position: form.number("position"),
            parent_id: form.given("parent_id").then(|| form.id("parent_id")),
            lock_permissions: form.flag("lock_permissions").unwrap_or(false),
        };
        form.done()?;
        Ok(one)
    };
    items.iter().enumerate().map(read).collect()
}

fn overwrites(list: &Value) -> Result<Vec<Overwrite>, ApiError> {
    let Value::Array(items) = list else {
        let message = "Only iterables may be used in a ListType";
        return Err(ApiError::form(
            "permission_overwrites",
            "LIST_TYPE_CONVERT",
            message,
        ));
    };
    let path = |index: usize| format!("permission_overwrites.{index}");
    items
        .iter()
        .enumerate()
        .map(|(index, item)| overwrite(item, None, &path(index)))
        .collect()
}

/// One overwrite; `id` comes from the path when it is not in the object. Its type is a number, or
/// the word that older clients send.
pub(in crate::rest) fn overwrite(
    value: &Value,
    id: Option<u64>,
    path: &str,
) -> Result<Overwrite, ApiError> {
    let mut form = Form::at(value, path)?;
    let kind = match form.value("type") {
        Some(kind) if *kind == 0 || *kind == "0" || *kind == "role" => OverwriteKind::Role,
        Some(kind) if *kind == 1 || *kind == "1" || *kind == "member" => OverwriteKind::Member,
        Some(_) => {
            form.fault("type", "BASE_TYPE_CHOICES", "Value must be one of (0, 1).");
            OverwriteKind::Role
        }
        None => {
            form.required("type");
            OverwriteKind::Role
        }
    };
    if id.is_none() && !form.given("id") {
        form.required("id");
    }
    let overwrite = Overwrite {
        id: id.or_else(|| form.id("id")).unwrap_or_default(),
        kind,
        allow: form.number("allow").unwrap_or(0),
        deny: form.number("deny").unwrap_or(0),
    };
    form.done()?;
    Ok(overwrite)
}
