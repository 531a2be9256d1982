//! Guild, roles and members.

use serde_json::Value;

use crate::{
    rest::form::Form,
    world::{ApiError, GuildPatch, MemberPatch, RolePatch, guild::SPECIAL, snowflake},
};

/// The body of `PATCH /guilds/{guild_id}`.
pub(in crate::rest) fn guild_patch(body: &Value) -> Result<GuildPatch, ApiError> {
    let mut form = Form::of(body)?;
    let name = form.text("name");
    let given: Vec<&str> = SPECIAL
        .into_iter()
        .filter(|field| form.given(field))
        .collect();
    let special = given
        .into_iter()
        .map(|field| (field, form.id(field)))
        .collect();
    form.done()?;
    Ok(GuildPatch { name, special })
}

/// The body of `POST …/roles` and of `PATCH …/roles/{role_id}`.
pub(in crate::rest) fn role_patch(body: &Value) -> Result<RolePatch, ApiError> {
    let mut form = Form::of(body)?;
    let patch = RolePatch {
        name: form.text("name"),
        permissions: form.number("permissions"),
        color: form.number("color"),
        hoist: form.flag("hoist"),
        mentionable: form.flag("mentionable"),
    };
    form.done()?;
    Ok(patch)
}

/// The body of `PATCH …/roles`: ids and positions.
pub(in crate::rest) fn role_positions(body: &Value) -> Result<Vec<(u64, u64)>, ApiError> {
    let Value::Array(items) = body else {
        let message = "Only iterables may be used in a ListType";
        return Err(ApiError::form("", "LIST_TYPE_CONVERT", message));
    };
    let read = |(index, item): (usize, &Value)| {
        let mut form = Form::at(item, &index.to_string())?;
        let (id, position) = (form.id("id"), form.number("position"));
        form.done()?;
        Ok(id.zip(position))
    };
    let positions: Result<Vec<_>, ApiError> = items.iter().enumerate().map(read).collect();
    Ok(positions?.into_iter().flatten().collect())
}

/// The body of `PATCH …/members/{user_id}`.
pub(in crate::rest) fn member_patch(body: &Value) -> Result<MemberPatch, ApiError> {
    let mut form = Form::of(body)?;
    let nick = form
        .given("nick")
        .then(|| form.text("nick").filter(|nick| !nick.is_empty()));
    let patch = MemberPatch {
        nick,
        roles: form.ids("roles"),
        timed_out_until_ms: time_out(&mut form),
    };
    form.done()?;
    Ok(patch)
}

/// `communication_disabled_until`: null ends a time-out.
#[expect(
    clippy::option_option,
    reason = "absent, null and a value are three things"
)]
fn time_out(form: &mut Form<'_>) -> Option<Option<u64>> {
    let key = "communication_disabled_until";
    if !form.given(key) {
        return None;
    }
    let text = form.text(key);
    let until_ms = text.as_deref().and_then(snowflake::parse_iso);
    if text.is_some() && until_ms.is_none() {
        let message = "Could not interpret the value as an ISO8601 moment.";
        form.fault(key, "DATE_TIME_TYPE_PARSE", message);
    }
    Some(until_ms)
}
