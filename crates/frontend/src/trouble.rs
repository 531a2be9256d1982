//! What clients are told when a conversation fails. The whole table:
//!
//! | why | status, code | may SDKs repeat it? |
//! |---|---|---|
//! | no bot serves the model | 404 `model_not_found` | it is no use |
//! | nothing to ask | 400 `invalid_value` | it is no use |
//! | the prompt is too long | 400 `context_length_exceeded` | it is no use |
//! | too many conversations | 429 `rate_limit_exceeded` | after the wait |
//! | Discord is away, nothing was posted | 503 `upstream_unavailable` | after the wait |
//! | the deadline, nothing was posted | 504 `upstream_timeout` | yes |
//! | no new work is taken | 503 `upstream_unavailable` | after the wait |
//! | Discord refuses for good | 502 `upstream_refused` | no |
//! | part of the prompt may be posted | 503 `upstream_unavailable`, at the deadline 504 `upstream_timeout` | no |
//! | the deadline, silence or a stop in mid-reply | 504 `upstream_timeout` | no |
//! | the channel is gone, or events were lost | 503 `upstream_unavailable` | no |
//! | the reply was deleted | 502 `message_deleted` | no |
//! | the bot is at its limit | 429 `insufficient_quota` | no |
//! | the process is stopped in the middle | 503 `upstream_unavailable` | no |
//!
//! "No" is `x-should-retry: false`: the prompt may be in Discord, and repeating posts it again.

use std::error::Error;

use cordboard_conversation::{AskError, ReplyError};
use cordboard_openai::ApiError;
use tracing::warn;

use crate::limits::{CLOSING_RETRY_AFTER, UNAVAILABLE_RETRY_AFTER};

/// The question was not put, or not as a whole.
pub(crate) fn not_asked(id: &str, error: &AskError) -> ApiError {
    if !is_callers_doing(error) {
        warn!(
            request.id = id,
            error = chain(error),
            "a question was not put"
        );
    }
    match error {
        AskError::UnknownModel { model } => ApiError::model_not_found(model),
        AskError::Empty => {
            ApiError::invalid_value("messages", "there is nothing to ask: no text and no file.")
        }
        AskError::TooLong { what, size, max } => ApiError::context_length_exceeded(format!(
            "The messages do not fit into Discord: {what} has {size}, and at most {max} fit."
        )),
        AskError::Busy { retry_after } => ApiError::rate_limited(
            "Too many conversations are going on at this time.",
            *retry_after,
        ),
        AskError::Unavailable { retry_after, .. } => {
            ApiError::upstream_unavailable("Discord is not available at this time.")
                .retry_after(retry_after.unwrap_or(UNAVAILABLE_RETRY_AFTER))
        }
        AskError::Deadline => {
            ApiError::upstream_timeout("The prompt could not be posted to Discord in time.")
        }
        AskError::Closed => ApiError::upstream_unavailable("This proxy is shutting down.")
            .retry_after(CLOSING_RETRY_AFTER),
        AskError::Refused { .. } => ApiError::upstream_refused(
            "Discord refused the request. The operator of this proxy has to act.",
        ),
        AskError::HalfAsked { overdue, .. } => {
            let message = "Discord may have taken part of the prompt and did not take the rest.";
            let error = match overdue {
                true => ApiError::upstream_timeout(message),
                false => ApiError::upstream_unavailable(message),
            };
            error.final_word()
        }
        _ => ApiError::internal(),
    }
}

/// The reply broke off.
pub(crate) fn not_answered(id: &str, error: &ReplyError) -> ApiError {
    warn!(request.id = id, error = chain(error), "a reply broke off");
    let error = match error {
        ReplyError::Deadline { .. } => {
            ApiError::upstream_timeout("The reply was not complete in time.")
        }
        ReplyError::Silent => ApiError::upstream_timeout("The bot did not answer in time."),
        ReplyError::Stalled { .. } => {
            ApiError::upstream_timeout("The bot stopped in the middle of its reply.")
        }
        ReplyError::ChannelGone { .. } => ApiError::upstream_unavailable(
            "The conversation's channel was deleted by somebody else.",
        ),
        ReplyError::Lost { .. } => {
            ApiError::upstream_unavailable("Part of the reply could not be read from Discord.")
        }
        ReplyError::MessageDeleted { .. } => {
            ApiError::message_deleted("The bot, or a moderator, deleted the reply.")
        }
        ReplyError::Limited { message } => {
            ApiError::quota_exhausted(format!("The bot has reached its limit: {message}"))
        }
        _ => ApiError::internal(),
    };
    error.final_word()
}

/// The desk kept neither to its word nor to the deadline.
pub(crate) fn overdue(id: &str) -> ApiError {
    warn!(
        request.id = id,
        "a request is past its deadline and was cut off"
    );
    ApiError::upstream_timeout("The reply was not complete in time.").final_word()
}

/// The desk's reply ended without an end.
pub(crate) fn cut_short(id: &str) -> ApiError {
    warn!(request.id = id, "a reply ended without its end");
    ApiError::internal().final_word()
}

/// The process stops now, whatever is under way.
pub(crate) fn cut_off() -> ApiError {
    ApiError::upstream_unavailable("This proxy is shutting down.").final_word()
}

/// Nothing that an operator needs to read about.
const fn is_callers_doing(error: &AskError) -> bool {
    matches!(
        error,
        AskError::UnknownModel { .. }
            | AskError::Empty
            | AskError::TooLong { .. }
            | AskError::Busy { .. }
            | AskError::Closed
    )
}

/// An error and everything below it, on one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        line = format!("{line}: {error}");
        below = error.source();
    }
    line
}
