//! Threads.

use super::new_message;
use crate::{
    rest::{body::Body, form::Form},
    world::{ApiError, ThreadDraft},
};

/// The body of both ways to start a thread; a forum's post brings its message along.
pub(in crate::rest) fn thread_draft(body: &Body) -> Result<ThreadDraft, ApiError> {
    let mut form = Form::of(&body.json)?;
    let message = form
        .value("message")
        .map(|value| new_message(value, &body.files))
        .transpose()?;
    let draft = ThreadDraft {
        name: form.required_text("name"),
        kind: form.number("type"),
        auto_archive_duration: form.number("auto_archive_duration"),
        rate_limit_per_user: form.number("rate_limit_per_user").unwrap_or(0),
        invitable: form.flag("invitable"),
        message,
    };
    form.done()?;
    Ok(draft)
}
