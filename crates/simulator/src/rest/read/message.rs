//! Messages.

use serde_json::Value;

use crate::{
    rest::form::{Form, id_of},
    world::{AllowedMentions, ApiError, File, MessagePatch, NewMessage, Nonce, message::KeptFile},
};

/// The body of `POST …/messages`, with the files that came with it.
pub(in crate::rest) fn new_message(
    body: &Value,
    files: &[(u64, File)],
) -> Result<NewMessage, ApiError> {
    let mut form = Form::of(body)?;
    let (_, files) = attachments(&mut form, files);
    let allowed_mentions = form
        .value("allowed_mentions")
        .map(allowed_mentions)
        .transpose()?;
    let reference = form.value("message_reference").map(reference).transpose()?;
    let (reply_to, reply_channel_id, fail_if_not_exists) = reference.unwrap_or_default();
    let mut embeds = form.objects("embeds").unwrap_or_default();
    embeds.extend(
        form.value("embed")
            .filter(|embed| embed.is_object())
            .cloned(),
    );
    let draft = NewMessage {
        content: form.text("content").unwrap_or_default(),
        nonce: nonce(&mut form),
        enforce_nonce: form.flag("enforce_nonce").unwrap_or(false),
        tts: form.flag("tts").unwrap_or(false),
        embeds,
        components: form.objects("components").unwrap_or_default(),
        allowed_mentions,
        reply_to,
        reply_channel_id,
        fail_if_not_exists,
        flags: form.number("flags").unwrap_or(0),
        files,
    };
    form.done()?;
    Ok(draft)
}

/// The body of `PATCH …/messages/{message_id}`. Null empties a field.
pub(in crate::rest) fn message_patch(
    body: &Value,
    files: &[(u64, File)],
) -> Result<MessagePatch, ApiError> {
    let mut form = Form::of(body)?;
    let (keep, files) = attachments(&mut form, files);
    let allowed_mentions = form
        .value("allowed_mentions")
        .map(allowed_mentions)
        .transpose()?;
    let emptied = |form: &mut Form<'_>, key: &str| {
        form.given(key)
            .then(|| form.objects(key).unwrap_or_default())
    };
    let patch = MessagePatch {
        content: form
            .given("content")
            .then(|| form.text("content").unwrap_or_default()),
        embeds: emptied(&mut form, "embeds"),
        components: emptied(&mut form, "components"),
        allowed_mentions,
        flags: form.number("flags"),
        keep,
        files,
    };
    form.done()?;
    Ok(patch)
}

fn nonce(form: &mut Form<'_>) -> Option<Nonce> {
    match form.value("nonce")? {
        Value::String(text) => Some(Nonce::Text(text.clone())),
        Value::Number(number) if number.is_i64() => number.as_i64().map(Nonce::Number),
        _ => {
            form.fault(
                "nonce",
                "NONCE_TYPE_INVALID",
                "Must be a string or an integer.",
            );
            None
        }
    }
}

/// Reads `attachments`: which files of an edit stay, and what the new ones are called. The `id`
/// of a new one is the number of its part.
fn attachments(form: &mut Form<'_>, files: &[(u64, File)]) -> (Option<Vec<KeptFile>>, Vec<File>) {
    let listed = form.objects("attachments");
    let mut files = files.to_vec();
    let mut keep = Vec::new();
    for (index, item) in listed.iter().flatten().enumerate() {
        let Some(id) = id_of(&item["id"]) else {
            let message = "Value is not snowflake.";
            form.fault(
                &format!("attachments.{index}.id"),
                "NUMBER_TYPE_COERCE",
                message,
            );
            continue;
        };
        let text = |key: &str| item[key].as_str().map(ToOwned::to_owned);
        match files.iter_mut().find(|(number, _)| *number == id) {
            Some((_, file)) => {
                file.filename = text("filename").unwrap_or_else(|| file.filename.clone());
                file.description = text("description");
            }
            None => keep.push(KeptFile {
                id,
                description: text("description"),
            }),
        }
    }
    files.sort_by_key(|(number, _)| *number);
    let keep = listed.is_some().then_some(keep);
    (keep, files.into_iter().map(|(_, file)| file).collect())
}

/// Who may be pinged. Without `replied_user` a reply does not ping.
fn allowed_mentions(value: &Value) -> Result<AllowedMentions, ApiError> {
    let mut form = Form::at(value, "allowed_mentions")?;
    let mut allowed = AllowedMentions::default();
    for (index, word) in form.list("parse").into_iter().flatten().enumerate() {
        match word.as_str() {
            Some("users") => allowed.users_all = true,
            Some("roles") => allowed.roles_all = true,
            Some("everyone") => allowed.everyone = true,
            _ => {
                let message = "Value must be one of ('users', 'roles', 'everyone').";
                form.fault(&format!("parse.{index}"), "BASE_TYPE_CHOICES", message);
            }
        }
    }
    allowed.users = form.ids("users").unwrap_or_default();
    allowed.roles = form.ids("roles").unwrap_or_default();
    allowed.replied_user = form.flag("replied_user").unwrap_or(false);
    form.done()?;
    Ok(allowed)
}

/// What a message replies to: message, channel, and whether a missing target is an error.
fn reference(value: &Value) -> Result<(Option<u64>, Option<u64>, bool), ApiError> {
    let mut form = Form::at(value, "message_reference")?;
    let message_id = form.id("message_id");
    if !form.given("message_id") {
        form.required("message_id");
    }
    let channel_id = form.id("channel_id");
    if form.number("type").is_some_and(|kind| kind != 0) {
        // Forwards are not simulated (README).
        form.fault("type", "BASE_TYPE_CHOICES", "Value must be one of (0,).");
    }
    let strict = form.flag("fail_if_not_exists").unwrap_or(true);
    form.done()?;
    Ok((message_id, channel_id, strict))
}
