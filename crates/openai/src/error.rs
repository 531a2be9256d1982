//! Errors in OpenAI's shape: one constructor for each way a request can end badly.

use std::time::Duration;

use serde::Serialize;

use crate::limits::QUOTE_CHARS_MAX;

/// OpenAI's `type` of an error.
///
/// `authentication_error` and `permission_error` are missing on purpose: one-api switches a whole
/// channel off when it reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The request cannot succeed as it is.
    InvalidRequestError,
    /// Too much at once; later it may succeed.
    RateLimitError,
    /// The bot's own allowance is used up.
    InsufficientQuota,
    /// Not the caller's doing.
    ServerError,
}

/// Why a request was not answered, with everything a client is told about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status, if nothing was sent yet.
    pub status: u16,
    /// OpenAI's `type`.
    pub kind: ErrorKind,
    /// For people.
    pub message: String,
    /// The parameter at fault, such as `messages[0].content`.
    pub param: Option<String>,
    /// For programs.
    pub code: Option<&'static str>,
    /// The `retry-after` header.
    pub retry_after: Option<Duration>,
    /// The `x-should-retry` header. `Some(false)` keeps SDKs from posting the prompt again.
    pub should_retry: Option<bool>,
}

/// `{"error":{…}}`: all four keys, always.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ErrorBody<'a> {
    error: ErrorObject<'a>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct ErrorObject<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: ErrorKind,
    param: Option<&'a str>,
    code: Option<&'static str>,
}

impl ApiError {
    fn new(status: u16, kind: ErrorKind, code: Option<&'static str>, message: String) -> Self {
        Self {
            status,
            kind,
            message,
            param: None,
            code,
            retry_after: None,
            should_retry: None,
        }
    }

    fn invalid(status: u16, code: Option<&'static str>, message: String) -> Self {
        Self::new(status, ErrorKind::InvalidRequestError, code, message)
    }

    fn about(mut self, param: &str) -> Self {
        self.param = Some(param.to_owned());
        self
    }

    /// How the wire carries it.
    #[must_use]
    pub fn body(&self) -> ErrorBody<'_> {
        ErrorBody {
            error: ErrorObject {
                message: &self.message,
                kind: self.kind,
                param: self.param.as_deref(),
                code: self.code,
            },
        }
    }

    /// Says when to come back. SDKs wait as told; codex reads it from the message.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs_f64().ceil().max(1.0);
        let told = format!(" Please try again in {seconds:.0}s.");
        self.message.push_str(&told);
        self.retry_after = Some(wait);
        self
    }

    /// Asks SDKs not to send the request again: its prompt is in Discord already, or no repetition
    /// can help.
    #[must_use]
    pub fn final_word(mut self) -> Self {
        self.should_retry = Some(false);
        self
    }

    // === what is wrong with the request ===

    /// The body is not JSON. `detail` names the position.
    #[must_use]
    pub fn malformed_json(detail: &str) -> Self {
        let message = format!("We could not parse the JSON body of your request. ({detail})");
        Self::invalid(400, None, message)
    }

    /// A parameter has to be there.
    #[must_use]
    pub fn missing(param: &str) -> Self {
        let message = format!("Missing required parameter: '{param}'.");
        Self::invalid(400, Some("missing_required_parameter"), message).about(param)
    }

    /// A parameter has the wrong JSON type.
    #[must_use]
    pub fn invalid_type(param: &str, expected: &str, got: &str) -> Self {
        let message =
            format!("Invalid type for '{param}': expected {expected}, but got {got} instead.");
        Self::invalid(400, Some("invalid_type"), message).about(param)
    }

    /// A parameter has the right type and an impossible value.
    #[must_use]
    pub fn invalid_value(param: &str, why: &str) -> Self {
        let message = format!("Invalid value for '{param}': {why}");
        Self::invalid(400, Some("invalid_value"), message).about(param)
    }

    /// A parameter asks for what a Discord bot cannot do.
    #[must_use]
    pub fn unsupported_parameter(param: &str, why: &str) -> Self {
        let message = format!("Unsupported parameter: {why}");
        Self::invalid(400, Some("unsupported_parameter"), message).about(param)
    }

    /// A parameter's value asks for what a Discord bot cannot do.
    #[must_use]
    pub fn unsupported_value(param: &str, why: &str) -> Self {
        let message = format!("Unsupported value: {why}");
        Self::invalid(400, Some("unsupported_value"), message).about(param)
    }

    /// The prompt cannot be posted because of its length. Several clients shorten and try again on this code.
    #[must_use]
    pub fn context_length_exceeded(message: impl Into<String>) -> Self {
        Self::invalid(400, Some("context_length_exceeded"), message.into()).about("messages")
    }

    /// The body is larger than `bytes_max`.
    #[must_use]
    pub fn body_too_large(bytes_max: usize) -> Self {
        let message = format!("The request body is larger than {bytes_max} bytes.");
        Self::invalid(413, Some("request_too_large"), message)
    }

    /// The body is encoded in a way that is not read, such as gzip.
    #[must_use]
    pub fn unsupported_encoding() -> Self {
        let message = "Send the request body without a Content-Encoding.".to_owned();
        Self::invalid(415, Some("unsupported_media_type"), message)
    }

    /// The body did not arrive in time.
    #[must_use]
    pub fn slow_body() -> Self {
        let message = "The request body did not arrive in time.".to_owned();
        Self::invalid(408, Some("request_timeout"), message)
    }

    // === who is asking, and for what ===

    /// No key came with the request.
    #[must_use]
    pub fn no_key() -> Self {
        let message = "You didn't provide an API key. Send it in an Authorization header: Authorization: Bearer YOUR_KEY.";
        Self::invalid(401, None, message.to_owned())
    }

    /// The key is not one of ours. `ending` is what of it may be shown: at most its last four characters.
    #[must_use]
    pub fn wrong_key(ending: &str) -> Self {
        let message = format!("Incorrect API key provided: …{ending}.");
        Self::invalid(401, Some("invalid_api_key"), message)
    }

    /// The key is good, and not for this.
    #[must_use]
    pub fn not_allowed(message: impl Into<String>) -> Self {
        Self::invalid(403, Some("not_allowed"), message.into())
    }

    /// No such model, or none for this key: the answer is the same, so that a key cannot probe.
    #[must_use]
    pub fn model_not_found(model: &str) -> Self {
        let model = quote(model);
        let message =
            format!("The model `{model}` does not exist or you do not have access to it.");
        Self::invalid(404, Some("model_not_found"), message).about("model")
    }

    /// What a parameter names does not exist.
    #[must_use]
    pub fn not_found(param: &str, message: impl Into<String>) -> Self {
        Self::invalid(404, Some("not_found"), message.into()).about(param)
    }

    /// Somebody else has taken what the request holds, as it wanted.
    #[must_use]
    pub fn taken_over(message: impl Into<String>) -> Self {
        Self::invalid(409, Some("taken_over"), message.into())
    }

    /// What the request goes by was set anew, and has to be read again first.
    #[must_use]
    pub fn moved(message: impl Into<String>) -> Self {
        Self::invalid(409, Some("moved"), message.into())
    }

    /// No such path.
    #[must_use]
    pub fn unknown_url(method: &str, path: &str) -> Self {
        let path = quote(path);
        let message =
            format!("Unknown request URL: {method} {path}. Please check the URL for typos.");
        Self::invalid(404, Some("unknown_url"), message)
    }

    /// The path exists, with another method.
    #[must_use]
    pub fn method_not_supported(method: &str, path: &str) -> Self {
        let path = quote(path);
        let message = format!("Not allowed to {method} on {path}.");
        Self::invalid(405, Some("method_not_supported"), message)
    }

    // === not the caller's doing ===

    /// Too many requests at once, ours or Discord's limit.
    #[must_use]
    pub fn rate_limited(message: impl Into<String>, wait: Duration) -> Self {
        let (kind, code) = (ErrorKind::RateLimitError, "rate_limit_exceeded");
        Self::new(429, kind, Some(code), message.into()).retry_after(wait)
    }

    /// The bot said that its own allowance is used up; repeating would only post again.
    #[must_use]
    pub fn quota_exhausted(message: impl Into<String>) -> Self {
        let (kind, code) = (ErrorKind::InsufficientQuota, "insufficient_quota");
        Self::new(429, kind, Some(code), message.into()).final_word()
    }

    /// Discord, the gateway or the bot is away.
    #[must_use]
    pub fn upstream_unavailable(message: impl Into<String>) -> Self {
        let (kind, code) = (ErrorKind::ServerError, "upstream_unavailable");
        Self::new(503, kind, Some(code), message.into())
    }

    /// The bot did not answer in time.
    #[must_use]
    pub fn upstream_timeout(message: impl Into<String>) -> Self {
        let (kind, code) = (ErrorKind::ServerError, "upstream_timeout");
        Self::new(504, kind, Some(code), message.into())
    }

    /// Discord refuses for good; the operator has to act.
    #[must_use]
    pub fn upstream_refused(message: impl Into<String>) -> Self {
        let (kind, code) = (ErrorKind::ServerError, "upstream_refused");
        Self::new(502, kind, Some(code), message.into()).final_word()
    }

    /// The bot took its answer back.
    #[must_use]
    pub fn message_deleted(message: impl Into<String>) -> Self {
        let (kind, code) = (ErrorKind::ServerError, "message_deleted");
        Self::new(502, kind, Some(code), message.into()).final_word()
    }

    /// A bug of ours.
    #[must_use]
    pub fn internal() -> Self {
        let message = "The server had an error while processing your request.".to_owned();
        let (kind, code) = (ErrorKind::ServerError, "internal_error");
        Self::new(500, kind, Some(code), message)
    }
}

/// The caller's own words, short and on one line.
fn quote(words: &str) -> String {
    let mut quote: String = words
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .take(QUOTE_CHARS_MAX)
        .collect();
    if quote.len() < words.len() {
        quote.push('…');
    }
    quote
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_always_has_all_four_keys() {
        let body = serde_json::to_string(&ApiError::missing("messages").body()).unwrap();
        assert_eq!(
            body,
            r#"{"error":{"message":"Missing required parameter: 'messages'.","type":"invalid_request_error","param":"messages","code":"missing_required_parameter"}}"#
        );
        let body = serde_json::to_string(&ApiError::no_key().body()).unwrap();
        assert!(body.contains(r#""param":null,"code":null"#), "{body}");
    }

    #[test]
    fn a_wait_is_told_in_words_too() {
        let error = ApiError::rate_limited("Busy.", Duration::from_millis(6_100));
        assert_eq!(error.message, "Busy. Please try again in 7s.");
        assert_eq!(error.retry_after, Some(Duration::from_millis(6_100)));
    }

    #[test]
    fn long_or_broken_names_are_not_repeated_whole() {
        let error = ApiError::model_not_found(&format!("a\nb{}", "x".repeat(10_000)));
        assert!(error.message.len() < 300 && !error.message.contains('\n'));
    }
}
